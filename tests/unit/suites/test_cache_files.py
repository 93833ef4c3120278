"""Files written aside by a process that was killed are swept; those of one that lives are not."""

import os
import subprocess
import sys
import time

import pytest

from suites.data import cache_files


@pytest.fixture
def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left(folder, name, *, old=True):
    path = folder / name
    path.write_text("half")
    then = time.time() - (2 * cache_files.UNFINISHED_S if old else 0)
    os.utime(path, (then, then))
    return path


def test_what_a_killed_process_left_is_swept(tmp_path, ended_pid):
    path = left(tmp_path, f".{ended_pid}.costs.json")
    cache_files.sweep(tmp_path)
    assert not path.exists()


def test_all_else_stays(tmp_path, ended_pid):
    kept = [
        left(tmp_path, f".{os.getpid()}.costs.json"),
        left(tmp_path, f".{ended_pid}.young.json", old=False),
        left(tmp_path, "costs.json"),
        left(tmp_path, ".hidden.json"),
        left(tmp_path, f"{ended_pid}.costs.json"),
    ]
    (tmp_path / f".{ended_pid}.folder").mkdir()
    cache_files.sweep(tmp_path)
    assert all(path.exists() for path in kept)


def test_a_folder_that_is_none_harms_nothing(tmp_path):
    cache_files.sweep(tmp_path / "absent")
