"""Stores of made-up runs, the same at every call: lines, noise and steps as asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from reports.history.entry import Entry
from reports.history.store import Stored

BEGAN = datetime(2026, 3, 1, 8, tzinfo=UTC)
CASES = tuple(f"mlp/train/{size}" for size in (16, 64, 256, 1024))


def draws(kind: str, count: int, noise: float, seed: int) -> np.ndarray:
    """Logarithms from run to run: `normal`, or `heavy` with odd runs among them (t with 5)."""
    random = np.random.default_rng(seed)
    if kind == "normal":
        return random.normal(0, noise, count)
    return random.standard_t(5, count) * noise / math.sqrt(5 / 3)


def stored(
    runs: int,
    steps: Mapping[str, Mapping[int, float]] | None = None,
    *,
    versions: Mapping[str, Mapping[int, str]] | None = None,
    cases: Sequence[str] = CASES,
    noise: float = 0.004,
    kind: str = "normal",
    seed: int = 0,
) -> Stored:
    """A machine's runs: `steps` has ratios by contender and run, `versions` those since a run."""
    found = []
    for number, who in enumerate(steps or {"torch": {}, "jax": {}}):
        for at, case in enumerate(cases):
            logs = draws(kind, runs, noise, 1000 * seed + 31 * number + at)
            for run, ratio in (steps or {}).get(who, {}).items():
                logs[run:] += math.log(ratio)
            for run, log in enumerate(logs):
                named = (versions or {}).get(who, {})
                version = [text for since, text in named.items() if since <= run][-1:]
                found.append(entry(run, who, case, 1e-3 * math.exp(log), *version))
    found.sort(key=lambda each: each.started_at)
    return Stored("Example CPU", tuple(found), ())


def entry(run: int, who: str, case: str, time_s: float, version: str = "1.0") -> Entry:
    """A figure of the run of this number, with an interval of half a per cent."""
    return Entry(
        run=f"run-{run:03d}",
        started_at=BEGAN + timedelta(days=run),
        machine="Example CPU",
        suite="mlp",
        case=case,
        definition="0" * 64,
        contender=f"{who}/cpu/float32",
        framework=who,
        version=version,
        device_name="cpu",
        execution="eager",
        threads=2,
        time_s=time_s,
        low_s=time_s * 0.9975,
        high_s=time_s * 1.0025,
    )
