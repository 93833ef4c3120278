"""What is expected of products and forward passes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from suites.data import arrays
from suites.data.arrays import Array
from suites.layers import cost
from suites.verification import checks
from suites.verification.digests import SUMS, digest
from suites.verification.reference import limits
from suites.verification.reference.expected import Expected
from suites.verification.reference.meanings.arithmetic import (
    TF32_BITS,
    UNIFORM,
    UNIT_ROUNDOFF,
    Exact,
    Honest,
    TensorFloat,
    rms,
)
from suites.verification.reference.meanings.model import Float64, Pass, Weights
from suites.verification.reference.narrow_norms import DRAWS as NARROW_DRAWS
from suites.verification.reference.narrow_norms import has_narrow_norm
from suites.verification.training_checks import audited, probe
from suites.workload import Forward, Product, smallest

DRAWS = 3
"""Honest solutions of a forward pass: its outputs are many, so a few show their error."""

NORMAL_WORST = 6.0
"""Standard deviations within which the worst of 10^8 normal values stays."""

EXACT_FLOP = 2e9
"""Of one sample that is solved in float64; a larger one in float32, whose own error is a small part
of the limit."""

LIMITED_FLOP = 5e8
"""Of the work on which errors are drawn: a smaller sample where one takes more."""

PART_BYTES = 2**22
"""Of inputs that pass through a model together."""


def solve_product(workload: Product, precision: str, seed: int) -> Expected:
    """Rows taken by chance and a probe over all, of the first product and of audited ones."""
    if workload.generated:
        return _solve_generated(workload)
    result, made = Expected(), arrays.make(workload, seed)
    _add_product(result, "before", "product", workload, made.inputs, precision, seed)
    audit = arrays.audit(workload, seed, {})
    for step in checks.kept_steps(workload):
        inputs = {**audit.inputs, **audit.ring[step]}
        _add_product(result, "after", audited("product", step), workload, inputs, precision, seed)
    return result


def _add_product(
    result: Expected,
    phase: str,
    name: str,
    workload: Product,
    inputs: Mapping[str, Array],
    precision: str,
    seed: int,
) -> None:
    a, b = (arrays.rounded(inputs[each], precision) for each in ("a", "b"))
    rows = a[checks.sampled_rows(workload, seed)] @ b
    probed = a @ (b @ probe(workload.n, seed))
    shape, k = np.asarray([workload.m, workload.n]), workload.k
    for part, value, width in (("rows", rows, 1), ("probe", probed, workload.n)):
        limit = product_limit(k, width, precision, value.size)
        if limit.tells:
            result.put(f"{phase}/{name}/{part}", shape, value, limit)


def product_limit(k: int, width: int, precision: str, count: int) -> limits.Limit:
    """Of `count` sums of `width` elements of a product over k, its operands of variance 1: such an
    element has standard deviation sqrt(k), whatever its own value happens to be.

    Honest: a sum in order, rounded once at its end. The lie: operands of TF32's 11 bits.
    """
    size, single = math.sqrt(k * width), UNIT_ROUNDOFF["float32"]
    honest = UNIFORM * math.hypot(UNIT_ROUNDOFF[precision], single * math.sqrt(k / 2)) * size
    lies = [math.sqrt(2) * UNIFORM * 2.0**-TF32_BITS * size] if precision == "float32" else []
    spread = min(NORMAL_WORST, 1 + math.sqrt(2 * math.log(max(1, count))))
    return limits.Limit(
        limits.middle(spread * honest, [spread * lie for lie in lies], spread * size),
        limits.middle(honest, lies, size) if count > 1 else None,
    )


def _solve_generated(workload: Product) -> Expected:
    """The product of two standard normal vectors of length k has mean 0 and variance k. The mean of
    so many of its squares, taken as a logarithm, is off by more once in 10^7 (Chernoff's bound)."""
    draws, result = checks.drawn_products(workload) * workload.m * workload.n, Expected()
    rare = 2 * math.sqrt(16 / draws)
    none = np.asarray([], np.int64)
    result.put(
        "before/mean square/all", none, np.asarray(0.0), limits.Limit(rare + rare**2 / 2, None)
    )
    # bfloat16 has few values: some must repeat
    result.put("before/repeated/all", none, np.asarray(0.0), limits.Limit(0.9, None))
    return result


def solve_forward(workload: Forward, precision: str, seed: int) -> Expected:
    """Outputs of samples taken by chance, of the first step and of audited ones."""
    made, result = arrays.make(workload, seed), Expected()
    made.close()
    weights = held(made.weights, precision)
    taken = checks.sampled_samples(workload, seed)
    audit = arrays.audit(workload, seed, made.weights)
    audit.close()
    shape = np.asarray(workload.model.output_shape(workload.input_shape))
    given = {("before", "output"): made.ring[0]["x"][taken]} | {
        ("after", audited("output", step)): audit.ring[step]["x"][taken]
        for step in checks.kept_steps(workload)
    }
    narrow = has_narrow_norm(workload.model, workload.input_shape)
    limit = None
    for (phase, name), x in given.items():
        output = exact_output(workload, weights, x, precision)
        if limit is None or narrow:
            limit = output_limit(workload, weights, x, precision, whole=narrow)
        for part, value in digest(output, seed).items():
            if part != "shape":
                own = scaled(limit, part, rms(output), output.size)
                if own.tells:
                    result.put(f"{phase}/{name}/{part}", shape, value, own)
    return result


def scaled(share: limits.Limit, part: str, size: float, count: int) -> limits.Limit:
    """The limits of a part of the digest of `count` outputs, from those that are shares of their
    size. Errors of elements that are summed add up like standard deviations."""
    if part == "sums":
        size *= math.sqrt(count / SUMS)
        return limits.Limit(None, share.overall and share.overall * size)
    return limits.Limit(share.worst and share.worst * size, share.overall and share.overall * size)


def outputs(
    model_of: Any, weights: Weights, x: Array, arithmetic: Exact | None = None, begin: int = 0
) -> Float64:
    """The model's output for x in inference, in float64 unless told otherwise: samples do not meet,
    so a few at a time leave their arrays in the processor's cache. `begin`: see `Run`."""
    arithmetic = arithmetic or Exact()
    kind = arithmetic.dtype
    own = {path: weight.astype(kind, copy=False) for path, weight in weights.items()}
    run = Pass(own, arithmetic=arithmetic, begin=begin)
    x = x if x.dtype.kind == "i" else x.astype(kind, copy=False)
    parts = np.array_split(x, min(len(x), max(1, x.nbytes // PART_BYTES)))
    result: Float64 = np.concatenate([run.apply(model_of.model, part) for part in parts])
    return result


def exact_output(workload: Forward, weights: Weights, x: Array, precision: str) -> Float64:
    """The model's output for x, in float64 unless a sample takes long."""
    heavy = workload.flop / workload.input_shape[0] > EXACT_FLOP
    single = _Single() if heavy else None
    return outputs(workload, weights, arrays.rounded(x, precision), single).astype(np.float64)


def held(weights: Weights, precision: str) -> Weights:
    """As a contender holds them."""
    if precision == "float32":
        return weights
    return {path: arrays.rounded(array, precision) for path, array in weights.items()}


class _Single(Exact):
    """Plain float32."""

    dtype = np.float32


def output_limit(
    workload: Forward, weights: Weights, x: Array, precision: str, *, whole: bool = False
) -> limits.Limit:
    """Of the outputs for x, as shares of their root mean square; by all of x if it is `whole`."""
    (x, begin), draws = ((x, 0), NARROW_DRAWS) if whole else (_lighter(workload, x), DRAWS)
    x = arrays.rounded(x, precision)
    exact = outputs(workload, weights, x, begin=begin)
    size = rms(exact) or 1.0
    honest = [
        outputs(workload, weights, x, Honest(precision, draw), begin) / size
        for draw in range(draws)
    ]
    if precision == "float32":
        lie = outputs(workload, weights, x, TensorFloat(), begin) / size
    else:  # where rounding leaves room for nothing smaller: each place has its neighbour's answer
        lie = np.roll(exact, 1, axis=-1) / size
    return limits.between(exact / size, honest, [lie])


def _lighter(workload: Forward, x: Array) -> tuple[Array, int]:
    """Two samples, or one, cut smaller where they take long: errors hardly ask for the size. Of a
    sequence that is cut the last places are taken, whose number is told: what turns them by their
    number errs the most there."""
    cut = _cut(workload, x)
    return cut, x.shape[1] - cut.shape[1] if x.ndim in (2, 3) else 0


def _cut(workload: Forward, x: Array) -> Array:
    for shape in smallest(workload.model, workload.input_shape):
        for count in (2, 1):
            cut = x[tuple(slice(0, size) for size in (count, *shape[1:]))]
            if cost.forward_flop(workload.model, cut.shape) <= LIMITED_FLOP:
                return cut
    return cut
