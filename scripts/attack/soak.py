"""A run that goes on for long: whether memory or open files of its processes grow."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from scripts.attack import runs
from scripts.attack.counts import Asked, Attack, Counts

MINUTES = 60
LOOK_S = 10.0
SETTLED = 0.15
"""Part of the time in which caches fill and allocators find their size."""

GROWS = 1.1
"""Times as much in the last third as in the first one, from which on it grows."""

CASES_OF_A_MINUTE = 6

WORK = ('matmul.cases("smoke")[-1]', 'cnn.cases("smoke")[0]', 'cnn.cases("smoke")[1]')
"""In turn: a product, and a small network's training step and forward pass."""

SUITE = '''"""The same work again and again: what a case leaves behind shows in the later ones."""

from dataclasses import replace

from suites import cnn, matmul


def cases(preset):
    return [replace({work}, suite="{name}", name=f"time{{n}}") for n in range({count})]
'''


def soak(asked: Asked) -> Counts:
    """One run of the same work for so many minutes: no process may grow or keep files."""
    minutes, out = asked.count(MINUTES), asked.folder / "out"
    suites = _suites(asked.folder, CASES_OF_A_MINUTE * minutes // len(WORK))
    of = ("--suite", ",".join(suites), "--preset", "quick", "--target", "0.01%", "--threads", "1")
    run = runs.Run(out, *of, "--framework", asked.frameworks, "--time", f"{minutes}m")
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    while run.process.poll() is None:
        for name, figures in _looks(run.process.pid):
            seen[name].append(figures)
        time.sleep(LOOK_S)
    counts = run.ended().count(expected=(0,))
    counts.add(runs.kept(out, run.lines))
    for name, looks in seen.items():
        told, grown = _judged(looks)
        counts.notes.append(f"{name}: {told}")
        counts.lost += grown
    return counts


def _suites(folder: Path, count: int) -> Iterator[str]:
    """A file for each kind of work: a run takes a case of each suite in turn."""
    for number, work in enumerate(WORK):
        path = folder / f"soak{number}.py"
        path.write_text(SUITE.format(work=work, name=path.stem, count=count))
        yield str(path)


def _looks(pid: int) -> list[tuple[str, tuple[int, int]]]:
    """Bytes and open files of the host and of all that it started."""
    found = []
    try:
        host = psutil.Process(pid)
        for number, each in enumerate((host, *host.children(recursive=True))):
            name = f"process {number} ({'host' if each is host else each.name()}, {each.pid})"
            found.append((name, (each.memory_info().rss, each.num_fds())))
    except psutil.Error:  # one of them has just ended
        pass
    return found


def _judged(figures: Sequence[tuple[int, int]]) -> tuple[str, bool]:
    """What the first and the last third of the looks say, and whether it grew."""
    settled = figures[int(SETTLED * len(figures)) :]
    third = len(settled) // 3
    if not third:
        return f"{len(figures)} looks, too few to tell", False
    parts = [settled[:third], settled[-third:]]
    (bytes_a, files_a), (bytes_b, files_b) = (
        [statistics.median(values) for values in zip(*part, strict=True)] for part in parts
    )
    told = f"{bytes_a / 2**20:.0f} then {bytes_b / 2**20:.0f} MiB, {files_a:g} then {files_b:g}"
    return f"{told} files, {len(figures)} looks", bytes_b > GROWS * bytes_a or files_b > files_a + 2


ATTACKS: dict[str, Attack] = {"soak": soak}
