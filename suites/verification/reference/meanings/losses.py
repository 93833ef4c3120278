"""What every loss computes of a model's outputs, each a mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt

from suites.verification.reference.meanings.arithmetic import Exact
from suites.verification.reference.meanings.operations import computed, largest_along

EXACT = Exact()


def cross_entropy(logits: Any, labels: npt.NDArray[Any], arithmetic: Exact = EXACT) -> Any:
    """Mean over all labels of -log softmax(logits)[label]; the classes are the last axis."""
    flat = anp.reshape(logits, (-1, logits.shape[-1]))
    shifted = flat - largest_along(flat)
    powers = computed(anp.exp(shifted), arithmetic)
    log_total = anp.log(anp.sum(powers, axis=1))
    losses = log_total - shifted[np.arange(labels.size), labels.ravel()]
    return anp.sum(losses) / labels.size


def squared(outputs: Any, targets: npt.NDArray[Any], arithmetic: Exact = EXACT) -> Any:
    """Mean over all values of (output - target)^2."""
    return anp.sum((outputs - targets) ** 2) / targets.size


def binary(outputs: Any, targets: npt.NDArray[Any], arithmetic: Exact = EXACT) -> Any:
    """Mean over all values of the cross-entropy of sigmoid(output) with its target."""
    rest = computed(anp.log1p(computed(anp.exp(-anp.abs(outputs)), arithmetic)), arithmetic)
    return anp.sum(anp.maximum(outputs, 0) - outputs * targets + rest) / targets.size


LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": cross_entropy,
    "mse": squared,
    "bce": binary,
}
"""By the word of a workload: of outputs, labels or targets, and an arithmetic."""
