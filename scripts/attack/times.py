"""Time that jumps and time that stands still: the clock set by an hour, all processes suspended."""

from __future__ import annotations

import datetime
import itertools
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.schema import Slice
from reports import frame
from scripts.attack import commands, forked, runs
from scripts.attack.counts import Asked, Attack, Counts

JUMPS_S = (3600.0, -3600.0)
SUSPENSIONS = 3

ADAPTER = """
import itertools, time
NAME = "jumping"
ENVIRONMENT = "numpy"
real, real_ns = time.time, time.time_ns
jumps = itertools.cycle((0, 3600, 3600, -3600, -3600))
time.time = lambda: real() + next(jumps)
time.time_ns = lambda: real_ns() + next(jumps) * 10**9
from frameworks.numpy.adapter import *
NAME = "jumping"
"""
"""NumPy, in a worker whose wall clock is set forward and back at every look at it."""


STOPS = """
import os, pathlib, random, signal, sys, time
from frameworks.interface import Resettable, parts
from frameworks.numpy.adapter import *
from frameworks.numpy.adapter import build as built

NAME = "stops"
MARK = pathlib.Path(__file__).with_suffix(".mark")
left = {at}


def build(workload, arrays):
    step, reset = parts(built(workload, arrays))

    def stopping():
        global left
        if not MARK.exists() and sampled():
            left -= 1
            if left == 0:
                MARK.touch()
                stop()
        return step()

    return Resettable(stopping, reset) if reset else stopping


def sampled():
    names, frame = set(), sys._getframe()
    while frame:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return {{"parts_ns", "take_slice"}} <= names


def parent(pid):
    return int(pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[1])


def below(pid):
    for each in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if parent(each.name) == pid:
                yield from below(int(each.name))
                yield int(each.name)
        except OSError:
            pass


def stop():
    host = parent(os.getppid())
    ended, told = os.pipe()
    if os.fork() == 0:
        os.setsid()
        every = [pid for pid in (*below(host), host) if pid != os.getpid()]
        for pid in every:
            os.kill(pid, signal.SIGSTOP)
        time.sleep({pause_s})
        for pid in every[::-1]:
            os.kill(pid, signal.SIGCONT)
        os._exit(0)
    os.close(told)
    os.read(ended, 1)  # until the child has ended, wherever this one was stopped
"""
"""NumPy that suspends host and workers in a step of a sample that is timed."""


def clock_set(asked: Asked) -> Counts:
    """The wall clock goes forward and back by an hour at every look at it, in host and worker."""
    total = Counts()
    (asked.folder / "jumping.py").write_text(ADAPTER)
    for number in range(asked.count(4)):
        out = asked.folder / f"out{number}"
        words = runs.arguments(out, "--framework", "./jumping.py,numpy")
        resumed = ("--resume",) if number % 2 else ()
        ended = forked.call(
            *words, *resumed, cwd=asked.folder, enough_s=120, before=_jumping(number)
        )
        total.add(ended.count(expected=(0, 1, 2)))
        total.add(_plausible(out))
    total.add(_wrong_order(asked.folder))
    return total


