"""What is worked out of observed digests before they are compared: changes, gradients, and whether
an optimizer keeps its rule. In the host.

Adam's change is close to lr x sign(gradient), which rounding decides where the gradient is small.
So under optimizers of two moments gradients are taken from these, and the rule is held against
the framework's own moments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from suites.data.seeded_random import Array, signs
from suites.verification.digests import parts
from suites.workload import CHECKED_STEPS, OPTIMIZERS, Optimizer, TwoMoments

Named = Mapping[str, Mapping[str, Array]]
"""Digests by name."""
Float64 = npt.NDArray[np.float64]

U = 2.0**-24
"""Roundoff of float32: all training is done in it."""

ALLOWED = 16
"""Roundings of the largest size, all in one direction, that one formula may show."""

CURVES = ("loss", "train_loss", "test_loss", "correct")
"""Of them the first values may be expected alone: as far as they can be known."""

RULE = "rule of "
"""With the optimizer's name after it, the name under which the expected values hold its numbers."""


def probe(length: int, seed: int) -> Array:
    """The sign vector v of Freivalds' check, A (B v) = C v, which sees every element of C."""
    return signs(seed, "probe", length)


def audited(name: str, step: int) -> str:
    """The name of a result of an audit's step of that number, from 0."""
    return f"{name} of audited step {step + 1}"


def change_name(path: str) -> str:
    """The check of one array's change."""
    return f"change of {path}"


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
        later = observed.get(f"{path} of audited step {step}" if step else f"1 {path}")
        start = wanted.get(start_name(path))
        return None if later is None or start is None else _combined(later, start, 1.0, -1.0)
    if kind == "gradient":
        optimizer = rule(wanted)
        moment = observed.get(f"1 {optimizer.state_names(rest)[0]}")
        return None if moment is None else _combined(moment, None, 1 / (1 - optimizer.beta1))
    if kind == "update":
        return _violations(rest, observed, wanted)
    return observed.get(array)


def rule_name(optimizer: Optimizer) -> str:
    """Under this name the expected values hold the optimizer's numbers."""
    return f"{RULE}{type(optimizer).__name__}"


def rule_values(optimizer: Optimizer) -> Array:
    """Its numbers, in the order of its fields."""
    return np.array(dataclasses.astuple(optimizer), np.float64)


def rule(wanted: Named) -> TwoMoments:
    """The optimizer that the expected values were worked out for."""
    name = next(name for name in wanted if name.startswith(RULE))
    kind = {each.__name__: each for each in OPTIMIZERS}[name.removeprefix(RULE)]
    optimizer = kind(*wanted[name]["all"].tolist())
    assert isinstance(optimizer, TwoMoments)
    return optimizer


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
    earlier = [start[part], np.zeros_like(start[part]), np.zeros_like(start[part])]
    for number in range(1, CHECKED_STEPS + 1):
        seen = [observed.get(f"{number} {name}", {}).get(part) for name in names]
        if any(array is None or array.shape != start[part].shape for array in seen):
            return None
        later = [array for array in seen if array is not None]
        off = _off(optimizer, earlier, later, number)
        worst = max(worst, float(np.max(off, initial=0.0)))
        earlier = later
    return {"shape": np.array([], np.int64), "all": np.asarray(min(worst, 1e30))}


def _off(rule: TwoMoments, old: list[Float64], new: list[Float64], step: int) -> Float64:
    """Distances from the formula in multiples of their limits, for arrays (weight, m, v).

    A framework may work out 1 - beta^t in float32, which then is right to u / (1 - beta^t) only.
    """
    (w0, m0, v0), (w1, m1, v1) = old, new
    with np.errstate(all="ignore"):  # what is not finite is infinitely far off
        g = (m1 - rule.beta1 * m0) / (1 - rule.beta1)
        g_error = ALLOWED * U * np.maximum(np.abs(m1), np.abs(m0)) / (1 - rule.beta1)
        v_expected = rule.beta2 * v0 + (1 - rule.beta2) * g * g
        v_error = (1 - rule.beta2) * (2 * np.abs(g) * g_error + g_error**2)
        v_error += ALLOWED * U * (v1 + g * g) + float(np.finfo(np.float32).tiny)
        correction = 1 - rule.beta2**step
        change = rule.change((m1, np.maximum(v1, 0)), rule.factors(step, np), np)
        largest = np.maximum(np.abs(w0), np.abs(rule.moved(w0, 0.0)))
        w_error = ALLOWED * U * (largest + np.abs(change) / correction)
        w_error += rule.lr * ALLOWED * U / (1 - rule.beta1**step)
        off: Float64 = np.maximum(
            np.abs(v1 - v_expected) / v_error, np.abs(w1 - rule.moved(w0, change)) / w_error
        )
    return np.where(np.isnan(off), np.inf, off)
