"""The store from the command line: what is said, and with which exit code."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from bench.commands import report
from bench.commands import run as run_command
from bench.commands.store import check, compact, fetch, push
from bench.run.runner import Outcome
from bench.store import layout, manifest, places, sending
from bench.values import BadValue
from reports.store import index, parquet
from reports.store.queries import BadQuery

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def url(tmp_path: Path, run_file: Path) -> str:
    """A store with one run in its tables."""
    found = str(tmp_path / "store")
    assert push.run(found, [run_file.parent], unfinished=False) == 0
    assert compact.run(found) == 0
    return found


def test_a_run_goes_in_and_comes_out(
    url: str, run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert push.run(url, [run_file], unfinished=False) == 0
    said = capsys.readouterr().err
    assert "there already: 20261120-101500-ab12" in said
    assert "0 of 1 run.\n" in said
    (entry,) = manifest.read(places.at(url)).entries
    out = tmp_path / "one.jsonl"
    assert fetch.run(url, entry.sha256, out) == 0
    assert out.read_bytes() == run_file.read_bytes()
    packed = tmp_path / "one.jsonl.gz"
    assert fetch.run(url, entry.sha256, packed) == 0
    assert gzip.decompress(packed.read_bytes()) == run_file.read_bytes()
    with pytest.raises(BadValue, match="no hash of a run"):
        fetch.run(url, "../x", out)
    with pytest.raises(BadValue, match="holds no run with this hash"):
        fetch.run(url, "0" * 64, out)
    with pytest.raises(BadValue, match="folder that exists"):
        fetch.run(url, entry.sha256, tmp_path / "none" / "one.jsonl")


def test_a_file_that_is_none_is_left_out_and_the_others_go(
    tmp_path: Path, run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n", encoding="utf-8")
    assert push.run(str(tmp_path / "store"), [bad, run_file], unfinished=False) == 1
    said = capsys.readouterr().err
    assert f"left out: {bad} is not a record file" in said
    assert "exit 1: 1 of 2 could not be sent" in said


def test_what_is_damaged_is_named_with_its_cure(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.run(url) == 0
    place = places.at(url)
    (entry,) = manifest.read(place).entries
    (month,) = manifest.months(place)
    table = index.read(place, month).parts[0].files["cells"]
    damages = {
        layout.run(entry.sha256): "Send it again",
        layout.entry(month, entry.sha256): "Delete it, and send run",
        layout.run("0" * 64): "Push it again, or delete it",
        parquet.path(month, table): f"Delete {layout.index(month)}",
        layout.index(month): "makes the month's tables anew",
    }
    for name, cure in damages.items():
        before = place.get(name, 10**7) if place.has(name) else None
        place.put(name, gzip.compress(b"other"))
        capsys.readouterr()
        assert check.run(url) == 1
        said = capsys.readouterr().err
        assert cure in said, name
        assert f"exit 1: damaged in {url}: 1 object\n" in said, name
        if before is None:
            place.remove(name)
        else:
            place.put(name, before)
    place.remove(layout.entry(month, entry.sha256))
    assert check.run(url) == 1
    assert "in no manifest" in capsys.readouterr().err


def test_a_report_of_a_selection(url: str, tmp_path: Path) -> None:
    out = tmp_path / "report"

    def asked(where: str, *results: Path) -> int:
        chosen = report.Selection(url, where, results)
        return report.of_store(chosen, out, False, None, False)

    assert asked("framework = 'torch' and verified") == 0
    assert "Example CPU" in (out / "report.html").read_text(encoding="utf-8")
    with pytest.raises(BadValue, match="has such a cell"):
        asked("chip = 'none'")
    with pytest.raises(BadQuery, match="cannot be carried out"):
        asked("chip = ")
    with pytest.raises(BadValue, match="Received: both"):
        asked("", out)


def test_no_store_is_told_in_a_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "bench", "query", "select 1", "--store", str(tmp_path)],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "is no store" in ended.stderr
    assert "Expected" in ended.stderr


# --- after a run --------------------------------------------------------------------------------


def test_a_run_that_cannot_be_sent_is_kept_and_the_command_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    false = tmp_path / "metalbench"
    false.write_text("#!/bin/sh\nexit 2\n", encoding="utf-8")
    false.chmod(0o755)
    monkeypatch.setattr(sending, "CHECKOUT", tmp_path)
    outcome = Outcome(tmp_path / "a run", 0)
    assert run_command._sent("s3://lab/x", outcome, 0) == 1
    said = capsys.readouterr().err
    again = f"./metalbench store push s3://lab/x '{outcome.records}'"
    assert f"the run is not in the store, but kept here. This sends it again: {again}" in said
    false.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    assert run_command._sent("s3://lab/x", outcome, 1) == 1  # something in the run was wrong
    assert run_command._sent("s3://lab/x", outcome, 0) == 0
    broken = Outcome(tmp_path, 0, signal=2)
    false.unlink()
    assert run_command._sent("s3://lab/x", broken, 130) == 130