def _jumping(number: int) -> Callable[[], None]:
    """Replaces the wall clock of the process that calls it; monotonic clocks know no jumps."""
    jumps = itertools.cycle(JUMPS_S if number % 2 else JUMPS_S[::-1])
    real, written = time.time, time.strftime

    class Jumping(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + datetime.timedelta(seconds=next(jumps))

    def replace() -> None:
        time.time = lambda: real() + next(jumps)
        time.strftime = lambda form, *_: written(form, time.localtime(real() + next(jumps)))
        datetime.datetime = Jumping  # type: ignore[misc]

    return replace


def _plausible(out: Path) -> Counts:
    """Accused: a step, a slice or a run that took longer than an hour's jump would explain."""
    counts = Counts()
    for each in runs.slices(out):
        if max(each.samples_s) > 60 or (each.wall_s or 0) > 600 or (each.at_s or 0) > 600:
            counts.accused += 1
            counts.notes.append(f"an hour is in the figures of {each.contender} {each.case}")
    return counts


def _wrong_order(folder: Path) -> Counts:
    """A run broken off after the clock was set back: its name is older than an earlier run's."""
    out = folder / "order"
    run = runs.Run(out)
    run.measuring(2)
    run.process.send_signal(signal.SIGTERM)
    counts = run.ended().count(expected=(128 + signal.SIGTERM, 0))
    for records in list(out.glob("*/records.jsonl")):
        records.parent.rename(out / f"29991231-235959-{records.parent.name[-4:]}")
    ended = commands.run(*runs.arguments(out, "--resume"))
    counts.add(ended.count())
    counts.add(commands.run("report", str(out), "--out", str(folder / "report")).count())
    return counts


def suspended(asked: Asked) -> Counts:
    """SIGSTOP of host and workers in mid-sample: no time that is shown contains the pause."""
    draw, total = random.Random(asked.seed), Counts()
    for number in range(asked.count(SUSPENSIONS)):
        out = asked.folder / f"suspended{number}"
        run = runs.Run(out, "--time", f"{30 + asked.pause_s:.0f}s")
        before = run.measuring(draw.randint(1, 14))
        time.sleep(draw.uniform(0, 0.3))
        if run.process.poll() is None:
            _stop(run.process.pid, asked.pause_s)
        else:
            total.notes.append("a run ended before it could be suspended")
        total.add(run.ended(300 + asked.pause_s).count())
        total.add(runs.kept(out, before))
        total.add(_contains(out, asked.pause_s))
    return total


def suspended_in_a_sample(asked: Asked) -> Counts:
    """SIGSTOP of host and workers in a step that is timed: its slice is taken again."""
    draw, total = random.Random(asked.seed), Counts()
    for number in range(asked.count(SUSPENSIONS)):
        out, adapter = asked.folder / f"stopped{number}", asked.folder / f"stops{number}.py"
        adapter.write_text(STOPS.format(at=draw.randint(1, 300), pause_s=asked.pause_s))
        more = ("--framework", f"null,numpy,{adapter}", "--time", f"{30 + asked.pause_s:.0f}s")
        # Shorter than the pause: nobody was silent.
        limit = ("--timeout", f"{max(1, int(asked.pause_s / 2))}")
        ended = commands.run(*runs.arguments(out, *more, *limit))
        total.add(ended.count(expected=(0,)))
        if not adapter.with_suffix(".mark").exists():
            total.notes.append("a run ended before it was suspended")
        elif "stood still" not in ended.output:
            total.accused += 1
            total.notes.append(f"no word of the pause: {ended.output[-300:]}")
        total.add(_contains(out, asked.pause_s))
        total.accused += len([each for each in runs.slices(out) if _holds(each, asked.pause_s)])
    return total


def _stop(pid: int, pause_s: float) -> None:
    """Stop the process and all below it, workers first, and wake them in the other order."""
    host = psutil.Process(pid)
    every = [*host.children(recursive=True)[::-1], host]
    for each in every:
        _send(each, signal.SIGSTOP)
    time.sleep(pause_s)
    for each in reversed(every):
        _send(each, signal.SIGCONT)


def _send(process: psutil.Process, number: int) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return


def _contains(out: Path, pause_s: float) -> Counts:
    """Accused: a cell whose time, the median of its rounds, holds a share of the pause."""
    counts = Counts()
    if not out.exists():
        counts.notes.append("a run did not begin: nothing was suspended")
        return counts
    results = frame.read([out])
    inside = [each for each in runs.slices(out) if _holds(each, pause_s)]
    for each in inside:
        cell = next(
            cell
            for rows in results.rows.values()
            for cell in rows
            if (cell.contender, cell.case) == (each.contender, each.case)
        )
        shown_s = (cell.time_s or 0.0) * each.steps_per_sample
        kind = f"{each.contender} {each.case}: a sample holds the pause; shown {cell.time_s} s"
        counts.notes.append(f"{kind}, {cell.status}")
        counts.accused += shown_s >= 0.5 * pause_s
    return counts


def _holds(each: Slice, pause_s: float) -> bool:
    """Whether a sample lasted for half of the pause or longer, or all of them together did."""
    longest_s = max(each.samples_s) * each.steps_per_sample
    return max(longest_s, each.sampled_s or 0.0) >= 0.5 * pause_s


ATTACKS: dict[str, Attack] = {
    "clock-set": clock_set,
    "suspended": suspended,
    "suspended-in-a-sample": suspended_in_a_sample,
}
