"""How far a right answer may lie from the float64 one, derived from the precision and the sums.

Model: rounding errors are independent with mean zero (Higham and Mary, SIAM J. Sci. Comput. 41(5),
2019). A sum of k terms built in order then errs by about u sqrt(k/2) of its own size; products of
16-bit operands are summed in float32 and rounded once at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from suites.layers import walk
from suites.workload import Forward, Train

Float64 = npt.NDArray[np.float64]

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}

MARGIN = 8.0
"""Standard errors allowed: the largest of 10^8 normal values stays below 6."""


def relative_error(lengths: Iterable[int], precision: str) -> float:
    """Typical relative error after a chain of sums of these lengths, each rounded at its end."""
    u, single = UNIT_ROUNDOFF[precision], UNIT_ROUNDOFF["float32"]
    return sum(u + single * math.sqrt(length / 2) for length in lengths)


def product_limit(k: int, precision: str) -> float:
    """Largest accepted error of any element of a product summed over k, of unit-variance operands.

    Such an element has standard deviation sqrt(k), whatever its own value happens to be.
    """
    return MARGIN * relative_error([k], precision) * math.sqrt(k)


def probe_limit(k: int, width: int, precision: str) -> float:
    """Largest accepted error of a product times a vector of signs: `width` errors add up."""
    return product_limit(k, precision) * math.sqrt(width)


def output_limit(workload: Forward | Train, expected: Float64, precision: str) -> float:
    """Largest accepted error of any element of a model's output."""
    return MARGIN * relative_error(_sums(workload), precision) * _rms(expected)


def loss_limit(workload: Train, logits: Float64, loss: float, precision: str) -> float:
    """Largest accepted error of the loss: cross-entropy moves at most twice as far as a logit."""
    rounding = MARGIN * UNIT_ROUNDOFF[precision] * abs(loss)
    return 2 * output_limit(workload, logits, precision) + rounding


def change_limit(
    workload: Train, change: Float64, weight: Float64, steps: int, precision: str
) -> float:
    """Largest accepted error of one parameter's change after `steps` steps.

    The gradient passes every sum forward and backward and is summed over the batch; each update
    also rounds the stored weight, which matters because a change is far smaller than its weight.
    """
    sums = [*_sums(workload), *_sums(workload), workload.input_shape[0]]
    gradient = MARGIN * relative_error(sums, precision) * float(np.max(np.abs(change)))
    storage = 2 * steps * UNIT_ROUNDOFF[precision] * float(np.max(np.abs(weight)))
    return gradient + storage


def kink_margin(workload: Train, values: Float64, precision: str) -> float:
    """How near zero a rectifier's input must be for its sign to depend on rounding."""
    return MARGIN * relative_error(_sums(workload), precision) * _rms(values)


def _sums(workload: Forward | Train) -> list[int]:
    nodes = walk(workload.model, workload.input_shape)
    return [node.layer.contraction() for node in nodes if node.layer.contraction()]


def _rms(values: Float64) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
