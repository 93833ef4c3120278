"""Disks that are full, read-only or damaged, output that goes nowhere, and Ctrl-C again and again:
real runs of null and NumPy in a copy of this checkout, whose caches are its own."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import records, schema
from scripts.attack import commands
from scripts.attack.commands import CHECKOUT, Ended
from scripts.attack.counts import Asked, Counts

RUN = ("run", "--framework", "null,numpy", "--suite", "matmul", "--preset", "smoke")
CASES = 3

KEPT = "nothing can be kept there, and the run goes on without it"
DAMAGED = "a file was damaged, and is solved anew"

REDIRECTED = {
    "2>/dev/full": 0,
    ">/dev/full": 1,
    ">/dev/full 2>/dev/full": 1,
    "2>&-": 0,
    ">&-": 0,
    "<&- >&- 2>&-": 0,
}
"""Ways to lose what a run says, and the exit code of the run."""


def caches(asked: Asked) -> Counts:
    """A run whose cache is full, read-only, no folder or damaged: it ends well and says so once."""
    here, counts = copied(asked.folder), Counts()
    cache = here / ".cache"
    counts.add(ended_well(here, asked.folder / "without"))
    damage(cache / "reference")
    counts.add(ended_well(here, asked.folder / "damaged", said=DAMAGED))
    counts.add(ended_well(here, asked.folder / "healed", unsaid=DAMAGED))
    shutil.rmtree(cache)
    cache.write_text("no folder", encoding="utf-8")
    counts.add(ended_well(here, asked.folder / "a file", said=KEPT))
    cache.unlink()
    cache.mkdir()
    with disk(cache, "size=1m", counts):
        fill(cache)
        counts.add(ended_well(here, asked.folder / "full", said=KEPT))
    with disk(cache, "ro", counts):
        counts.add(ended_well(here, asked.folder / "read-only", said=KEPT))
    return counts


def results(asked: Asked) -> Counts:
    """A run whose results go to a disk that is full from the first, or from some record on."""
    here, out, counts = copied(asked.folder), asked.folder / "out", Counts()
    out.mkdir()
    for room in (0, 5_000, 20_000, 40_000):
        with disk(out, "size=1m", counts) as made:
            if not made:
                break
            fill(out, but=room)
            ended = run(here, out)
            counts.add(ended.count(expected=(1, 2)))
            last = ended.output.strip().splitlines()[-1:]
            if not last or "No space left on device" not in last[0] or str(out) not in last[0]:
                counts.add(wordless(f"{room} bytes of room", ended))
            counts.add(whole(out))
    return counts


def unheard(asked: Asked) -> Counts:
    """A run whose standard output or error is on a full disk, or was closed before it began."""
    here, counts = copied(asked.folder), Counts()
    for number, (redirected, code) in enumerate(REDIRECTED.items()):
        out = asked.folder / f"out{number}"
        shell = ("bash", "-c", f'exec "$0" "$@" {redirected}', str(here / "metalbench"))
        ended = run(here, out, launcher=shell)
        counts.add(Counts(inputs=1, orphans=len(ended.orphans)))
        if (ended.code != code and not busy(ended)) or "Traceback" in ended.output:
            counts.add(wordless(redirected, ended))
        counts.add(whole(out, cells=2 * CASES))
        counts.lost += len(list(out.glob("*/report.html"))) != 1
    return counts


def homes(asked: Asked) -> Counts:
    """A run whose home or temporary folder is missing, full, read-only or not named at all."""
    here, counts = copied(asked.folder), Counts()
    gone, small = asked.folder / "gone", asked.folder / "small"
    small.mkdir()
    for number, variables in enumerate(
        ({"HOME": ""}, {"HOME": str(gone)}, {"HOME": "/proc"}, {"TMPDIR": str(gone)})
    ):
        out = asked.folder / f"out{number}"
        counts.add(ended_well(here, out, environment=variables))
    ended = run(here, asked.folder / "unset", launcher=("env", "-u", "HOME", here / "metalbench"))
    counts.add(ended.count(expected=(0,)))
    for options in ("size=1m", "ro"):
        with disk(small, options, counts) as made:
            if made:
                fill(small)
                counts.add(ended_well(here, asked.folder / options, {"TMPDIR": str(small)}))
    return counts


def interrupts(asked: Asked) -> Counts:
    """Ctrl-C three times and more at random moments: it says what is recorded, and where."""
    here, counts, drawn = copied(asked.folder), Counts(), random.Random(asked.seed)
    for number in range(asked.count(8)):
        out = asked.folder / f"out{number}"
        running = commands.start(
            *RUN, "--out", str(out), launcher=[str(here / "metalbench")], cwd=here
        )
        while running.poll() is None and not list(out.glob("*/records.jsonl")):
            time.sleep(0.01)
        time.sleep(3 * drawn.random())
        for _ in range(drawn.randint(3, 5)):
            with contextlib.suppress(ProcessLookupError):
                running.send_signal(signal.SIGINT)
            time.sleep(0.3 * drawn.random() ** 2)
        ended = commands.wait(running)
        counts.add(ended.count(expected=(0, 130)))
        counts.add(whole(out))
        if ended.code == 130 and (str(out) not in ended.output or "nothing was" in ended.output):
            counts.add(wordless("Ctrl-C", ended))
    return counts


# --- runs and what they left ---------------------------------------------------------------------


def copied(folder: Path) -> Path:
    """A checkout with the environments of this one and with no cache yet."""
    here = folder / "checkout"
    for part in ("bench", "frameworks", "suites", "reports", "requirements"):
        shutil.copytree(CHECKOUT / part, here / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("metalbench", "pyproject.toml"):
        shutil.copy2(CHECKOUT / file, here)
    (here / ".venv").symlink_to((CHECKOUT / ".venv").resolve())
    return here


def run(here: Path, out: Path, environment: Mapping[str, str] | None = None, launcher=()) -> Ended:
    command = launcher or [str(here / "metalbench")]
    words = (*RUN, "--out", str(out))
    return commands.run(*words, launcher=command, cwd=here, environment=environment)


def ended_well(
    here: Path,
    out: Path,
    environment: Mapping[str, str] | None = None,
    said: str = "",
    unsaid: str = "",
) -> Counts:
    """A run that should measure everything, and say one sentence once, or not at all."""
    ended = run(here, out, environment)
    counts = ended.count(expected=(0, int(busy(ended))))
    text = " ".join(ended.output.split())
    if (said and text.count(said) != 1) or (unsaid and unsaid in text):
        counts.add(wordless(out.name, ended))
    counts.add(whole(out, cells=2 * CASES))
    return counts


def busy(ended: Ended) -> bool:
    """Whether times were doubted, as on a machine that others use: no fault of the attack's."""
    return "untimed" in ended.output


