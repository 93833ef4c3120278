"""Kills of hosts, workers and keepers at random moments of real runs, one worker of which forks."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench import records
from bench.schema import End, Failed
from scripts.attack import commands
from scripts.attack.counts import Asked, Attack, Counts

FORKS = '''"""NumPy whose worker leaves a child in a session of its own, as data loaders do."""

import os
import time

from frameworks.numpy.adapter import *  # noqa: F403
from frameworks.numpy.adapter import start as begun

NAME = "forks"


def start(device, settings):
    for detached in (False, True):
        if os.fork() == 0:
            if detached:
                os.setsid()
                if os.fork():
                    os._exit(0)
            time.sleep(300)
            os._exit(0)
    return begun(device, settings)
'''

SMALL = ("--suite", "matmul", "--preset", "smoke", "--time", "10s")
LINES = 16
"""Such a run records more. It is broken off after a random number of these,"""
MOMENT_S = 0.5
"""and at most so much later."""
KILLS_OF_A_RUN = 5
REPORT_EVERY = 10
"""Of the runs whose host was killed every tenth is reported: a report takes longer than they do."""
KEEPERS = 0.2
"""Part of the kills that are of a worker's keeper, where it has one."""
STOPPED = 0.3
"""Part of the hosts that are killed while a worker of theirs is stopped."""


def killed_hosts(asked: Asked) -> Counts:
    """SIGKILL to the host of a real run at a random moment; then its records and its report."""
    draw, counts = random.Random(asked.seed), Counts()
    for number in range(2 * asked.count(50)):
        if counts.inputs == asked.count(50):
            break
        out = asked.folder / f"host-{number}"
        host = _begun(asked, out)
        _await_lines(host, out, draw.randint(0, LINES))
        _sleep(host, draw.uniform(0.0, MOMENT_S))
        workers = list(_workers(host))
        if workers and draw.random() < STOPPED:
            _signal(draw.choice(workers), signal.SIGSTOP)
        before, late = _lines(out), host.poll() is not None
        host.kill()
        ended = commands.wait(host)
        counts.add(
            Counts(inputs=int(not late), orphans=len(ended.orphans), notes=list(ended.orphans))
        )
        counts.add(_kept(out, before))
        if _records(out) and number % REPORT_EVERY == 0:
            counts.add(commands.run("report", str(out)).count(expected=(0,)))
            counts.inputs -= 1
    return counts


def killed_workers(asked: Asked) -> Counts:
    """SIGKILL to workers and keepers at random moments of real runs, which must go on to their end
    and name what happened."""
    draw, counts = random.Random(asked.seed), Counts()
    whole_s, wanted = _length_s(asked), asked.count(50)
    while counts.inputs < wanted:
        out = asked.folder / f"worker-{counts.inputs}"
        host, killed = _begun(asked, out), 0
        moments = sorted(draw.uniform(0.0, whole_s) for _ in range(KILLS_OF_A_RUN))
        begun = time.monotonic()
        for moment in moments:
            _sleep(host, begun + moment - time.monotonic())
            killed += _kill_one(host, draw)
        ended = commands.wait(host, timeout_s=600)
        counts.add(ended.count(expected=(0, 1)))
        counts.inputs += killed - 1
        counts.add(_kept(out, b""))
        counts.add(_told(out, killed))
    return counts


def _length_s(asked: Asked) -> float:
    begun = time.monotonic()
    commands.wait(_begun(asked, asked.folder / "whole"))
    return time.monotonic() - begun


def _begun(asked: Asked, out: Path) -> subprocess.Popen:
    forks = asked.folder / "forks.py"
    forks.write_text(FORKS)
    return commands.start(
        *("run", "--framework", f"{asked.frameworks},{forks}", *SMALL, "--out", str(out))
    )


def _await_lines(host: subprocess.Popen, out: Path, count: int) -> None:
    """Until so many lines are recorded, or the host has ended."""
    while host.poll() is None and _lines(out).count(b"\n") < count:
        time.sleep(0.05)


def _sleep(host: subprocess.Popen, seconds: float) -> None:
    """For that time, or until the host has ended."""
    until = time.monotonic() + seconds
    while host.poll() is None and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.05))


def _workers(host: subprocess.Popen, of: str = "bench.worker") -> Iterator[psutil.Process]:
    """Its workers, or their keepers."""
    try:
        below = psutil.Process(host.pid).children(recursive=True)
    except psutil.Error:
        return
    for each in below:
        try:
            if each.cmdline()[3:4] == [of]:
                yield each
        except psutil.Error:
            continue


def _kill_one(host: subprocess.Popen, draw: random.Random) -> int:
    of = "bench.contenders.keeper" if draw.random() < KEEPERS else "bench.worker"
    found = list(_workers(host, of)) or list(_workers(host))
    return int(bool(found) and _signal(draw.choice(found), signal.SIGKILL))


def _signal(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True


def _records(out: Path) -> list[Path]:
    return sorted(out.rglob("records.jsonl"))


def _lines(out: Path) -> bytes:
    return b"".join(path.read_bytes() for path in _records(out))


def _kept(out: Path, before: bytes) -> Counts:
    """Whether all lines are there that were, and all can be read, but for one begun at a kill."""
    counts, now = Counts(), _lines(out)
    if not now.startswith(before):
        counts.add(Counts(lost=1, notes=[f"{out.name}: lines that had been written are gone"]))
    for path in _records(out):
        last = path.read_bytes().count(b"\n") + 1
        for refused in records.read(path).refused:
            if refused.line != last:
                counts.add(Counts(lost=1, notes=[f"{out.name}: line {refused.line} is bad"]))
    return counts


def _told(out: Path, killed: int) -> Counts:
    """Whether the run went on to its end, and each failure has a cause; a kill may come too late
    to fail anything."""
    found = [record for path in _records(out) for record in records.read(path).records]
    failed = [record for record in found if isinstance(record, Failed)]
    notes = [f"{out.name}: {each.reason}" for each in failed if each.signal != "SIGKILL"]
    if not any(isinstance(record, End) for record in found):
        notes.append(f"{out.name}: no end after {killed} kills")
    return Counts(lost=len(notes), notes=notes)


ATTACKS: dict[str, Attack] = {"killed hosts": killed_hosts, "killed workers": killed_workers}
