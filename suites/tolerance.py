"""How far a right answer may lie from the float64 one, derived from the precision and the sums.

Model: rounding errors are independent with mean zero (Higham and Mary, SIAM J. Sci. Comput. 41(5),
2019). A sum of k terms built in order then errs by about u sqrt(k/2) of its own size; products of
16-bit operands are summed in float32 and rounded once at the end. Independent errors of layers that
follow one another add up like standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.layers import BatchNorm, walk
from suites.workload import SGD, Forward, Learn, Train

Array = npt.NDArray[Any]
Float64 = npt.NDArray[np.float64]

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}

MARGIN = 8.0
"""Standard errors allowed: the largest of 10^8 normal values stays below 6."""


def relative_error(lengths: Iterable[int], precision: str) -> float:
    """Typical relative error after a chain of sums of these lengths, each rounded at its end."""
    u, single = UNIT_ROUNDOFF[precision], UNIT_ROUNDOFF["float32"]
    return math.hypot(*(u + single * math.sqrt(length / 2) for length in lengths))


def sums(workload: Forward | Train | Learn) -> list[int]:
    """Lengths of all sums from the input to the output; 0 for what only rounds, element-wise.

    Batch normalisation sums over the batch in training alone: inference scales by its averages.
    """
    lengths: list[int] = []
    for node in walk(workload.model, workload.input_shape):
        scales = isinstance(node.layer, BatchNorm) and isinstance(workload, Forward)
        own = node.layer.sums(node.input)
        if own and not scales:
            lengths += own
        elif node.layer.flop(node.input):
            lengths.append(0)
    return lengths


def in_order(workload: Train | Learn) -> float:
    """How many times as far a sum built in order goes astray as NumPy's pairwise one.

    By the longest: sqrt(k / 2) against sqrt(log2 k) (Higham, SIAM J. Sci. Comput. 14(4), 1993).
    """
    longest = max(2, *sums(workload))
    return max(1.0, math.sqrt(longest / 2 / math.log2(longest)))


def product_limit(k: int, precision: str) -> float:
    """Largest accepted error of any element of a product summed over k, of unit-variance operands.

    Such an element has standard deviation sqrt(k), whatever its own value happens to be.
    """
    return MARGIN * relative_error([k], precision) * math.sqrt(k)


def probe_limit(k: int, width: int, precision: str) -> float:
    """Largest accepted error of a product times a vector of signs: `width` errors add up."""
    return product_limit(k, precision) * math.sqrt(width)


def output_limit(workload: Forward | Train | Learn, expected: Float64, precision: str) -> float:
    """Largest accepted error of any element of a model's output."""
    return MARGIN * relative_error(sums(workload), precision) * rms(expected)


def loss_limit(workload: Train | Learn, logits: Float64, loss: float, precision: str) -> float:
    """Largest accepted error of the loss: cross-entropy moves at most twice as far as a logit."""
    rounding = MARGIN * UNIT_ROUNDOFF[precision] * abs(loss)
    return 2 * output_limit(workload, logits, precision) + rounding


def gradient_error(workload: Train, logits: Float64, labels: Array, precision: str) -> float:
    """Typical relative error of a gradient.

    It passes every sum forward and backward and is summed over the labels. It begins as softmax
    minus one at the label, where a model that has learned them loses what both have in common.
    """
    lengths = [*sums(workload), *sums(workload), labels.size]
    lost = UNIT_ROUNDOFF[precision] / max(residual(logits, labels), UNIT_ROUNDOFF[precision])
    # The share of an unlikely class changes by as many parts as its logit by units.
    passed_on = relative_error(lengths, precision) * max(1.0, rms(logits))
    return math.hypot(passed_on, lost)


def residual(logits: Float64, labels: Array) -> float:
    """Root mean square of softmax(logits) minus one at the label; the classes are the last axis."""
    flat = logits.reshape(-1, logits.shape[-1])
    shares = np.exp(flat - flat.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    shares[np.arange(labels.size), labels.ravel()] -= 1
    return rms(shares)


def step_limit(workload: Train, losses: Float64) -> Float64:
    """How much further each loss may be off because the steps under Adam were.

    A framework may work out 1 - beta2 in float32, which then is right to u / (1 - beta2) only; the
    step, which has its root, to half of that. The loss moved by the steps is off by the same share.
    """
    if isinstance(workload.optimizer, SGD):
        return np.zeros_like(losses)
    share = MARGIN * UNIT_ROUNDOFF["float32"] / (1 - workload.optimizer.beta2) / 2
    moved = np.cumsum(np.abs(np.diff(losses)))
    return share * np.append(0.0, moved)


def storage_limit(weight: Float64, steps: int, precision: str) -> float:
    """Largest error of a weight from being rounded `steps` times: it matters because a change is
    far smaller than its weight."""
    return 2 * steps * UNIT_ROUNDOFF[precision] * float(np.max(np.abs(weight), initial=0))


def moment_limit(workload: Train, moment: Float64 | float, precision: str) -> float:
    """Largest error of a gradient that is worked out from two successive first moments."""
    if isinstance(workload.optimizer, SGD):
        return 0.0
    rounding = 4 * UNIT_ROUNDOFF[precision] * float(np.max(np.abs(moment), initial=0))
    return rounding / (1 - workload.optimizer.beta1)


def rms(values: Float64) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))
