"""A real run, small: begun, disturbed in its midst, and looked at afterwards."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from bench import records
from bench.schema import Slice
from scripts.attack import commands
from scripts.attack.commands import Ended
from scripts.attack.counts import Counts
from suites.errors import UserError

ASKED = ("run", "--framework", "null,numpy", "--suite", "matmul", "--preset", "smoke")
FOR_S = "15s"


def arguments(out: Path, *more: str) -> tuple[str, ...]:
    """The command line of a small run; a later option counts, so `more` may say otherwise."""
    return (*ASKED, "--time", FOR_S, "--out", str(out), *more)


class Run:
    """A run under way, whose records are watched."""

    def __init__(self, out: Path, *more: str, **how) -> None:
        self.out = out
        self.process: subprocess.Popen = commands.start(*arguments(out, *more), **how)

    @property
    def lines(self) -> bytes:
        """The whole lines of its records so far."""
        found = sorted(self.out.glob("*/records.jsonl"))
        said = found[-1].read_bytes() if found else b""
        return said[: said.rfind(b"\n") + 1]

    def measuring(self, slices: int = 3, timeout_s: float = 120) -> bytes:
        """Wait until so many slices are recorded, or it has ended; its records then."""
        until = time.monotonic() + timeout_s
        while self.lines.count(b'"slice"') < slices and self.process.poll() is None:
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        return self.lines

    def ended(self, timeout_s: float = 300) -> Ended:
        return commands.wait(self.process, timeout_s)


def kept(out: Path, before: bytes) -> Counts:
    """Lost: lines that stood in a run's records and do not any more, or cannot be read."""
    found = sorted(out.glob("*/records.jsonl"))
    counts = Counts()
    if not any(path.read_bytes().startswith(before) for path in found):
        counts.lost += 1
        counts.notes.append(f"{before.count(b'{')} lines of records are not all there any more")
    for path in found:
        try:
            refused = [bad.reason for bad in records.read(path).refused]
        except UserError as error:
            refused = [str(error)]
        # A line that a break cut short was never a record.
        whole = path.read_bytes().endswith(b"\n")
        if len(refused) > (0 if whole else 1):
            counts.lost += 1
            counts.notes.append(f"{len(refused)} lines of records cannot be read: {refused[0]}")
    return counts


def reported(folder: Path, out: Path) -> Counts:
    """Lost: no report can be written of what there is."""
    ended = commands.run("report", str(out), "--out", str(folder / "report"))
    counts = ended.count()
    counts.inputs = 0
    if not (folder / "report" / "report.html").exists():
        counts.lost += 1
        counts.notes.append(f"no report of what was kept: {ended.output.strip()[-200:]}")
    return counts


def slices(out: Path) -> list[Slice]:
    """All slices of the runs in a folder."""
    found = []
    for path in sorted(out.glob("*/records.jsonl")):
        found += [each for each in records.read(path).records if isinstance(each, Slice)]
    return found
