"""The attacks' frame: it finds them, sees what a command did wrong, and adds it up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import psutil
import pytest

from scripts.attack import commands, forked, runs
from scripts.attack.__main__ import found, table
from scripts.attack.counts import Counts
from tests.helpers import builders

ENDLESS = """
import sys
from scripts.attack import __main__, commands

def endless(asked):
    (asked.folder / "file").touch()
    begun = commands.start("-c", "import time; time.sleep(60)", launcher=(sys.executable,))
    print(begun.pid, flush=True)
    begun.wait()

__main__.found = lambda: {"endless": endless}
sys.argv[1:] = ["endless"]
sys.exit(__main__.main())
"""


def test_every_attack_says_what_it_does() -> None:
    for name, each in found().items():
        assert each.__doc__ and each.__doc__.partition("\n")[0].strip(), name


def test_parts_of_an_attack_add_up() -> None:
    counts = Counts(inputs=2)
    counts.add(Counts(inputs=3, escapes=1, notes=["it ran"]))
    assert (counts.inputs, counts.escapes, counts.bad()) == (5, 1, True)
    assert not Counts(inputs=9).bad()
    assert table({"one": counts}).row_count == 1


@pytest.mark.parametrize(
    "source, wrong",
    [
        ("raise ValueError", 1),
        ("import os; os.kill(os.getpid(), 9)", 1),
        ("raise SystemExit(3)", 1),
        ("raise SystemExit(2)", 1),
        ("import sys; sys.exit('no such file. Expected one.')", 0),
        ("print('done')", 0),
    ],
)
def test_a_command_that_ends_badly_is_counted(source: str, wrong: int) -> None:
    ended = commands.run("-c", source, launcher=(sys.executable,))
    assert ended.count().tracebacks == wrong, ended


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no process adopts another's orphans")
def test_a_process_left_running_is_counted_and_ended() -> None:
    source = (
        "import subprocess, sys; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
        "start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )
    ended = commands.run("-c", source, launcher=(sys.executable,))
    assert ended.count().orphans == 1
    assert not commands.leftover(0)


def test_what_a_command_in_a_fork_leaves_goes_with_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    commands.own_folder.cache_clear()

    def leave() -> None:
        tempfile.mkdtemp()

    try:
        left = []
        for _ in range(2):
            forked.call("--version", cwd=tmp_path, before=leave)
            left += [each for each in tmp_path.iterdir() if str(each) != commands.own_folder()]
        assert not left
        assert len(list(Path(commands.own_folder()).iterdir())) == 2
    finally:
        commands.own_folder.cache_clear()


def test_an_attack_that_is_terminated_leaves_no_file_and_no_process(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(commands.CHECKOUT)}
    words = [sys.executable, "-c", ENDLESS]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE) as attack:
        assert attack.stdout
        started = int(attack.stdout.readline())
        assert list(tmp_path.iterdir())
        attack.terminate()
    assert attack.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
    assert not psutil.pid_exists(started)


def test_lines_that_are_gone_or_unreadable_are_lost(tmp_path: Path) -> None:
    path = tmp_path / "run" / "records.jsonl"
    path.parent.mkdir()
    lines = [msgspec.json.encode(each) + b"\n" for each in builders.run(builders.FIVE, rounds=1)]
    whole = b"".join(lines)
    path.write_bytes(whole + b'{"kind":"sli')
    assert not runs.kept(tmp_path, whole).bad(), "a line that a break cut short was never a record"
    path.write_bytes(whole[: len(whole) // 2])
    assert runs.kept(tmp_path, whole).lost == 1
    path.write_bytes(lines[0] + b"\0\n" + b"".join(lines[1:]))
    assert runs.kept(tmp_path, lines[0]).lost == 1
