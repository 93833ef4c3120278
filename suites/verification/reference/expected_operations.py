"""What is expected of operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suites.data import arrays
from suites.data.arrays import Array
from suites.operations import Backward
from suites.verification import checks, operation_checks
from suites.verification.digests import digest, parts
from suites.verification.reference import limits
from suites.verification.reference.expected import Expected
from suites.verification.reference.meanings import operators
from suites.verification.reference.meanings.arithmetic import (
    TF32_BITS,
    Exact,
    TensorFloat,
    rms,
    to_bits,
)
from suites.verification.reference.narrow_norms import DRAWS as NARROW_DRAWS
from suites.verification.reference.narrow_norms import has_narrow_norm
from suites.verification.training_checks import audited
from suites.workload import Operation

DRAWS = 3
"""Honest solutions: results are many, so a few show their error."""

Named = Mapping[str, Array]


def solve_operation(workload: Operation, precision: str, seed: int) -> Expected:
    """All results, or the places of them that are compared, of the first step and of audited ones.

    Limits follow from the first step's, as shares of each result's size, or where a norm takes few
    values from those of each step. The lie is work on numbers
    of TF32's 11 bits; in 16 bits, where rounding leaves no room for it, a wrong part of a result.
    """
    made, result = arrays.make(workload, seed), Expected()
    audit, weights = arrays.audit(workload, seed, made.weights), _rounded(made.weights, precision)
    first = _rounded(made.ring[0], precision)
    given = {("before", 0): first} | {
        ("after", step): _rounded(audit.ring[step], precision)
        for step in checks.kept_steps(workload)
    }
    shares: dict[tuple[str, str], limits.Limit] = {}
    for (phase, step), inputs in given.items():
        answers = _digests(workload, weights, inputs, Exact(), seed)
        if not shares or _asks_for_its_own(workload):
            shares = _shares(workload, weights, inputs, precision, seed, answers)
        for (name, part), value in answers.items():
            shown = name if phase == "before" else audited(name, step)
            limit, size = shares[name, part], rms(value)
            if limit.tells and size > 0:
                shape = np.asarray(workload.operator.results[name].shape, np.int64)
                result.put(f"{phase}/{shown}/{part}", shape, value, _times(limit, size))
    return result


Parts = dict[tuple[str, str], Array]
"""Of all results, by name and part of its digest."""


def _asks_for_its_own(workload: Operation) -> bool:
    operator = workload.operator
    return isinstance(operator, Backward) and has_narrow_norm(operator.layer, operator.shape)


def _shares(
    workload: Operation, weights: Named, inputs: Named, precision: str, seed: int, exact: Parts
) -> dict[tuple[str, str], limits.Limit]:
    """Limits of all parts for these inputs, as shares of each exact part's size."""
    honest = [
        _digests(workload, weights, inputs, operators.Running(precision, draw), seed)
        for draw in range(NARROW_DRAWS if _asks_for_its_own(workload) else DRAWS)
    ]
    lies = []
    if precision == "float32":
        short = _shortened(weights), _shortened(inputs)
        lies.append(_digests(workload, *short, TensorFloat(), seed))
    return {key: _share(key, exact, honest, lies) for key in exact}


def _digests(
    workload: Operation, weights: Named, inputs: Named, arithmetic: Exact, seed: int
) -> Parts:
    """What is compared of the results. Where all go by row only the compared rows are computed."""
    described, at = workload.operator.results, operation_checks.places(workload, seed)
    if all(each.by_row for each in described.values()):
        inputs = {name: array[at] for name, array in inputs.items()}
    found = operators.results(workload.operator, weights, inputs, arithmetic)
    return {
        (name, part): value
        for name, array in found.items()
        for part, value in parts(
            digest(operation_checks.seen(array, described[name], at), seed)
        ).items()
    }


def _share(
    key: tuple[str, str], exact: Parts, honest: Sequence[Parts], lies: Sequence[Parts]
) -> limits.Limit:
    """Limits as shares of the exact part's size."""
    size = rms(exact[key]) or 1.0
    return limits.between(
        exact[key] / size,
        [each[key] / size for each in honest],
        [each[key] / size for each in lies],
    )


def _times(share: limits.Limit, size: float) -> limits.Limit:
    """What lies along the exact array is a share of it already."""
    worst, overall = share.worst and share.worst * size, share.overall and share.overall * size
    return limits.Limit(worst, overall, share.along)


def _shortened(held: Named) -> Named:
    """Numbers of TF32's bits; indices stay."""
    return {
        name: array if array.dtype.kind == "i" else to_bits(array, TF32_BITS)
        for name, array in held.items()
    }


def _rounded(held: Named, precision: str) -> Named:
    """As a contender holds them."""
    return {name: arrays.rounded(array, precision) for name, array in held.items()}
