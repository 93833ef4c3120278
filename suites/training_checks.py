"""What is looked at of training steps: losses, changes, gradients, and whether Adam keeps its rule.

Adam's change is close to lr x sign(gradient), which rounding decides where the gradient is small.
So its gradients are taken from its moments, and its rule is held against its own moments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.arrays import Array
from suites.tolerance import UNIT_ROUNDOFF
from suites.workload import SGD, Adam, Train

Results = Mapping[str, Array]
Observed = dict[str, Array]
Float64 = npt.NDArray[np.float64]

U = UNIT_ROUNDOFF["float32"]
"""All training is done in float32."""

BLOCK = 2**20
"""Elements looked at together: float64 copies of a large weight would fill the memory."""

ALLOWED = 8
"""Roundings of the largest size, all in one direction, that one formula may show."""


def observe_training(
    workload: Train, run: Callable[[], Results], before: Results, steps: int, *, taken: int | None
) -> Observed:
    """Losses of `steps` steps and what became of the weights, and of the moments under Adam.

    `before` is what the first step begins with (no moments: they are zero), after `taken` steps;
    None if that is unknown, and then Adam's rule, whose correction depends on it, is not looked at.
    """
    optimizer, start = workload.optimizer, before
    observed: Observed = {}
    losses: list[float] = []
    violations: dict[str, float] = {}
    for number in range(1, steps + 1):
        after = run()
        losses.append(float(np.ravel(after.get("loss", math.nan))[0]))
        if isinstance(optimizer, Adam):
            if number == 1:
                observed |= dict(_changes(before, after)) | dict(
                    _gradients(optimizer, before, after)
                )
            if taken is not None:
                for path in _weights(start):
                    worst = _violation(optimizer, before, after, path, taken + number)
                    violations[path] = max(violations.get(path, 0.0), worst)
            before = after
    if isinstance(optimizer, SGD):
        observed = dict(_changes(start, after))
    observed |= {update_name(path): np.asarray(worst) for path, worst in violations.items()}
    return observed | {"loss": np.asarray(losses)}


def change_name(path: str) -> str:
    """The check of one array's change."""
    return f"change of {path}"


def gradient_name(path: str) -> str:
    """The check of one weight's gradient."""
    return f"gradient of {path}"


def update_name(path: str) -> str:
    """The check that one weight was updated by the formula."""
    return f"update of {path}"


def _weights(results: Results) -> list[str]:
    return [name for name in results if "|" not in name and name != "loss"]


def _changes(before: Results, after: Results) -> Iterator[tuple[str, Array]]:
    for path in _weights(before):
        if path in after:
            yield change_name(path), _difference(after[path], before[path])


def _gradients(rule: Adam, before: Results, after: Results) -> Iterator[tuple[str, Array]]:
    for path in _weights(before):
        if Adam.first_moment(path) in after:
            yield gradient_name(path), _gradient(rule, before, after, path)


def _gradient(rule: Adam, before: Results, after: Results, path: str) -> Float64:
    first = Adam.first_moment(path)
    now = after[first].astype(np.float64)
    gradient: Float64 = (now - rule.beta1 * _moment(before, first)) / (1 - rule.beta1)
    return gradient


def _moment(results: Results, name: str) -> Float64 | float:
    return results[name].astype(np.float64) if name in results else 0.0


def _violation(rule: Adam, before: Results, after: Results, path: str, step: int) -> float:
    """By how many times its limit the worst element is off the formula; at worst infinite."""
    first, second = Adam.first_moment(path), Adam.second_moment(path)
    if not {path, first, second} <= after.keys():
        return math.inf
    names = path, first, second
    later = [np.ravel(after[name]) for name in names]
    earlier = [np.ravel(before.get(name, np.zeros_like(after[name]))) for name in names]
    if len({array.shape for array in (*earlier, *later)}) != 1:
        return math.inf
    worst = 0.0
    for begin in range(0, later[0].size, BLOCK):
        block = slice(begin, begin + BLOCK)
        old, new = ([a[block].astype(np.float64) for a in arrays] for arrays in (earlier, later))
        worst = max(worst, float(np.max(_off(rule, old, new, step))))
    return worst if math.isfinite(worst) else math.inf


def _off(rule: Adam, old: list[Float64], new: list[Float64], step: int) -> Float64:
    """Distances from the formula in multiples of their limits, for arrays (weight, m, v).

    A framework may work out 1 - beta^t in float32, which then is right to u / (1 - beta^t) only.
    """
    (w0, m0, v0), (w1, m1, v1) = old, new
    g = (m1 - rule.beta1 * m0) / (1 - rule.beta1)
    g_error = ALLOWED * U * np.maximum(np.abs(m1), np.abs(m0)) / (1 - rule.beta1)
    v_expected = rule.beta2 * v0 + (1 - rule.beta2) * g * g
    v_error = (1 - rule.beta2) * (2 * np.abs(g) * g_error + g_error**2)
    v_error += ALLOWED * U * (v1 + g * g) + float(np.finfo(np.float32).tiny)
    correction = 1 - rule.beta2**step
    ratio = (m1 / (1 - rule.beta1**step)) / (np.sqrt(np.maximum(v1, 0) / correction) + rule.eps)
    w_error = ALLOWED * U * (np.abs(w0) + rule.lr * np.abs(ratio) / correction)
    w_error += rule.lr * ALLOWED * U / (1 - rule.beta1**step)
    off: Float64 = np.maximum(
        np.abs(v1 - v_expected) / v_error, np.abs(w1 - (w0 - rule.lr * ratio)) / w_error
    )
    return np.where(np.isnan(off), np.inf, off)


def _difference(after: Array, before: Array) -> Any:
    if after.shape != before.shape:
        return after
    return after.astype(np.float64) - before.astype(np.float64)
