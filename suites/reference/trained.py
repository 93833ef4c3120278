"""What is expected of training steps: exact losses, changes and gradients with their limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suites import arrays, tolerance
from suites.arrays import Array
from suites.layers import parameters
from suites.reference import training
from suites.reference.expected import Expected
from suites.reference.model import Float64, Pass, cross_entropy
from suites.training_checks import change_name, gradient_name, update_name
from suites.workload import SGD, Adam, Train, checkable

CONTINUED_FLOP = 1e9
"""After timing, the gradients of a larger step are not worked out again, only its loss: each
contender has reached weights of its own, so nothing of it can be cached."""


def solve_continued(
    workload: Train, precision: str, seed: int, state: Mapping[str, Array]
) -> Expected:
    """What one more step makes of a `state` that earlier steps returned."""
    checked = checkable(workload)
    assert isinstance(checked, Train)
    weights = {path: state[path] for path in parameters(checked.model, checked.input_shape)}
    if checked.flop > CONTINUED_FLOP:
        return _solve_loss(checked, precision, seed, weights)
    names = {path: Adam.first_moment(path) for path in weights}
    moments = {path: state[name] for path, name in names.items() if name in state}
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
    made = arrays.make(workload, seed)
    x, labels = arrays.rounded(made.inputs["x"], precision), made.inputs["labels"]
    start = {path: arrays.rounded(array, precision) for path, array in initial.items()}
    exact = training.train(workload, start, x, labels, steps)
    narrow = {path: arrays.single(weight) for path, weight in start.items()}
    single = training.train(workload, narrow, arrays.single(x), labels, steps)
    result = Expected()
    logits = Pass(start, training=True).apply(workload.model, x)
    limit = tolerance.loss_limit(workload, logits, float(exact.losses.max()), precision)
    astray = np.maximum.accumulate(np.abs(single.losses - exact.losses))
    result.add(
        "loss",
        exact.losses,
        limit + tolerance.MARGIN * astray + tolerance.step_limit(workload, exact.losses),
    )
    _add_changes(result, workload, exact.steps, single.steps, precision)
    if not isinstance(workload.optimizer, SGD):
        _add_gradients(result, workload, exact.steps[0], single.steps[0], precision, moments or {})
    return result


def _add_changes(
    result: Expected,
    workload: Train,
    exact: list[training.Step],
    single: list[training.Step],
    precision: str,
) -> None:
    """Changes over these steps: of every weight under SGD, else of the running averages alone."""
    by_rule = isinstance(workload.optimizer, SGD)
    doubts = [training.doubt(workload, step, precision) for step in exact] if by_rule else []
    start, end = exact[0].before, exact[-1].after
    relative = _relative_error(workload, exact[-1], precision)
    for path, weight in start.items():
        if by_rule or path not in exact[0].gradients:
            change = end[path] - weight
            seen = np.asarray(single[-1].after[path], dtype=np.float64) - single[0].before[path]
            limit = tolerance.storage_limit(weight, len(exact), precision)
            doubt = [made[path] for made in doubts if path in made]
            _add_array(result, change_name(path), workload, change, seen, relative, limit, doubt)


def _add_gradients(
    result: Expected,
    workload: Train,
    exact: training.Step,
    single: training.Step,
    precision: str,
    moments: Mapping[str, Array],
) -> None:
    doubts = training.doubt(workload, exact, precision)
    relative = _relative_error(workload, exact, precision)
    for path, gradient in exact.gradients.items():
        limit = tolerance.moment_limit(workload, moments.get(path, 0.0), precision)
        seen, doubt = single.gradients[path], [doubts[path]]
        _add_array(result, gradient_name(path), workload, gradient, seen, relative, limit, doubt)
        if not moments:  # after unknown steps the correction cannot be known
            result.add(update_name(path), np.asarray(0.0), 1.0)


def _relative_error(workload: Train, step: training.Step, precision: str) -> float:
    logits = Pass(step.before, training=True).apply(workload.model, step.x)
    return tolerance.gradient_error(workload, logits, step.labels, precision)


def _add_array(
    result: Expected,
    name: str,
    workload: Train,
    exact: Float64,
    single: Float64,
    relative: float,
    limit: float,
    doubts: list[training.Doubt],
) -> None:
    """Gradients, or changes, with limits by element and over all: the sums' rounding, `limit`, how
    far float32 goes astray, and kinks. Under SGD a change is the rate times the gradients."""
    rate = workload.optimizer.lr if isinstance(workload.optimizer, SGD) else 1.0
    limit += _astray(workload, exact, single)
    largest = float(np.max(np.abs(exact), initial=0.0))
    reach = 2 * rate * sum(doubt.reach for doubt in doubts)
    overall = 2 * rate * sum(doubt.overall for doubt in doubts)
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
