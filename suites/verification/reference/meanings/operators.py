"""What each operator computes, in a given arithmetic: the meaning that frameworks are held to."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from autograd import make_vjp

from suites import operations
from suites.operations import Operator
from suites.operations.gradients import GRADIENT
from suites.verification.reference.meanings.arithmetic import UNIT_ROUNDOFF, Exact, Honest, Values
from suites.verification.reference.meanings.elementwise import erf
from suites.verification.reference.meanings.model import Pass

Named = Mapping[str, Values]

Meaning = Callable[[Any, Named, Named, Exact], Named]
"""Results of an operator, its weights and its inputs."""


class Running(Honest):
    """Sums of values of mostly one sign are held in the precision itself while they run, as some
    frameworks do in 16 bits."""

    def averaged(self, y: Values, length: int) -> Values:
        wider = UNIT_ROUNDOFF[self._precision] / UNIT_ROUNDOFF["float32"]
        return self._astray(y, wider * math.sqrt(length / 3) * float(np.sqrt(np.mean(y * y))))


def results(operator: Operator, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    """All results by name; numbers in the arithmetic's own type."""
    kind = arithmetic.dtype
    own, given = ({n: _typed(a, kind) for n, a in held.items()} for held in (weights, inputs))
    found = OPERATIONS[type(operator)](operator, own, given, arithmetic)
    described = operator.results
    return {
        name: array if described[name].whole else arithmetic.stored(array)
        for name, array in found.items()
    }


def _typed(array: Values, kind: Any) -> Values:
    return array if array.dtype.kind == "i" else array.astype(kind, copy=False)


# --- numbers --------------------------------------------------------------------------------


