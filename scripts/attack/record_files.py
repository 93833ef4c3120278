"""Hostile record files through reading alone: mutated ones by the ten thousand, and expensive ones.

An expensive file is read by a process of its own, whose memory and CPU time are bounded.
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from itertools import repeat
from pathlib import Path

import msgspec

from reports.frame import read
from reports.ingest import slices
from reports.ingest.reading import gather
from scripts.attack import mutations
from scripts.attack.counts import Asked, Counts
from suites.errors import UserError
from tests.helpers import builders

USUAL = 10_000
"""Mutated files when nobody says how many."""

WHOLE = 20
"""Of so many files one is made into a frame as well, which takes as long as reading all others."""

MOST_MB = 400
MOST_CPU_S = 10.0
"""For one file, above what an honest one takes."""

SHOWN = 40

_DATA = Path(__file__).parents[2] / "tests" / "data" / "records"


def mutated_files(asked: Asked) -> Counts:
    """Real record files with flipped bytes, cut, shuffled, with absurd values: through reading."""
    dice, counts, kinds = random.Random(asked.seed), Counts(), Counter[str]()
    seeds = [_unpacked(path) for path in sorted(_DATA.iterdir())]
    for number in range(asked.count(USUAL)):
        path = _write(asked.folder, mutations.mutated(dice.choice(seeds), dice), dice)
        counts.inputs += 1
        try:
            gather([path])
            if number % WHOLE == 0:
                read([path])
        except UserError:
            pass  # refused in words
        except Exception as error:  # noqa: BLE001  whatever it is, is what is looked for
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            kinds[f"{type(error).__name__}: {str(error)[:80]} ({place})"] += 1
            counts.tracebacks += 1
        path.unlink()
    counts.notes += [f"{number} x {what}" for what, number in kinds.most_common(SHOWN)]
    counts.notes.append(f"{_most_mb():.0f} MB at most")
    return counts


def _unpacked(path: Path) -> mutations.Lines:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()[:200]


def _write(folder: Path, lines: mutations.Lines, dice: random.Random) -> Path:
    """Some are compressed, some of these damaged, and some of all cut short."""
    data, name = b"\n".join(lines), "x.jsonl"
    if dice.random() < 0.3:
        data, name = gzip.compress(data, 1), "x.jsonl.gz"
        if dice.random() < 0.5:
            at = dice.randrange(len(data))
            data = data[:at] + dice.randbytes(1) + data[at + 1 :]
    if dice.random() < 0.1:
        data = data[: dice.randrange(len(data) + 1)]
    path = folder / name
    path.write_bytes(data)
    return path


# --- expensive files --------------------------------------------------------------------------


def expensive_files(asked: Asked) -> Counts:
    """Bombs, floods, endless lines and what is no file: memory and CPU seconds of a reader each."""
    counts = Counts()
    base_mb, base_s, _ = _cost(_file()(asked.folder))
    for name, make in _EXPENSIVE.items():
        path = make(asked.folder)
        size = path.lstat().st_size
        used_mb, used_s, ended = _cost(path)
        path.unlink()
        over_mb, over_s = used_mb - base_mb, used_s - base_s
        bad = "Traceback" in ended or over_mb > MOST_MB or over_s > MOST_CPU_S
        counts.inputs += 1
        counts.tracebacks += bad
        told = f"{over_mb:.0f} MB, {over_s:.1f} s of CPU: {ended[-160:]}"
        counts.notes.append(f"{name} ({size / 1e6:.2f} MB): {told}")
    return counts


ATTACKS = {"mutated record files": mutated_files, "expensive record files": expensive_files}


def _cost(path: Path) -> tuple[float, float, str]:
    """Of a process that reads the file: its most memory in MB, its CPU seconds, its last words."""
    command = [sys.executable, "-m", "scripts.attack.record_files", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return float("inf"), float("inf"), "it never ended"
    first, *rest = done.stdout.splitlines() or [""]
    if len(first.split()) != 2:
        return float("inf"), float("inf"), done.stderr[-300:] or f"exit code {done.returncode}"
    used_mb, used_s = map(float, first.split())
    return used_mb, used_s, " ".join(rest)


def _read_and_tell(path: Path) -> None:
    """What the process does."""
    try:
        gathered = gather([path])
        told = " ".join(left.reason for left in gathered.left_out) or "read"
    except (UserError, OSError) as error:
        told = str(error)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(_most_mb(), used.ru_utime + used.ru_stime)
    print(told)


def _most_mb() -> float:
    """This program's most memory; what Linux calls `ru_maxrss` also counts who started it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS: bytes


