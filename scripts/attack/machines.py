"""Mutated descriptions of machines: what systems' commands print, and files sent to the doctor."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import machine, schema
from bench.machine import graphics, nvidia, processes, state
from scripts.attack import forked, mutations
from scripts.attack.commands import CHECKOUT, Ended
from scripts.attack.counts import Asked, Attack, Counts
from scripts.attack.damage import damaged

CAPTURES, DESCRIPTIONS = 10_000, 2000
DATA = CHECKOUT / "tests" / "data"

_MACOS = ("sysctl", "system_profiler", "ioreg", "pmset", "pmset-batt", "pmset-therm", "nvram")
_LINUX = ("lscpu", "cpuinfo", "meminfo", "dmi", "drm", "kfd", "cpus", "nvidia", "rocm-smi", "acpi")
_PROCESSES = b"  1   0:01.52 /sbin/launchd\n 77  12:01.00 /Applications/A B.app/Contents/MacOS/A\n"
_NVIDIA = b"0, NVIDIA H200, 143771, 580.95.05, 4, 16, 33, 12, 1980, 143000\n"


def captures(asked: Asked) -> Counts:
    """What systems' commands print, mutated: parsed to a machine that the schema allows."""
    draw, total = random.Random(asked.seed), Counts()
    seeds = _seeds()
    for _ in range(asked.count(CAPTURES)):
        name, seed = draw.choice(seeds)
        told = damaged(draw, seed).decode("utf-8", "replace")
        total.add(_parsed(draw, name, told))
    return total


def _seeds() -> list[tuple[str, bytes]]:
    """Captures by the name of what said them: those of the tests, and of this machine."""
    kept = [(_named(path), path.read_bytes()) for path in sorted((DATA / "machine").iterdir())]
    here = {**machine.captures.of_machine(), **machine.captures.of_state()}
    made = [("processes", _PROCESSES), ("nvidia", _NVIDIA)]
    return [*kept, *((name, text.encode()) for name, text in here.items()), *made]


def _named(path: Path) -> str:
    for word in ("ioreg", "sysctl", "pmset-therm"):
        if path.name.startswith(word):
            return word
    return "system_profiler"


def _parsed(draw: random.Random, name: str, told: str) -> Counts:
    """One capture in the place of its command, and in that of another's."""
    system = draw.choice(("Darwin", "Linux"))
    found = {"python": f"system: {system}\nmachine: arm64\nload: 1.00\n", name: told}
    if draw.random() < 0.3:
        found[draw.choice(_MACOS + _LINUX)] = told
    ways: tuple[Callable[[], object], ...] = (
        lambda: _bounded(machine.parse(found, [("mps", None), (told[:200], 2**40)])),
        lambda: msgspec.convert(
            {"kind": "state", "case": "c", "phase": "before", "at_s": 0.0, **state.parse(found)},
            schema.State,
        ),
        lambda: processes.parse(told),
        lambda: graphics.read(told),
        lambda: nvidia.read(told),
    )
    counts = Counts(inputs=1)
    for way in ways:
        try:
            way()
        except Exception as error:  # noqa: BLE001 - any at all is a fault: parsing never raises
            counts.tracebacks = 1
            counts.notes.append(f"{name} {told[:80]!r}: {type(error).__name__}: {error}"[:300])
    return counts


def _bounded(found: schema.Machine) -> None:
    """As a record of it would be read again."""
    msgspec.json.decode(msgspec.json.encode(found), type=schema.Machine)


def descriptions(asked: Asked) -> Counts:
    """Mutated files of `machine --capture`, given to the doctor."""
    forked.warm()
    draw, total = random.Random(asked.seed), Counts()
    seeds = [path.read_bytes() for path in sorted((DATA / "descriptions").iterdir())]
    path = asked.folder / "machine.json"
    for _ in range(asked.count(DESCRIPTIONS)):
        seed = draw.choice(seeds)
        lines = mutations.mutated([json.dumps(json.loads(seed)).encode()], draw)
        path.write_bytes(b"\n".join(lines) if draw.random() < 0.8 else damaged(draw, seed))
        # Of few suites: what each needs of memory is the same for every description.
        named = ("--machine", str(path), "--suite", "matmul", "--preset", "smoke")
        ended = forked.call("doctor", *named, cwd=asked.folder)
        total.add(_seen(ended))
    return total


def _seen(ended: Ended) -> Counts:
    counts = ended.count()
    if "\x1b]" in ended.output or "\x1b[2J" in ended.output:
        counts.escapes += 1
        counts.notes.append("control characters of a file reached the terminal")
    return counts


ATTACKS: dict[str, Attack] = {"captures": captures, "descriptions": descriptions}
