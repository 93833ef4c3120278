"""Learning over epochs in float64: the curves that every framework's must follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from suites.arrays import Array, Arrays
from suites.reference import training
from suites.reference.model import Float64, Pass, Weights, cross_entropy
from suites.tolerance import MARGIN, rms
from suites.workload import Learn


@dataclass(frozen=True)
class Learned:
    """Curves [epochs] by name, and the test samples' outputs after each epoch."""

    curves: dict[str, Float64]
    weights: Weights
    every_logits: list[Float64]

    @property
    def logits(self) -> Float64:
        """After the last epoch."""
        return self.every_logits[-1]

    @property
    def results(self) -> dict[str, Any]:
        """What a step of this work returns."""
        return {**self.curves, **self.weights}


def learn(workload: Learn, made: Arrays, arithmetic: Any) -> Learned:
    """All epochs from the initial weights, in the given floating-point type."""
    weights = {path: array.astype(arithmetic) for path, array in made.weights.items()}
    tests = made.inputs["test_x"].astype(arithmetic), made.inputs["test_labels"]
    steps = training.steps(workload, weights, _batches(workload, made, arithmetic))
    curves: dict[str, list[float]] = {"train_loss": [], "test_loss": [], "correct": []}
    every_logits = []
    for _ in range(workload.epochs):
        losses = []
        for _ in range(workload.batches):
            step = next(steps)
            losses.append(step.loss)
            weights = dict(step.after)
        logits = Pass(weights).apply(workload.model, tests[0])
        every_logits.append(np.asarray(logits, dtype=np.float64))
        curves["train_loss"].append(float(np.mean(losses)))
        curves["test_loss"].append(float(cross_entropy(logits, tests[1])))
        curves["correct"].append(float(np.sum(np.argmax(logits, axis=1) == tests[1])))
    return Learned({name: np.array(curve) for name, curve in curves.items()}, weights, every_logits)


def reach(distances: Float64, limit: float) -> Float64:
    """How far after each epoch a right answer may lie from the exact one.

    `distances` are those of the float32 solution, `limit` what rounding does without learning.
    Where learning is chaotic they grow by a factor each epoch, and another right solution may go
    astray two epochs earlier: the growth from the epoch before, or to the next, counts twice.
    """
    astray = np.maximum.accumulate(np.maximum(distances, limit / MARGIN))
    growth = astray[1:] / astray[:-1]
    fastest = np.maximum(np.append(growth, 1.0), np.append(1.0, growth))
    result: Float64 = limit + MARGIN * astray * fastest**2
    return result


def doubtful(exact: Learned, single: Learned, limit: float) -> Float64:
    """After each epoch, the test samples whose two largest outputs rounding may exchange."""
    pairs = list(zip(exact.every_logits, single.every_logits, strict=True))
    reaches = reach(np.array([rms(rounded - right) for right, rounded in pairs]), limit)
    counts = []
    for right, far in zip(exact.every_logits, reaches, strict=True):
        top = np.partition(right, -2, axis=1)
        counts.append(float(np.sum(top[:, -1] - top[:, -2] <= 2 * far)))
    return np.array(counts)


def _batches(workload: Learn, made: Arrays, arithmetic: Any) -> Iterator[tuple[Array, Array]]:
    x, labels, size = made.inputs["x"], made.inputs["labels"], workload.batch
    for _ in range(workload.epochs):
        for begin in range(0, workload.batches * size, size):
            batch = slice(begin, begin + size)
            yield x[batch].astype(arithmetic), labels[batch]
