"""A few of the numbers that a step gave, as a record shows them to whoever gave the seed.

They are taken from what was compared with the reference before timing. Who knows the seed works
the same reference out anew, and sees whether they are the answers of that seed or of another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.schema import Check
from suites.data.arrays import Array
from suites.data.seeded_random import generator
from suites.verification import training_checks
from suites.verification.digests import some, unpacked

ARRAYS = 8
VALUES = 64
EACH = 16
"""Arrays of a case that are shown, at most, and values, in all and of each; taken by chance. In 16
bits a value tells a few alternatives apart: it takes many to tell a seed."""

PHASE = "before/"

ENOUGH = 6.0
"""Decades: who knows nothing of the seed guesses so well once in a million."""

MOST_EACH = 3.0
"""Decades that one value counts at most: values of one answer do not vary independently."""

SLACK = 1.1
"""Limits are drawn: on another processor they come out a little differently."""


@dataclass(frozen=True)
class Judged:
    """Shown values held against the reference of a seed."""

    values: int
    """How many could be compared."""
    off: tuple[str, ...]
    """What of them cannot be answers of that seed, in words."""
    decades: float
    """How unlikely it is that the answers of another seed would pass: once in 10 to that power."""


def shown(
    observed: Mapping[str, Array], expected: Mapping[str, Array], seed: int
) -> dict[str, tuple[float, ...]]:
    """Values by the name of their array and part, to nine digits."""
    wanted = _wanted(expected)
    got = training_checks.derived(unpacked(observed), wanted)
    names = sorted(name for name, want in wanted.items() if _tells(name, want))
    chosen = [names[at] for at in some(len(names), ARRAYS, seed)]
    count, found = min(EACH, VALUES // max(1, len(chosen))), {}
    for name in chosen:
        values = got.get(name, {}).get(name.rpartition("/")[2])
        exact = wanted[name]["value"]
        if values is None or values.shape != exact.shape:
            continue
        taken = np.ravel(values)[_places(name, exact.size, count, seed)]
        if np.all(np.isfinite(taken)):
            found[name] = tuple(float(f"{value:.9g}") for value in taken)
    return found


def judge(
    told: Mapping[str, Sequence[float]],
    checks: Sequence[Check],
    seed: int,
    expected: Mapping[str, Array],
    others: Mapping[str, Array],
) -> Judged:
    """What a record tells, held against the expected values of its seed. `others` are those of
    another seed, for how much agreement proves; `checks` are those of the same answers."""
    count, off, decades = 0, [], 0.0
    wanted, apart = _wanted(expected), _wanted(others)
    for name, values in told.items():
        want = wanted.get(name)
        if want is None or not _tells(name, want):
            continue
        places = _places(name, want["value"].size, len(values), seed)
        if len(values) != len(places):
            off.append(f"{len(values)} values of {name}. Expected {len(places)}")
            continue
        exact = np.ravel(want["value"])[places]
        limits = _limits(want, places)
        errors = np.abs(np.asarray(values) - exact)
        count += len(values)
        off += _beyond(name, errors / limits, _claimed(name, want, checks))
        decades += _decades(apart.get(name), want, exact, places, limits)
    return Judged(count, tuple(off), decades)


def _wanted(expected: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    entries = {
        key.removeprefix(PHASE): array for key, array in expected.items() if key.startswith(PHASE)
    }
    return unpacked(entries)


def _tells(name: str, want: Mapping[str, Array]) -> bool:
    """Whether single values can be judged, and depend on the seed."""
    ours = "value" in want and want["value"].size > 0 and ("worst" in want or "overall" in want)
    return ours and not name.startswith("update of ")


def _places(name: str, size: int, count: int, seed: int) -> Array:
    """Of so many values shown, within their array; at most EACH."""
    if size <= EACH:
        return np.arange(min(size, count))
    drawn = generator(seed, f"shown of {name}").random(EACH)[:count]
    return np.asarray((drawn * size).astype(np.int64))


def _limits(want: Mapping[str, Array], places: Array) -> Array:
    """Of single values: how far an answer whose check passes may be off there."""
    shape, size = want["value"].shape, want["value"].size
    worst = np.full(len(places), math.inf)
    if "worst" in want:
        worst = np.ravel(np.broadcast_to(want["worst"], shape))[places]
    overall = float(want["overall"]) * math.sqrt(size) if "overall" in want else math.inf
    limits: Array = np.maximum(np.minimum(worst, overall), np.finfo(np.float64).tiny)
    return limits


def _claimed(name: str, want: Mapping[str, Array], checks: Sequence[Check]) -> float:
    """What the record says the worst of this array's errors is, as a share of its limit. Infinite
    where nothing bounds single values by it."""
    array = name.rpartition("/")[0]
    shares = [
        check.error / check.limit
        for check in checks
        if check.name == array and check.error is not None and check.limit
    ]
    return max(shares) if shares and "worst" in want else math.inf


def _beyond(name: str, shares: Array, claimed: float) -> Iterator[str]:
    """In words, where the worst value is off by more than its limit or than the record says."""
    worst = float(np.max(shares))
    if not worst <= SLACK:
        yield f"{name} is off by {worst:.3g} times what is accepted"
    elif worst > SLACK * claimed + 0.01:
        yield f"{name} is off by {worst:.3g} of its limit, its check says {claimed:.3g}"


def _decades(
    other: Mapping[str, Array] | None,
    want: Mapping[str, Array],
    exact: Array,
    places: Array,
    limits: Array,
) -> float:
    if other is None or "value" not in other or other["value"].shape != want["value"].shape:
        return 0.0
    spread = np.abs(np.ravel(other["value"])[places] - exact)
    each = np.log10(np.maximum(1.0, spread / limits))
    _, once = np.unique(places, return_index=True)
    return float(np.sum(np.minimum(each[once], MOST_EACH)))