def wordless(what: str, ended: Ended) -> Counts:
    """An end without the words that belong to it."""
    return Counts(tracebacks=1, notes=[f"{what}: exit {ended.code}: {ended.output[-400:]}"])


def whole(out: Path, cells: int = 0) -> Counts:
    """Records of the run that cannot be read, and cells of which it should have some."""
    counts, found = Counts(), set()
    for path in out.glob("*/records.jsonl"):
        if path.stat().st_size:
            reading = records.read(path)
            counts.lost += len(reading.refused)
            ended = (
                each for each in reading.records if isinstance(each, schema.Cell | schema.Verified)
            )
            found |= {(each.contender, each.case) for each in ended}
    counts.lost += max(0, cells - len(found))
    if counts.lost:
        counts.notes.append(f"{out.name}: {counts.lost} records or cells lost")
    return counts


# --- disks ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def disk(folder: Path, options: str, counts: Counts) -> Iterator[bool]:
    """A small disk in memory in the folder's place; where nobody may mount one, a note and no."""
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    allowed = sys.platform == "linux" and os.geteuid() == 0
    if not allowed or subprocess.run(command, capture_output=True, check=False).returncode:
        counts.notes.append(f"not tried: {' '.join(command)} needs Linux and root")
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, but: int = 0) -> None:
    """Fill the folder's disk, leaving so many bytes (in whole pages)."""
    room = folder / "room"
    with contextlib.suppress(OSError):
        room.write_bytes(b"\0" * but)
        with (folder / "filled").open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
    with contextlib.suppress(OSError):
        room.unlink()


def damage(folder: Path) -> None:
    """Flip a bit in every file."""
    for path in folder.glob("*"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.unlink()
        path.write_bytes(content)


ATTACKS = {
    "disks of caches": caches,
    "disks of results": results,
    "output to nowhere": unheard,
    "homes and temporary folders": homes,
    "Ctrl-C again and again": interrupts,
}