_HEAD = msgspec.json.encode(builders.run(builders.FIVE[:1], rounds=1)[0])


def _file(*parts: bytes, times: int = 1, packed: bool = False) -> Callable[[Path], Path]:
    """Makes a file of an honest run's head and so many times these lines."""
    block = b"".join(part + b"\n" for part in parts)

    def write(folder: Path) -> Path:
        path = folder / ("x.jsonl.gz" if packed else "x.jsonl")
        with gzip.open(path, "wb", 9) if packed else path.open("wb") as file:
            file.write(_HEAD + b"\n")
            at_once = max(1, 2**20 // max(1, len(block)))
            for _ in range(times // at_once):
                file.write(block * at_once)
            file.write(block * (times % at_once))
        return path

    return write


def _numbered(line: bytes, times: int, packed: bool = False) -> Callable[[Path], Path]:
    """The same, with a number in place of `%d` in each line."""

    def write(folder: Path) -> Path:
        path = folder / ("x.jsonl.gz" if packed else "x.jsonl")
        with gzip.open(path, "wb", 6) if packed else path.open("wb") as file:
            file.write(_HEAD + b"\n")
            for number in range(times):
                file.write(line.replace(b"%d", b"%d" % number) + b"\n")
        return path

    return write


def _members(folder: Path) -> Path:
    path = folder / "x.jsonl.gz"
    path.write_bytes(gzip.compress(_HEAD + b"\n") + gzip.compress(b"") * 200_000)
    return path


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "x.jsonl")
    return folder / "x.jsonl"


def _link(to: str) -> Callable[[Path], Path]:
    def link(folder: Path) -> Path:
        (folder / "x.jsonl").symlink_to(to)
        return folder / "x.jsonl"

    return link


_SLICE = (
    b'{"kind":"slice","contender":"c","case":"s","round":%d,"steps_per_sample":1,"samples_s":[%s]}'
)
_SHORT = _SLICE.replace(b"%s", b"1")
_FULL = (
    _SHORT[:-1]
    + b"".join(
        b',"%s":1' % name.encode()
        for name in (*slices.SUMMED, *slices.LARGEST, *slices.WATCHED)
        if name != "device_busy"
    )
    + b"}"
)
_MANY = _SLICE.replace(b"%s", b",".join(repeat(b"1", 100_000)))
_VERIFIED = (
    b'{"kind":"verified","contender":"%d","case":"s","phase":"before","passed":true,"checks":[%s]}'
)
_CHECKS = _VERIFIED.replace(b"%s", b",".join(repeat(b'{"name":""}', 10_000)))
_FAILED = b'{"kind":"failed","contender":"%d","stage":"s","reason":"%s"}'
_LONG, _WIDE = b"x" * 2**18, b"x" * (2**18 - 1) + "\U0001f600".encode()

_EXPENSIVE: dict[str, Callable[[Path], Path]] = {
    "one record many times, compressed": _numbered(_SHORT, 600_000, packed=True),
    "full samples, compressed": _file(_MANY.replace(b"%d", b"1"), times=700, packed=True),
    "full samples": _file(_MANY.replace(b"%d", b"1"), times=700),
    "short slices": _numbered(_SHORT, 600_000),
    "slices with all fields": _numbered(_FULL, 600_000),
    "spaces, compressed": _file(b" " * 2**20, times=2000, packed=True),
    "blank lines": _file(b"", times=3_000_000),
    "one endless line": _file(b"x" * 2**24),
    "long texts": _numbered(_FAILED.replace(b"%s", _LONG), 2000),
    "long texts of wide characters": _numbered(_FAILED.replace(b"%s", _WIDE), 2000),
    "many checks": _numbered(_CHECKS, 2000),
    "one line's length of numbers": _file(
        _SLICE.replace(b"%d", b"1").replace(b"%s", b"1," * 2**21)
    ),
    "many ends": _file(b'{"kind":"end","at_s":0}', times=1_000_000),
    "many states": _file(b'{"kind":"state","case":"","phase":"before","at_s":0}', times=1_000_000),
    "many absent": _numbered(b'{"kind":"skipped","contender":"%d","reason":""}', 1_000_000),
    "many wrong lines": _file(b"x", times=5000),
    "empty members": _members,
    "a pipe": _pipe,
    "/dev/zero": _link("/dev/zero"),
    "/proc/self/mem": _link("/proc/self/mem"),
    "a loop of links": _link("x.jsonl"),
}


if __name__ == "__main__":
    _read_and_tell(Path(sys.argv[1]))
