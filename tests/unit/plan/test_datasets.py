"""Published files: fetched from a real server or copied from a folder; wrong ones never kept."""

import functools
import hashlib
import http.server
import socket
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from bench.plan import datasets
from bench.run import lock
from suites import catalog
from suites.data import idx, sources
from suites.data.sources import NoData
from suites.workload import SGD, Data, Learn, Lifecycle
from tests.helpers.patience import PATIENT_S

CONTENT = {"one.gz": b"first" * 1000, "two.gz": b"second" * 1000}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; counts requests; `endless` never stops."""

    def do_GET(self):
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if Path(self.directory, "endless").exists():
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(2**16))
            except OSError:
                self.server.gave_up.set()  # type: ignore[attr-defined]
        else:
            super().do_GET()

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A server with both files, under the address of the source `small`."""
    folder = tmp_path / "host"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked, server.gave_up, server.folder = [], threading.Event(), folder  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setattr(datasets, "HOSTS", {"small": f"http://127.0.0.1:{server.server_port}/"})
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The folder workers look into, empty; the source `small` has two files."""
    known = {
        name: idx.Known(name, (1,), hashlib.sha256(content).hexdigest())
        for name, content in CONTENT.items()
    }
    monkeypatch.setattr(sources, "FILES", tmp_path / "files")
    monkeypatch.setattr(sources, "PUBLISHED", {"small": known})
    monkeypatch.setattr(datasets, "HOSTS", {"small": "http://127.0.0.1:9/"})
    return tmp_path / "files" / "small"


def provide(folder=None):
    said = []
    datasets.provide("small", folder, said.append)
    return said


def held(home):
    return {path.name: path.read_bytes() for path in home.iterdir()}


# --- from the network -----------------------------------------------------------------------


def test_files_are_downloaded_once(host, home):
    assert provide() == ["small: downloading one.gz", "small: downloading two.gz"]
    assert held(home) == CONTENT
    assert provide() == []
    assert host.asked == ["/one.gz", "/two.gz"]


def test_a_damaged_file_is_downloaded_again(host, home):
    provide()
    (home / "two.gz").write_bytes(CONTENT["two.gz"][:-1])
    assert provide() == ["small: downloading two.gz"]
    assert held(home) == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT["one.gz"][:-1], b"<html>", CONTENT["two.gz"]])
def test_a_download_with_another_hash_is_refused_and_not_kept(host, home, content):
    (host.folder / "one.gz").write_bytes(content)
    with pytest.raises(NoData, match=r"small: one\.gz was refused") as refused:
        provide()
    assert "DATA_DIR=FOLDER" in str(refused.value)
    assert held(home) == {}


def test_a_download_without_end_is_given_up(host, home, monkeypatch):
    monkeypatch.setattr(idx, "MOST_BYTES", 2**20)
    (host.folder / "endless").touch()
    with pytest.raises(NoData, match=r"one\.gz was refused: it has more than 1048576 bytes"):
        provide()
    assert host.gave_up.wait(PATIENT_S)
    assert held(home) == {}


def test_a_host_without_the_file_is_named(host, home):
    (host.folder / "two.gz").unlink()
    with pytest.raises(NoData, match=r"cannot download two\.gz: 404"):
        provide()
    assert held(home) == {"one.gz": CONTENT["one.gz"]}


def test_offline_the_message_names_files_place_and_command(home, monkeypatch):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        monkeypatch.setattr(datasets, "HOSTS", {"small": url})
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(NoData, match=r"cannot download one\.gz: NewConn") as refused:
            provide()
    for part in ("one.gz, two.gz", url, "FOLDER/small", "make bench SUITE=mnist DATA_DIR=FOLDER"):
        assert part in str(refused.value)
    assert held(home) == {}


# --- from a folder --------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "small"])
def test_files_are_taken_from_a_folder_without_a_network(tmp_path, home, inside):
    folder = tmp_path / "copies" / inside
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    assert provide(tmp_path / "copies") == []
    assert held(home) == CONTENT


def test_a_wrong_copy_is_refused_by_name_and_not_kept(tmp_path, home):
    (tmp_path / "one.gz").write_bytes(CONTENT["one.gz"][:-1])
    with pytest.raises(NoData, match=r"/one\.gz is not the published file.*\(4999 bytes\)"):
        provide(tmp_path)
    assert held(home) == {}


def test_a_missing_copy_is_named_and_not_downloaded(tmp_path, host):
    with pytest.raises(NoData, match=r"no file .*/copies/small/one\.gz or .*/copies/one\.gz"):
        provide(tmp_path / "copies")
    assert host.asked == []


def test_where_files_cannot_be_kept_the_place_and_its_room_are_named(tmp_path, home):
    (tmp_path / "files").write_text("no folder")
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NoData, match=r"small: one\.gz cannot be kept in .*/files/small: .* free"):
        provide(tmp_path)


# --- which are needed -----------------------------------------------------------------------


def learn(source):
    return Learn(
        suite="s",
        name=source,
        model=catalog.load("learn").MODEL,
        data=Data(source, 1, 1, (784,), 10),
        batch=1,
        epochs=1,
        optimizer=SGD(lr=1.0),
    )


def test_only_published_data_is_required(monkeypatch):
    monkeypatch.undo()  # the real table
    drawn, read = learn("synthetic"), learn("mnist")
    life = Lifecycle(learn=learn("fashion_mnist"))
    assert datasets.required([drawn, *catalog.cases("matmul", "smoke")]) == []
    assert datasets.required([read, drawn, read, life]) == ["mnist", "fashion_mnist"]
    assert set(datasets.HOSTS) == set(sources.PUBLISHED)


def test_unknown_data_is_refused():
    with pytest.raises(NoData, match="unknown data"):
        datasets.required([learn("nonesuch")])


def test_a_run_without_its_data_ends_with_a_message(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(sources, "FILES", tmp_path / "files")
    monkeypatch.setenv(lock.VARIABLE, str(tmp_path))
    words = ["run", "--framework", "null", "--suite", "mnist", "--preset", "smoke"]
    words += ["--out", str(tmp_path / "out"), "--data-dir", str(tmp_path / "copies")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "fashion_mnist: no file" in done.stderr
    assert "train-images-idx3-ubyte.gz" in done.stderr
    assert not (tmp_path / "out").exists()
