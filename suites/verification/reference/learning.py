"""Learning over epochs: the curves that every framework's must follow, as far as they can be known,
and an evaluation of the weights that a framework itself has come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suites.data import arrays
from suites.data.arrays import Array, Arrays, Batch
from suites.layers import parameters
from suites.verification.checks import LEARNED, Check
from suites.verification.digests import digest
from suites.verification.reference import limits, training
from suites.verification.reference.expected import Expected
from suites.verification.reference.expected_answers import outputs
from suites.verification.reference.meanings.arithmetic import Exact, Honest, TensorFloat, rms
from suites.verification.reference.meanings.losses import cross_entropy
from suites.verification.reference.meanings.model import Float64, Weights
from suites.workload import Learn, Lifecycle, known_epochs

DRAWS = 4
"""Honest solutions: learning carries their errors on, and some farther than others."""

EVALUATED_DRAWS = 2


@dataclass(frozen=True)
class Learned:
    """Curves [epochs] by name, the test samples' outputs after each epoch, and the weights."""

    curves: dict[str, Float64]
    weights: Weights
    every_logits: list[Float64]

    @property
    def results(self) -> dict[str, Any]:
        """What a step of this work returns."""
        return {**self.curves, **self.weights}


def solve_learning(workload: Learn, seed: int, *, predicts: bool = False) -> Expected:
    """Curves over the epochs that are solved, as far as right solutions keep together; with
    `predicts` also the outputs for the test samples at the end."""
    made, epochs = arrays.make(workload, seed), max(1, known_epochs(workload))
    exact = learn(workload, made, Exact(), epochs)
    honest = [learn(workload, made, Honest("float32", n), epochs) for n in range(DRAWS)]
    lie = learn(workload, made, TensorFloat(), epochs)
    result = Expected()
    reach = 0
    for name in ("train_loss", "test_loss"):
        most = list(_curve_limits(name, exact, honest, lie))
        result.put_each("before", name, exact.curves[name], most, workload.epochs)
        reach = max(reach, len(most))
    counts = _doubtful(exact, honest)[:reach]
    result.put_each("before", "correct", exact.curves["correct"], counts, workload.epochs)
    if predicts and epochs == workload.epochs:
        seen = [digest(each.every_logits[-1], seed) for each in (exact, *honest, lie)]
        result.add("before", "prediction", seen[0], seen[1:-1], seen[-1:])
    if epochs == workload.epochs == reach:
        for path, start in made.weights.items():
            solutions = [each.weights[path] for each in (exact, *honest, lie)]
            less = [solutions[0] + share * (start - solutions[0]) for share in limits.WRONG]
            seen = [{"shape": np.asarray(start.shape), "all": w} for w in (*solutions, *less)]
            count = 1 + len(honest)
            result.add("before", f"weights {path}", seen[0], seen[1:count], seen[count:])
    result.keep("reach", np.asarray(reach))
    return result


def learn(workload: Learn, made: Arrays, arithmetic: Exact, epochs: int | None = None) -> Learned:
    """So many epochs, or all, from the initial weights."""
    epochs, kind = workload.epochs if epochs is None else epochs, arithmetic.dtype
    weights = {path: array.astype(kind) for path, array in made.weights.items()}
    tests = made.inputs["test_x"].astype(kind), made.inputs["test_labels"]
    batches = _batches(workload, made, kind, epochs)
    steps = training.steps(workload, weights, batches, arithmetic)
    curves: dict[str, list[float]] = {name: [] for name in LEARNED}
    every_logits = []
    for _ in range(epochs):
        losses = []
        for _ in range(workload.batches):
            step = next(steps)
            losses.append(step.loss)
            weights = dict(step.after)
        logits = outputs(workload, weights, tests[0], arithmetic).astype(np.float64)
        every_logits.append(logits)
        curves["train_loss"].append(float(np.mean(losses)))
        curves["test_loss"].append(float(cross_entropy(logits, tests[1])))
        curves["correct"].append(_right(logits, tests[1]))
    return Learned({name: np.array(curve) for name, curve in curves.items()}, weights, every_logits)


