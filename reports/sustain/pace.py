"""Whether a contender keeps its pace: the first minute held against the last part.

Slices are joined to blocks of ten seconds of work, whose medians take no notice of single
disturbances. A drop must be beyond what the blocks differ by among themselves, and beyond what
other programs may have caused: heat is not accused of what a neighbour did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from bench.schema import State
from bench.statistics import estimates
from bench.statistics.estimates import Floats
from reports.frame import Results
from reports.verdicts import busy

BLOCK_S = 10.0
FIRST_S = 60.0
LAST_PART = 1 / 3
"""Of the work, whose pace is held against the first minute's; a minute at least."""

LEAST = 0.03
"""A smaller change is none: blocks of a machine at rest differ by as much."""

Word = Literal["steady", "slows", "speeds up", "unsure"]


@dataclass(frozen=True)
class Readings:
    """One figure over time; seconds of work and values, as many of each."""

    name: str
    unit: str
    at_s: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Pace:
    """One contender at one case."""

    contender: str
    case: str
    framework: str
    worked_s: float
    word: Word
    why: str
    """What makes it unsure; empty for the other words."""
    remains: float
    """Pace of the last part over that of the first minute."""
    low: float
    high: float
    """Ends of the 95 % interval; NaN where too few blocks tell."""
    half_at_s: float | None
    """When half of a drop was reached for good."""
    pace: Readings
    """Of each slice, in percent of the first minute's."""
    others: tuple[Readings, ...]
    """Clocks, heat and power, where the machine tells them."""


@dataclass(frozen=True)
class Paces:
    """What a file of records holds of sustained work."""

    machine: str
    run: str
    minutes: float
    paces: tuple[Pace, ...]
    absent: tuple[tuple[str, str, str], ...]
    """Contender, case and why there is nothing to say of it."""


def paces(results: Results) -> Paces:
    """Of a run of sustained work."""
    (name, run), *_ = results.runs.items()
    found, absent = [], []
    for cell in results.cells[results.cells["run"] == name].itertuples():
        own = results.slices[
            (results.slices["run"] == name)
            & (results.slices["contender"] == cell.contender)
            & (results.slices["case"] == cell.case)
        ].sort_values("round")
        if cell.verified and len(own):
            states = [
                state
                for state in results.states.get(name, ())
                if state.contender == cell.contender and state.case == cell.case
            ]
            found.append(_pace(cell, own, states, run.machine.cores_logical))
        else:
            absent.append((cell.contender, cell.case, f"{cell.status}: {cell.reason or ''}"))
    minutes = float(run.settings.get("sustained_s") or 0) / 60
    return Paces(run.machine.label, run.run, minutes, tuple(found), tuple(absent))


def _pace(cell: object, own: pd.DataFrame, states: Sequence[State], cores: int | None) -> Pace:
    ends_s, steps_s = own["wall_s"].cumsum().to_numpy(), own["median_s"].to_numpy()
    at_s = ends_s - own["wall_s"].to_numpy() / 2
    word, why, base_s, told = judged(at_s, steps_s, _others(own), cores)
    readings = [_power(own, at_s), *_of_states(states, own["at_s"].to_numpy(), at_s)]
    return Pace(
        contender=str(getattr(cell, "contender", "")),
        case=str(getattr(cell, "case", "")),
        framework=str(getattr(cell, "framework", "")),
        worked_s=float(ends_s[-1]),
        word=word,
        why=why,
        remains=told[0],
        low=told[1],
        high=told[2],
        half_at_s=_half(at_s, base_s / steps_s, told[0]) if word == "slows" else None,
        pace=Readings("pace", "%", tuple(at_s.tolist()), tuple((100 * base_s / steps_s).tolist())),
        others=tuple(each for each in readings if len(each.values) > 1),
    )


# --- the judgement ------------------------------------------------------------------------------


