"""Classifiers of three linear layers with ReLU between them, from the tiny to the enormous."""

from __future__ import annotations

from suites.layers import Linear, ReLU, Sequential

TIMES = (1, 2, 3, 4, 5, 10, 50, 75, 100)
"""What the sizes of `sweep` were multiplied by where it was published."""


def mlp() -> Sequential:
    """784-512-512-10: images of 28 x 28, flattened."""
    return _classifier(784, 512, 512, 10)


def sweep(times: int) -> Sequential:
    """100-300-200 `times` as wide, to 2 classes."""
    return _classifier(100 * times, 300 * times, 200 * times, 2)


def tiny() -> Sequential:
    """2-30-20-2: points in a plane."""
    return _classifier(2, 30, 20, 2)


def _classifier(inputs: int, first: int, second: int, classes: int) -> Sequential:
    return Sequential(
        Linear(inputs, first), ReLU(), Linear(first, second), ReLU(), Linear(second, classes)
    )
