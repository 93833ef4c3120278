"""What is worked out of observed digests before they are compared: changes, gradients, and whether
an optimizer keeps its rule. In the host.

Adam's change is close to lr x sign(gradient), which rounding decides where the gradient is small.
So under optimizers like it gradients are taken from what it keeps, and the rule of every optimizer
that keeps anything is held against that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from suites.data.seeded_random import Array, signs
from suites.verification.digests import parts
from suites.verification.update_rules import off
from suites.workload import CHECKED_STEPS, OPTIMIZERS, Optimizer

Named = Mapping[str, Mapping[str, Array]]
"""Digests by name."""

CURVES = ("loss", "train_loss", "test_loss", "correct")
"""Of them the first values may be expected alone: as far as they can be known."""

RULE, RATES = "rule of ", "rates"
"""With the optimizer's name after it, the name under which the expected values hold its numbers;
and that of its rates in the steps that are looked at."""


LATER = 2
"""The first step that goes by what the optimizer kept of another."""


def probe(length: int, seed: int) -> Array:
    """The sign vector v of Freivalds' check, A (B v) = C v, which sees every element of C."""
    return signs(seed, "probe", length)


def audited(name: str, step: int) -> str:
    """The name of a result of an audit's step of that number, from 0."""
    return f"{name} of audited step {step + 1}"


def change_name(path: str) -> str:
    """The check of one array's change."""
    return f"change of {path}"


def later_change_name(path: str) -> str:
    """The check of one array's change by the step `LATER`."""
    return f"{change_name(path)} by step {LATER}"


def gradient_name(path: str) -> str:
    """The check of one weight's gradient."""
    return f"gradient of {path}"


def update_name(path: str) -> str:
    """The check that one weight was updated by the formula."""
    return f"update of {path}"


def start_name(path: str) -> str:
    """Under this name the expected values hold what training begins with."""
    return f"start {path}"


def derived(observed: Named, wanted: Named) -> dict[str, Mapping[str, Array]]:
    """Digests by the names of the checks that `wanted` has, whose names end in the part meant."""
    found: dict[str, Mapping[str, Array]] = {}
    for name, want in wanted.items():
        if "value" not in want:
            continue
        array = name.rpartition("/")[0]
        made = _derive(array, observed, wanted)
        if made is not None and array in CURVES and "all" in made:
            made = {**made, "all": made["all"][: len(want["value"])]}
        if made is not None:
            found[name] = made
    return found


def _derive(array: str, observed: Named, wanted: Named) -> Mapping[str, Array] | None:
    kind, _, rest = array.partition(" of ")
    if array == "loss":
        return _losses(observed)
    if kind == "change":
        path, _, step = rest.partition(" of audited step ")
        path, _, number = path.partition(" by step ")
        later = observed.get(f"{path} of audited step {step}" if step else f"{number or 1} {path}")
        start = wanted.get(start_name(path))
        return None if later is None or start is None else _combined(later, start, 1.0, -1.0)
    if kind == "gradient":
        return _shown(rest, observed, wanted)
    if kind == "update":
        return _violations(rest, observed, wanted)
    return observed.get(array)


def rule_name(optimizer: Optimizer) -> str:
    """Under this name the expected values hold the optimizer's numbers."""
    return f"{RULE}{type(optimizer).__name__}"


def rule_values(optimizer: Optimizer) -> Array:
    """Its numbers, in the order of its fields."""
    return np.array([getattr(optimizer, name) for name in _numbers(type(optimizer))], np.float64)


def rates(optimizer: Optimizer) -> Array:
    """Its rates in the steps that are looked at."""
    steps = range(1, CHECKED_STEPS + 1)
    return np.array([optimizer.rate(np.float64(step), np) for step in steps], np.float64)


def rule(wanted: Named) -> Optimizer:
    """The optimizer that the expected values were worked out for, without its schedule."""
    name = next(name for name in wanted if name.startswith(RULE))
    kind = {each.__name__: each for each in OPTIMIZERS}[name.removeprefix(RULE)]
    return kind(**dict(zip(_numbers(kind), wanted[name]["all"].tolist(), strict=True)))


def _numbers(kind: type[Optimizer]) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.name != "schedule"]


def _shown(path: str, observed: Named, wanted: Named) -> Mapping[str, Array] | None:
    """The first step's gradient, as the weight and what was kept of it after that step show it."""
    optimizer, start = rule(wanted), wanted.get(start_name(path))
    seen = [observed.get(f"1 {name}") for name in (path, *optimizer.state_names(path))]
    found = [each for each in (start, *seen) if each is not None]
    if len(found) < 2 + len(optimizer.slots):
        return None
    before, after, *kept = found
    shapes = [{name: each.shape for name, each in parts(one).items()} for one in found]
    if any(shape != shapes[0] for shape in shapes):
        return next(one for one, shape in zip(found, shapes, strict=True) if shape != shapes[0])
    shown = {
        name: optimizer.shown(before[name], after[name], tuple(each[name] for each in kept), np)
        for name in parts(before)
        if name != "sums" or optimizer.shows_sums
    }
    return {"shape": kept[0]["shape"], **shown}


def _losses(observed: Named) -> Mapping[str, Array] | None:
    seen = [observed.get(f"{number} loss", {}) for number in range(1, CHECKED_STEPS + 1)]
    if any("all" not in each or each["all"].size != 1 for each in seen):
        return None
    losses = np.array([float(np.ravel(each["all"])[0]) for each in seen])
    return {"shape": np.array([CHECKED_STEPS]), "all": losses}


def _combined(
    one: Mapping[str, Array], other: Mapping[str, Array] | None, factor: float, share: float = 0.0
) -> Mapping[str, Array]:
    """factor x one + share x other, part by part: digests are linear. Misshapen ones stay."""
    if other is None:
        return {"shape": one["shape"], **{n: factor * a for n, a in parts(one).items()}}
    if {n: a.shape for n, a in parts(one).items()} != {n: a.shape for n, a in parts(other).items()}:
        return one
    sums = {name: factor * array + share * other[name] for name, array in parts(one).items()}
    return {"shape": one["shape"], **sums}


def _violations(path: str, observed: Named, wanted: Named) -> Mapping[str, Array] | None:
    """By how many times its limit the worst element is off the formula in any of the steps; at
    worst infinite. Of what is kept of large arrays the entries say it: the rule is element-wise."""
    optimizer, worst = rule(wanted), 0.0
    names = path, *optimizer.state_names(path)
    start = wanted.get(start_name(path))
    if start is None:
        return None
    part = "all" if "all" in start else "entries"
    earlier = [start[part], *(np.zeros_like(start[part]) for _ in optimizer.slots)]
    for number, rate in enumerate(wanted[RATES]["all"], 1):
        seen = [observed.get(f"{number} {name}", {}).get(part) for name in names]
        if any(array is None or array.shape != start[part].shape for array in seen):
            return None
        later = [array for array in seen if array is not None]
        far = off(optimizer, float(rate), earlier, later, number)
        worst = max(worst, float(np.max(far, initial=0.0)))
        earlier = later
    return {"shape": np.array([], np.int64), "all": np.asarray(min(worst, 1e30))}
