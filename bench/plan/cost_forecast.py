"""What a case will cost: seconds of its reference and of each contender's cell, foretold from the
work it is, from the pace seen so far, and from earlier runs in this checkout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders.spec import Contender
from bench.plan.feasibility import SpeedEstimate
from bench.plan.presets import Preset
from suites.data import arrays, cache_files
from suites.workload import Learn, Lifecycle, Workload, known_epochs, reduced_for_reference

FIXED_S = 0.7
"""Building, verifying and compiling a case of next to no work."""

STEPS = 6
"""Steps of a cell outside its slices: verified, calibrated and looked at."""

ROUND_S = 0.05
"""Of a round besides its slice: resting, writing, asking."""

GUESSED_FLOP_PER_S = {"cpu": 2e10, "gpu": 1e12}
"""Pace of a contender of which nothing is known yet."""

OVERHEAD_S = 2e-4
"""Of a step, whatever it computes."""

REFERENCE_S, REFERENCE_FLOP_PER_S = 0.1, 1e9
"""Of a reference: what any takes, and the pace of its several solutions together."""

CORRECTIONS = (0.1, 20.0)
"""By how much what was foretold may be corrected by what was seen, at the least and the most."""

MOST = 20_000
"""Costs that are remembered."""

MOST_BYTES = 2**24
"""Of the file that remembers them."""

LONGEST_S = 86_400.0

_REFERENCE = "reference"

_FREE = ("seed", "timeout_s", "memory_bytes", "preset_time_s")
"""Settings that do not change what a cell costs."""


class Forecast:
    """Foretells seconds and learns from those that were spent."""

    def __init__(
        self, pace: SpeedEstimate, preset: Preset, path: Path, settings: Mapping[str, Any]
    ) -> None:
        self._pace, self._preset, self._path = pace, preset, path
        costly = {key: value for key, value in settings.items() if key not in _FREE}
        text = json.dumps([os.cpu_count(), costly], sort_keys=True, default=str)
        self._place = hashlib.sha256(text.encode()).hexdigest()[:12]
        self._known = _read(path)
        self._work: dict[str, _Work] = {}
        """By case: to work it out takes some milliseconds, and every case is asked about often."""
        self._corrections: dict[str, float] = {}
        """Spent over foretold, by contender or for the reference; the latest counts most."""

    def cell_s(self, contender: Contender, workload: Workload, rounds: int) -> float:
        """Seconds of a first visit of so many rounds in each start."""
        return self._foretold(contender.id, workload, self._guess_s(contender, workload, rounds))

    def reference_s(self, workload: Workload) -> float:
        """Seconds of a reference that is not solved yet."""
        return self._foretold(_REFERENCE, workload, self._of(workload).reference_s)

    def learn_cell(
        self, contender: Contender, workload: Workload, rounds: int, seconds: float
    ) -> None:
        """So long a first visit took."""
        self._learn(contender.id, workload, self._guess_s(contender, workload, rounds), seconds)

    def learn_reference(self, workload: Workload, seconds: float) -> None:
        """So long it took to solve."""
        self._learn(_REFERENCE, workload, self._of(workload).reference_s, seconds)

    def save(self) -> None:
        """Remember for later runs, if there is room."""
        newest = dict(list(self._known.items())[-MOST:])
        with contextlib.suppress(OSError):
            cache_files.write(self._path, json.dumps(newest).encode())

    def _foretold(self, who: str, workload: Workload, guess_s: float) -> float:
        known = self._known.get(self._key(who, workload))
        return guess_s * self._corrections.get(who, 1.0) if known is None else known

    def _learn(self, who: str, workload: Workload, guess_s: float, seconds: float) -> None:
        least, most = CORRECTIONS
        factor = min(most, max(least, seconds / guess_s))
        self._corrections[who] = math.sqrt(self._corrections.get(who, factor) * factor)
        self._known[self._key(who, workload)] = seconds

    def _key(self, who: str, workload: Workload) -> str:
        return f"{who}: {workload.case}, {self._place}"

    def _guess_s(self, contender: Contender, workload: Workload, rounds: int) -> float:
        work, pace = self._of(workload), self._pace.flop_per_s(contender, workload)
        unknown_s = OVERHEAD_S + work.flop / GUESSED_FLOP_PER_S[contender.device.kind]
        step_s = work.flop / pace if pace else unknown_s
        slice_s = max(self._preset.slice_s, step_s) + ROUND_S
        start_s = FIXED_S + (STEPS + work.audited_steps) * step_s + rounds * slice_s
        return self._preset.starts * start_s

    def _of(self, workload: Workload) -> _Work:
        known = self._work.get(workload.case)
        if known is None:
            known = self._work[workload.case] = _Work.of(workload)
        return known


@dataclass(frozen=True)
class _Work:
    """What a guess rests on: FLOP and audited steps of a case, and seconds of its reference."""

    flop: float
    audited_steps: int
    reference_s: float

    @classmethod
    def of(cls, workload: Workload) -> _Work:
        small = reduced_for_reference(workload)
        learn = small.learn if isinstance(small, Lifecycle) else small
        flop: float = small.flop
        if isinstance(learn, Learn):
            flop = small.flop * max(1, known_epochs(learn)) / learn.epochs
        reference_s = REFERENCE_S + flop / REFERENCE_FLOP_PER_S
        return cls(workload.flop, arrays.audited_steps(workload), reference_s)


def _read(path: Path) -> dict[str, float]:
    """What the file remembers; nothing where it is none of ours."""
    try:
        found: Any = json.loads(cache_files.read(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, Mapping) or len(found) > 2 * MOST:
        return {}
    return {
        key: float(value)
        for key, value in found.items()
        if isinstance(value, int | float) and 0 < value < LONGEST_S
    }
