"""Mutated records of a real run that broke off, gone on with by `--resume`."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from bench import records
from scripts.attack import forked, mutations, runs
from scripts.attack.counts import Asked, Attack, Counts
from scripts.attack.damage import damaged

USUAL = 300
LONE = ("--framework", "null")
"""One worker to start: the host is attacked, not what it measures."""

SLICES = 8
"""Of the run that breaks off: fewer than it would take."""

WITH_HEAD = 0.15
"""Part of the files whose first line is changed too: the others are a run that may be gone on
with, so that what follows is believed."""

REPORT_EVERY = 25
"""Reports of mutated records are an attack of their own, and take longer than going on."""


def resumed(asked: Asked) -> Counts:
    """Mutated records of a real run that broke off, gone on with: no whole line is lost."""
    draw, total = random.Random(asked.seed), Counts()
    first = runs.Run(asked.folder / "first", *LONE, "--time", "60s")
    first.measuring(SLICES)
    first.process.send_signal(signal.SIGTERM)
    total.add(first.ended().count(expected=(128 + signal.SIGTERM,)))
    (seed,) = (asked.folder / "first").glob("*/records.jsonl")
    forked.warm()
    seconds = (*(int(_clock_s(seed)) + 2,) * 4, 20)
    ends: dict[int, int] = {}
    for number in range(asked.count(USUAL)):
        out = asked.folder / "again"
        shutil.rmtree(out, ignore_errors=True)
        path = out / seed.parent.name / seed.name
        path.parent.mkdir(parents=True)
        path.write_bytes(_mutated(draw, seed.read_bytes()))
        before = path.read_bytes()
        words = runs.arguments(out, *LONE, "--time", f"{draw.choice(seconds)}s", "--resume")
        quick = number % REPORT_EVERY > 0
        ended = forked.call(*words, cwd=asked.folder, before=_unreported if quick else _nothing)
        counts = ended.count(expected=(0, 1, 2))
        if not path.read_bytes().startswith(before[: before.rfind(b"\n") + 1]):
            counts.lost += 1
            counts.notes.append("whole lines are not there any more")
        if counts.bad():
            kept = Path(f"{asked.folder}-{number}.jsonl")
            kept.write_bytes(before)
            counts.notes.append(f"the file is kept in {kept}")
        ends[ended.code] = ends.get(ended.code, 0) + 1
        total.add(counts)
    total.notes.append(f"exit codes: {ends}")
    return total


def _clock_s(path: Path) -> float:
    """Where the run's own clock stood at its last record that tells."""
    told = (getattr(each, "at_s", None) for each in records.read(path).records)
    return max((at_s for at_s in told if at_s is not None), default=0.0)


def _mutated(draw: random.Random, whole: bytes) -> bytes:
    """Some cut short, as a break leaves them."""
    head, *rest = whole.splitlines()
    rest = rest[: draw.randint(1, len(rest))]
    if draw.random() < WITH_HEAD:
        head, *rest = mutations.mutated([head, *rest], draw) or [b""]
    elif draw.random() < 0.8:
        rest = mutations.mutated(rest, draw)
    else:
        rest = damaged(draw, b"\n".join(rest)).splitlines()
    said = b"".join(line + b"\n" for line in (head, *rest))
    return said[: -draw.randint(1, 60)] if draw.random() < 0.3 else said


def _unreported() -> None:
    """In the process of the command: it ends where its report would begin."""
    from bench.commands import run

    told: Callable[..., int] = lambda outcome, _: int(outcome.troubles > 0)  # noqa: E731
    run._report = told


def _nothing() -> None:
    pass


ATTACKS: dict[str, Attack] = {"resumed": resumed}