def judged(
    at_s: Floats, steps_s: Floats, others: Floats, cores: int | None
) -> tuple[Word, str, float, tuple[float, float, float]]:
    """The word, what makes it unsure, seconds of a step in the first minute, and the share of its
    pace that remains with its interval; `others` are cores that other programs used."""
    work_s = float(at_s[-1])
    first = at_s <= FIRST_S
    last = at_s > max(FIRST_S, work_s - max(FIRST_S, LAST_PART * work_s))
    early, late = _blocks(at_s[first], steps_s[first]), _blocks(at_s[last], steps_s[last])
    base_s = float(np.median(early))
    if not len(late):
        return "unsure", "it worked for less than two minutes", base_s, (np.nan,) * 3
    values = np.concatenate([early, late])
    told = estimates.locations(values, np.array([len(early), len(late)]), correlated=True)
    (base_s, end_s), low_s, high_s = told.value_s.tolist(), told.low_s, told.high_s
    share = base_s / end_s, float(low_s[0] / high_s[1]), float(high_s[0] / low_s[1])
    word = _word(*share[1:])
    if word == "unsure":
        return word, "its pace varied too much, or too little was measured", base_s, share
    more = float(np.median(others[last]) - np.median(others[first]))
    if word != "steady" and busy.is_busy(abs(more), cores):
        change = "more" if more > 0 else "fewer"
        why = f"other programs used {abs(more):.1f} cores {change} at the end than at first"
        return "unsure", why, base_s, share
    return word, "", base_s, share


def _word(low: float, high: float) -> Word:
    if high < 1 - LEAST:
        return "slows"
    if low > 1 + LEAST:
        return "speeds up"
    return "steady" if low > 1 - 2 * LEAST and high < 1 + 2 * LEAST else "unsure"


def _blocks(at_s: Floats, values: Floats) -> Floats:
    """The median of each block that has slices."""
    numbers = np.floor(at_s / BLOCK_S).astype(np.int64)
    return np.array([np.median(values[numbers == number]) for number in np.unique(numbers)])


def _half(at_s: Floats, paces: Floats, remains: float) -> float | None:
    """The end of the last block that was still above the middle of a drop."""
    numbers = np.floor(at_s / BLOCK_S).astype(np.int64)
    middle = (1 + remains) / 2
    above = [n for n in np.unique(numbers) if np.median(paces[numbers == n]) > middle]
    return float((above[-1] + 1) * BLOCK_S) if above else None


# --- what the machine did -----------------------------------------------------------------------


def _others(own: pd.DataFrame) -> Floats:
    """Cores that other programs used during each slice; 0 where nobody knows."""
    used: Floats = (own["others_cpu_s"] / own["host_s"]).fillna(0.0).to_numpy()
    return used


def _power(own: pd.DataFrame, at_s: Floats) -> Readings:
    watts = (own["energy_j"] / own["wall_s"]).to_numpy()
    told = ~np.isnan(watts)
    sampled = bool(own["energy_sampled"].max() > 0)
    name = "power of its device" + ", sampled" * sampled
    return Readings(name, "W", tuple(at_s[told].tolist()), tuple(watts[told].tolist()))


_STATES = (
    ("gpu_hz", "GPU clock", "MHz", 1e-6),
    ("cpu_hz", "CPU clock", "MHz", 1e-6),
    ("gpu_celsius", "GPU temperature", "degrees C", 1.0),
    ("gpu_watts", "GPU power, as read now and then", "W", 1.0),
    ("gpu_fan_rpm", "GPU fan", "rpm", 1.0),
    ("gpu_busy", "GPU busy", "%", 100.0),
)


def _of_states(states: Sequence[State], run_s: Floats, work_s: Floats) -> list[Readings]:
    """What was read now and then, from the run's clock to seconds of work."""
    found = []
    for field, name, unit, factor in _STATES:
        told = [
            (state.at_s, factor * value)
            for state in states
            if (value := getattr(state, field)) is not None
        ]
        at_s = np.interp([at for at, _ in told], run_s, work_s) if told else np.empty(0)
        found.append(Readings(name, unit, tuple(at_s.tolist()), tuple(v for _, v in told)))
    return found
