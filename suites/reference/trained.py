"""What is expected of training steps: exact losses, changes and gradients with their limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suites import arrays, tolerance
from suites.arrays import Array
from suites.layers import parameters
from suites.reference.course import Course
from suites.reference.doubt import Doubt
from suites.reference.expected import Expected
from suites.reference.model import Float64, Pass, cross_entropy
from suites.reference.solved import solved
from suites.training_checks import change_name, gradient_name, update_name
from suites.workload import SGD, Adam, Train

CONTINUED_FLOP = 1e9
"""After timing, the gradients of a larger step are not worked out again, only its loss: each
contender has reached weights of its own, so nothing of it can be cached."""


def solve_continued(
    workload: Train, precision: str, seed: int, state: Mapping[str, Array]
) -> Expected:
    """What one more step makes of a `state` that earlier steps returned."""
    checked = solved(workload)
    assert isinstance(checked, Train)
    weights = {path: state[path] for path in parameters(checked.model, checked.input_shape)}
    if checked.flop > CONTINUED_FLOP:
        return _solve_loss(checked, precision, seed, weights)
    names = {path: Adam.first_moment(path) for path in weights}
    moments = {p: state[name].astype(np.float64) for p, name in names.items() if name in state}
    return solve_training(checked, precision, seed, weights, 1, moments)


def _solve_loss(
    workload: Train, precision: str, seed: int, weights: Mapping[str, Array]
) -> Expected:
    """The loss of the next step alone."""
    made = arrays.make(workload, seed)
    x, labels = arrays.rounded(made.inputs["x"], precision), made.inputs["labels"]
    exact = {path: arrays.rounded(array, precision) for path, array in weights.items()}
    single = {path: arrays.single(array) for path, array in weights.items()}
    logits = Pass(exact, training=True).apply(workload.model, x)
    narrow = Pass(single, training=True).apply(workload.model, arrays.single(x))
    loss, rounded = (float(cross_entropy(each, labels)) for each in (logits, narrow))
    limit = tolerance.loss_limit(workload, logits, loss, precision)
    result = Expected()
    result.add("loss", np.array([loss]), limit + tolerance.MARGIN * abs(rounded - loss))
    return result


def solve_training(
    workload: Train,
    precision: str,
    seed: int,
    initial: Mapping[str, Array],
    steps: int,
    moments: Mapping[str, Array] | None = None,
) -> Expected:
    """Losses over `steps` steps from any weights, and what `checks.observe_training` looks at:
    every change over the steps under SGD, the first step's gradients under Adam.

    `moments` are Adam's first moments before the step, by path.
    """
    inputs = arrays.make(workload, seed).inputs
    x, labels = arrays.rounded(inputs["x"], precision), inputs["labels"]
    start = {path: arrays.rounded(array, precision) for path, array in initial.items()}
    del initial  # nothing is held longer than needed: there may be 10^9 parameters
    error = tolerance.relative_error(tolerance.sums(workload), precision)
    course = Course(workload, x, labels, error)
    exact = course.run(start, steps)
    narrow = {path: arrays.single(weight) for path, weight in start.items()}
    single = Course(workload, arrays.single(x), labels).run(narrow, steps)
    del narrow
    result = Expected()
    limit = tolerance.loss_limit(workload, exact.logits, float(exact.losses.max()), precision)
    astray = tolerance.MARGIN * np.maximum.accumulate(np.abs(single.losses - exact.losses))
    limits = limit + astray + tolerance.step_limit(workload, exact.losses)
    result.add("loss", exact.losses, limits)
    relative = tolerance.gradient_error(workload, exact.last_logits, labels, precision)
    looked_at = steps if isinstance(workload.optimizer, SGD) else 1
    for path, after in exact.after.items():
        change, seen = after - start[path], single.after[path] - start[path]
        limit = tolerance.storage_limit(start[path], looked_at, precision)
        doubt = course.doubts.get(path)
        _add_array(result, change_name(path), workload, change, seen, relative, limit, doubt)
    for path, gradient in exact.gradients.items():
        seen, doubt = single.gradients[path], course.doubts.get(path)
        limit = tolerance.moment_limit(workload, (moments or {}).get(path, 0.0), precision)
        _add_array(result, gradient_name(path), workload, gradient, seen, relative, limit, doubt)
        if not moments:  # after unknown steps the correction cannot be known
            result.add(update_name(path), np.asarray(0.0), 1.0)
    return result


def _add_array(
    result: Expected,
    name: str,
    workload: Train,
    exact: Float64,
    single: Float64,
    relative: float,
    limit: float,
    doubt: Doubt | None,
) -> None:
    """Gradients, or changes, with limits by element and over all: the sums' rounding, `limit`, how
    far float32 goes astray, and kinks. Under SGD a change is the rate times the gradients."""
    rate = workload.optimizer.lr if isinstance(workload.optimizer, SGD) else 1.0
    limit += _astray(workload, exact, single)
    largest = float(np.max(np.abs(exact), initial=0.0))
    doubt = doubt or Doubt()
    reach, overall = 2 * rate * doubt.reach, 2 * rate * doubt.overall
    margin = tolerance.MARGIN * relative
    result.add(
        name,
        exact,
        margin * largest + limit + reach,
        margin * tolerance.rms(exact) + limit + overall,
    )


def _astray(workload: Train, exact: Float64, single: Float64) -> float:
    """How far from the exact values others may be, as the float32 solution shows it.

    Values smaller than their error in float32, as of a bias before a normalisation, are rounding
    alone: there it matters that frameworks sum in order.
    """
    distance = tolerance.rms(single - exact)
    nothing_else = distance > tolerance.rms(exact)
    return tolerance.MARGIN * distance * (tolerance.in_order(workload) if nothing_else else 1.0)
