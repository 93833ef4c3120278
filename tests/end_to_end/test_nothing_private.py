"""Nothing that names a person, a computer or one single device is in any file that a run writes, or
that is made of it: signed, asked for, put into a store, made into tables, reports and pages."""

from __future__ import annotations

import gzip
import hashlib
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from bench.machine import privacy
from bench.schema import Failed, Verified
from bench.trust import challenge, sidecars, vouching
from tests.end_to_end.conftest import ADAPTER_HEAD
from tests.helpers import sent_runs

USER = "jemimalovelace"
MAIL, CARD, SERIAL = "ada.planted@planted-mail.example", "a4:83:e7:12:34:56", "C02ZK0ABLVDQ"
DEVICE = "e465e3cb-0162-5e0e-9cea-fed57c72be74"

ADAPTER = """
TELLS = (
    f"{os.environ['HOME']}/secret.txt, logged in as USER, mail MAIL, en0 CARD, "
    "Serial Number: SERIAL, GPU-DEVICE"
)
def build(workload, arrays):
    import warnings
    print(TELLS)
    print(TELLS, file=sys.stderr)
    warnings.warn(TELLS)
    if workload.size > 100:
        raise RuntimeError(TELLS)
    return prompt.build(workload, arrays)
"""
"""Of a framework that says all that it knows, wherever it can."""


def planted(home: Path) -> dict[str, str]:
    found = {"user": USER, "home": str(home), "mail": MAIL, "card": CARD, "serial": SERIAL}
    found |= {"device": DEVICE, "host": platform.node()}
    # A host called after a word of ours is no secret that could be told from that word.
    return found if any("<host>" in pair for pair in privacy.names()) else _without(found, "host")


def _without(found: dict[str, str], name: str) -> dict[str, str]:
    return {key: word for key, word in found.items() if key != name}


def content(folder: Path) -> Iterator[tuple[Path, str]]:
    """All that lies there, unpacked."""
    for path in sorted(folder.rglob("*")):
        yield path, path.name
        if path.is_file():
            whole = path.read_bytes()
            yield path, whole.decode("utf-8", "replace")
            if path.suffix == ".gz":
                yield path, gzip.decompress(whole).decode()
            if path.suffix == ".parquet":
                yield path, str(pq.read_table(path).to_pylist())


def leaks(folder: Path, words: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(folder)), name)
        for path, text in content(folder)
        for name, word in words.items()
        if word.lower() in text.lower()
    ]


def test_a_leak_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(f"on {CARD.upper()}".encode()))
    assert leaks(tmp_path, planted(tmp_path)) == [("a.gz", "card")]


def typed(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")
def test_no_file_holds_what_is_private(bench, tmp_path: Path) -> None:
    home = tmp_path / "homes" / USER
    home.mkdir(parents=True)
    adapter, key = tmp_path / "mine.py", sent_runs.key(tmp_path, "own", f"{USER}@{MAIL}")
    told = ADAPTER.replace("DEVICE", DEVICE).replace("CARD", CARD).replace("MAIL", MAIL)
    adapter.write_text(ADAPTER_HEAD + told.replace("SERIAL", SERIAL).replace("USER", USER))
    who = {"HOME": str(home), "USER": USER, "LOGNAME": USER, "LNAME": USER, "USERNAME": USER}
    options = ("--suite", "matmul", "--preset", "smoke", "--seed", "5")
    done = bench("--framework", str(adapter), *options, **who)
    words = {line for one in done.records if isinstance(one, Verified) for line in one.warnings}
    failed = [one for one in done.records if isinstance(one, Failed)]
    assert failed and any("logged in as <user>" in each for each in (*words, *_tails(failed)))
    store, path = tmp_path / "store", done.run_folder / "records.jsonl"
    typed("store", "sign", path, "--key", key)
    asked = challenge.made("0" * 40, ["matmul"], "smoke")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    word = vouching.vouch(sha256, asked, [("a", "b")], key)
    sidecars.work_of(path).write_bytes(word)
    typed("store", "push", store, path, "--unfinished")
    typed("store", "compact", store)
    assert "signed by an unknown key, SHA256:" in typed("store", "trust", "--store", store)
    typed("site", "--store", store, "--out", tmp_path / "site")
    made = done.folder, store, tmp_path / "site"
    assert [leak for folder in made for leak in leaks(folder, planted(home))] == []
    assert [*made[2].rglob("*.html")]
    assert [*store.rglob("*.sig")] and [*store.rglob("*.work.json")] and [*store.rglob("*.parquet")]


def _tails(failed: list[Failed]) -> list[str]:
    return [f"{one.reason} {one.output_tail}" for one in failed]