def evaluated(
    workload: Learn | Lifecycle, observed: Mapping[str, Array], made: Arrays
) -> list[Check]:
    """The last test loss and count of right answers held against an evaluation in float64 of the
    weights that the contender itself returned; none where there were too many to return."""
    learning = workload.learn if isinstance(workload, Lifecycle) else workload
    names = parameters(learning.model, learning.input_shape)
    weights = {path: observed.get(f"weights {path}|all") for path in names}
    if not any(key.startswith("weights ") for key in observed):
        return []
    wrong = [p for p, w in weights.items() if w is None or w.shape != names[p].shape]
    if wrong:
        problem = f"missing or misshapen: {', '.join(wrong)[:200]}"
        return [Check("the weights learned", problem=problem)]
    own = {path: weight for path, weight in weights.items() if weight is not None}
    if not all(np.all(np.isfinite(weight)) for weight in own.values()):
        return []  # where learning diverges in every arithmetic, there is nothing to evaluate
    x, labels = made.inputs["test_x"], made.inputs["test_labels"]
    exact = outputs(learning, own, x)
    honest = [
        outputs(learning, own, x, Honest("float32", n)).astype(np.float64)
        for n in range(EVALUATED_DRAWS)
    ]
    loss, far = _loss(exact, labels), [_loss(each, labels) for each in honest]
    most = limits.middle(max(abs(each - loss) for each in far), [], abs(loss))
    count = _near(exact, honest)
    return [
        *_last(observed, "test_loss", loss, most),
        *_last(observed, "correct", _right(exact, labels), count),
    ]


def _last(
    observed: Mapping[str, Array], name: str, value: float, most: float | None
) -> list[Check]:
    curve, title = observed.get(f"{name}|all"), f"{name} of the weights learned"
    if curve is None or not curve.size:
        return [Check(title, problem="missing from the step's results")]
    error = abs(float(np.ravel(curve)[-1]) - value)
    if not np.isfinite(error):
        return [Check(title, problem="its value is not finite")]
    return [] if most is None else [Check(title, error, most)]


def _curve_limits(
    name: str, exact: Learned, honest: Sequence[Learned], lie: Learned
) -> Iterator[float]:
    """Of each epoch, up to the first of which nothing can be told: where learning is chaotic, right
    solutions part."""
    for epoch, value in enumerate(exact.curves[name]):
        far = max(abs(float(each.curves[name][epoch]) - value) for each in honest)
        most = limits.middle(far, [abs(float(lie.curves[name][epoch]) - value)], abs(value))
        if most is None:
            return
        yield most


def _doubtful(exact: Learned, honest: Sequence[Learned]) -> list[float]:
    """After each epoch, how far the count of right answers may be off."""
    return [
        _near(logits, [each.every_logits[epoch] for each in honest])
        for epoch, logits in enumerate(exact.every_logits)
    ]


def _near(exact: Float64, honest: Sequence[Float64]) -> float:
    """Twice the samples whose two largest outputs rounding may exchange, and a half."""
    reach = 8 * max(rms(each - exact) for each in honest)
    top = np.partition(exact, -2, axis=1)
    return 0.5 + 2 * float(np.sum(top[:, -1] - top[:, -2] <= reach))


def _loss(logits: Float64, labels: Array) -> float:
    return float(cross_entropy(logits, labels))


def _right(logits: Float64, labels: Array) -> float:
    return float(np.sum(np.argmax(logits, axis=1) == labels))


def _batches(workload: Learn, made: Arrays, arithmetic: Any, epochs: int) -> Iterator[Batch]:
    x, labels, size = made.inputs["x"], made.inputs["labels"], workload.batch
    for _ in range(epochs):
        for begin in range(0, workload.batches * size, size):
            batch = slice(begin, begin + size)
            yield {"x": x[batch].astype(arithmetic), "labels": labels[batch]}