def _product(
    operator: operations.BatchedProduct, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    left, right = inputs["left"], {**weights, **inputs}["right"]
    right = np.swapaxes(right, -1, -2) if operator.transposed else right
    return {"product": _summed_product(left, right, arithmetic)}


def _summed_product(left: Values, right: Values, arithmetic: Exact) -> Values:
    left, right = arithmetic.operand(left), arithmetic.operand(right)
    return arithmetic.summed(left @ right, left.shape[-1], left, right)


def _elementwise(
    operator: operations.Elementwise, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    x = inputs["x"]
    match operator.function:
        case "add":
            y = x + inputs["y"]
        case "multiply":
            y = x * inputs["y"]
        case "relu":
            y = np.maximum(x, 0)
        case "exp":
            y = arithmetic.computed(np.exp(x))
        case "tanh":
            y = arithmetic.computed(np.tanh(x))
        case "sigmoid":
            y = arithmetic.computed(1 / (1 + np.exp(-x)))
        case _:  # gelu
            y = x * arithmetic.computed(1 + erf(x / math.sqrt(2))) / 2
    return {"output": y}


def _reduce(operator: operations.Reduce, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    x, axis = inputs["x"], operator.axis
    if operator.how == "max":
        return {"output": np.max(x, axis=axis)}
    y = np.asarray((np.sum if operator.how == "sum" else np.mean)(x, axis=axis), x.dtype)
    return {"output": arithmetic.averaged(y, operator.length)}


def _softmax(
    operator: operations.Softmax, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    return {"output": _shares(inputs["x"], operator.axis, arithmetic)}


def _shares(x: Values, axis: int, arithmetic: Exact) -> Values:
    powers = arithmetic.computed(np.exp(x - np.max(x, axis=axis, keepdims=True)))
    total = arithmetic.averaged(np.sum(powers, axis=axis, keepdims=True), x.shape[axis])
    shares: Values = powers / total
    return shares


def _cumulative(
    operator: operations.CumulativeSum, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    sums = np.cumsum(inputs["x"], axis=operator.axis, dtype=inputs["x"].dtype)
    return {"output": arithmetic.averaged(sums, operator.shape[operator.axis])}


def _fourier(
    operator: operations.Fourier, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    x = inputs["x"]
    found = np.fft.rfft(x.astype(np.float64))
    one = np.ones(1, x.dtype)  # of the waves, whose size is 1
    parts = {"real": found.real, "imaginary": found.imag}
    return {
        name: arithmetic.summed(part.astype(x.dtype), x.shape[-1], x, one)
        for name, part in parts.items()
    }


def _attention(
    operator: operations.Attention, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    q, k, v = (inputs[name] for name in ("q", "k", "v"))
    if operator.permuted:
        q, k, v = (np.swapaxes(each, 1, 2) for each in (q, k, v))
    scores = _summed_product(q, np.swapaxes(k, -1, -2), arithmetic)
    scores = arithmetic.stored(scores / np.asarray(math.sqrt(operator.width), scores.dtype))
    if operator.causal:
        ahead = np.triu(np.ones(scores.shape[-2:], bool), 1)
        scores = np.where(ahead, np.asarray(-np.inf, scores.dtype), scores)
    shares = arithmetic.stored(_shares(scores, -1, arithmetic))
    return {"output": _summed_product(shares, v, arithmetic)}


# --- places ---------------------------------------------------------------------------------


def _gather(operator: Operator, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    return {"output": weights["table"][inputs["index"]]}


def _scatter_add(
    operator: operations.ScatterAdd, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    index, sums = inputs["index"], weights["table"].copy()
    order = np.argsort(index, kind="stable")
    rows, begins, counts = np.unique(index[order], return_index=True, return_counts=True)
    sums[rows] += np.add.reduceat(inputs["updates"][order], begins, axis=0)
    return {"output": arithmetic.averaged(sums, int(counts.max()) + 1)}


def _sort(operator: operations.Sort, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    return {"output": np.sort(inputs["x"], axis=operator.axis)}


def _top_k(operator: operations.TopK, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    x = inputs["x"]
    return {"output": np.partition(x, x.shape[-1] - operator.k, axis=-1)[..., -operator.k :]}


def _arg_max(
    operator: operations.ArgMax, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    return {"index": np.argmax(inputs["x"], axis=operator.axis)}


def _right_answers(operator: Operator, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    predicted = np.argmax(inputs["logits"], axis=1)
    return {"right": np.asarray(np.sum(predicted == inputs["labels"])), "predicted": predicted}


# --- memory, gradients ----------------------------------------------------------------------


def _same(operator: Operator, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    return {"output": inputs["x"]}


def _triad(operator: operations.Triad, weights: Named, inputs: Named, arithmetic: Exact) -> Named:
    return {"output": inputs["x"] + np.asarray(operator.factor, arithmetic.dtype) * inputs["y"]}


def _adam_step(
    operator: operations.AdamStep, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    gradient = inputs["gradient"]
    change = gradient / (np.abs(gradient) + np.asarray(operator.eps, gradient.dtype))
    lr = np.asarray(operator.lr, gradient.dtype)
    return {"weight": inputs["weight"] - lr * arithmetic.computed(change)}


def _backward(
    operator: operations.Backward, weights: Named, inputs: Named, arithmetic: Exact
) -> Named:
    held = {"x": inputs["x"], **weights}

    def output(wanted: dict[str, Any]) -> Any:
        every = {**held, **wanted}
        run = Pass({path: every[path] for path in weights}, training=True, arithmetic=arithmetic)
        return run.apply(operator.layer, every["x"])

    back, value = make_vjp(output)({name: held[name] for name in operator.wanted})
    gradients = back(inputs["upstream"])
    return {"output": value} | {f"{GRADIENT}{name}": g for name, g in gradients.items()}


OPERATIONS: dict[type[Operator], Meaning] = {
    operations.BatchedProduct: _product,
    operations.Elementwise: _elementwise,
    operations.Reduce: _reduce,
    operations.Softmax: _softmax,
    operations.CumulativeSum: _cumulative,
    operations.Fourier: _fourier,
    operations.Attention: _attention,
    operations.Gather: _gather,
    operations.ScatterAdd: _scatter_add,
    operations.Sort: _sort,
    operations.TopK: _top_k,
    operations.ArgMax: _arg_max,
    operations.RightAnswers: _right_answers,
    operations.Copy: _same,
    operations.HostToDevice: _same,
    operations.RoundTrip: _same,
    operations.Triad: _triad,
    operations.AdamStep: _adam_step,
    operations.Backward: _backward,
}
"""By exact class."""
