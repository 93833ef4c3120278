"""How far a right answer may lie from the float64 one, derived from the precision and the sums.

Model: rounding errors are independent with mean zero (Higham and Mary, SIAM J. Sci. Comput. 41(5),
2019). A sum of k terms built in order then errs by about u sqrt(k/2) of its own size; products of
16-bit operands are summed in float32 and rounded once at the end. Independent errors of layers that
follow one another add up like standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from suites.layers import walk
from suites.workload import SGD, Forward, Learn, Train

Float64 = npt.NDArray[np.float64]

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}

MARGIN = 8.0
"""Standard errors allowed: the largest of 10^8 normal values stays below 6."""


def relative_error(lengths: Iterable[int], precision: str) -> float:
    """Typical relative error after a chain of sums of these lengths, each rounded at its end."""
    u, single = UNIT_ROUNDOFF[precision], UNIT_ROUNDOFF["float32"]
    return math.hypot(*(u + single * math.sqrt(length / 2) for length in lengths))


def sums(workload: Forward | Train | Learn) -> list[int]:
    """Lengths of all sums from the input to the output; 0 for what only rounds, element-wise."""
    lengths: list[int] = []
    for node in walk(workload.model, workload.input_shape):
        if own := node.layer.sums(node.input):
            lengths += own
        elif node.layer.flop(node.input):
            lengths.append(0)
    return lengths


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


def gradient_limit(workload: Train, gradient: Float64, precision: str) -> float:
    """Largest accepted error of one parameter's gradient, or of a multiple of it.

    It passes every sum forward and backward and is summed over the labels.
    """
    labels = math.prod(workload.model.output_shape(workload.input_shape)[:-1])
    lengths = [*sums(workload), *sums(workload), labels]
    return MARGIN * relative_error(lengths, precision) * float(np.max(np.abs(gradient), initial=0))


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
