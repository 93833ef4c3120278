"""Workers of adapters that fork, hang, flee and hoard, and the processes they have left behind."""

import os
import sys
import time
from pathlib import Path

import psutil

from bench.contenders import worker_environment
from bench.contenders.worker_process import WorkerProcess
from tests.helpers.patience import PATIENT_S

ADAPTER = """
import mmap, os, re, signal, sys, time
from tests.helpers.forks import cleared, flood, forked, note
NAME = "fake"
def start(device, settings): pass
def build(workload, arrays): pass
def wait(outputs): pass
def to_numpy(array): pass
def memory(): pass
def devices():
    note()
{body}
    return []
"""


def adapter(folder: Path, body: str) -> Path:
    """An adapter file whose `devices` does that, and notes the pids of all it began."""
    path = folder / "adapter.py"
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    path.write_text(ADAPTER.format(body=lines))
    return path


def worker(path: Path, memory_bytes: int | None = None) -> WorkerProcess:
    return WorkerProcess(
        Path(sys.executable),
        str(path),
        worker_environment.variables({}, {}, None),
        None,
        memory_bytes,
    )


def noted(folder: Path, count: int, limit_s: float = PATIENT_S) -> list[psutil.Process]:
    """The processes noted, once there are so many."""
    deadline = time.monotonic() + limit_s
    notes = folder / "pids"
    while time.monotonic() < deadline:
        pids = notes.read_text().split() if notes.exists() else []
        if len(pids) >= count:
            return [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))]
        time.sleep(0.02)
    raise AssertionError(f"{count} processes were awaited, {notes} says {pids}")


def alive(folder: Path, limit_s: float = 120.0) -> list[int]:
    """Of the processes noted, those that live on after that time: less than they would sleep."""
    deadline = time.monotonic() + limit_s
    pids = [int(pid) for pid in (folder / "pids").read_text().split()]
    assert pids
    while (left := [pid for pid in pids if _runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def end(folder: Path) -> None:
    """What a test that failed would leave."""
    notes = folder / "pids"
    for pid in map(int, notes.read_text().split() if notes.exists() else []):
        if _runs(pid):
            os.kill(pid, 9)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def below(pid: int) -> list[int]:
    """All processes that this one began, and that those began."""
    return [each.pid for each in psutil.Process(pid).children(recursive=True)]
