"""Operations as functions of arrays: the part that frameworks have in common whose arrays have
NumPy's functions and operators. Arrays pass through untouched; the framework comes in as `xp`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frameworks.interface import Unsupported
from frameworks.shared import channels_last
from frameworks.shared.channels_last import Layout
from suites import operations
from suites.operations import Operator
from suites.operations.gradients import GRADIENT
from suites.workload import Adam

Named = Mapping[str, Any]
Apply = Callable[[Named, Named], Named]
"""Results by name, of the weights that all steps share and of a step's inputs."""

_FLOAT32 = (operations.AdamStep, operations.Backward, operations.Fourier)
"""In 16 bits squares of small gradients, and Adam's eps, are nothing."""


def require_float32(operator: Operator, *, in_float32: bool) -> None:
    """Raises Unsupported in 16 bits for what is defined in float32 alone."""
    if not in_float32 and isinstance(operator, _FLOAT32):
        kind = type(operator).__name__
        raise Unsupported(f"{kind} is defined in float32: in 16 bits frameworks need not agree")


def of_x(function: Callable[..., Any], result: str = "output", **fixed: Any) -> Apply:
    """One function of `x`."""
    return lambda weights, inputs: {result: function(inputs["x"], **fixed)}


def product(operator: operations.BatchedProduct) -> Apply:
    def apply(weights: Named, inputs: Named) -> Named:
        right = inputs["right"] if "right" in inputs else weights["right"]
        return {"product": inputs["left"] @ (right.swapaxes(-1, -2) if swapped else right)}

    swapped = operator.transposed
    return apply


def elementwise(functions: Mapping[str, Callable[..., Any]]) -> Callable[[Any], Apply]:
    """Makes the operator of a function for each of `suites.operations.FUNCTIONS`."""

    def lower(operator: operations.Elementwise) -> Apply:
        function, names = functions[operator.function], tuple(operator.inputs)
        return lambda weights, inputs: {"output": function(*(inputs[name] for name in names))}

    return lower


def common(xp: Any) -> dict[type[Operator], Callable[[Any], Apply]]:
    """Operators whose functions have one name in all of these frameworks."""

    def reduce(operator: operations.Reduce) -> Apply:
        return of_x(getattr(xp, operator.how), axis=operator.axis)

    def right_answers(weights: Named, inputs: Named) -> Named:
        predicted = xp.argmax(inputs["logits"], axis=1)
        return {"right": xp.sum(predicted == inputs["labels"]), "predicted": predicted}

    def triad(operator: operations.Triad) -> Apply:
        return lambda weights, inputs: {"output": inputs["x"] + operator.factor * inputs["y"]}

    return {
        operations.BatchedProduct: product,
        operations.Reduce: reduce,
        operations.CumulativeSum: lambda operator: of_x(xp.cumsum, axis=operator.axis),
        operations.Gather: lambda operator: gather,
        operations.Sort: lambda operator: of_x(xp.sort, axis=operator.axis),
        operations.ArgMax: lambda operator: of_x(xp.argmax, "index", axis=operator.axis),
        operations.RightAnswers: lambda operator: right_answers,
        operations.Triad: triad,
    }


def adam_step(xp: Any, contiguous: Callable[[Any], Any]) -> Callable[[Any], Apply]:
    """The framework's functions in `xp`; `contiguous` copies an array in the order of its axes."""

    def lower(operator: operations.AdamStep) -> Apply:
        (beta1, beta2), kept = operator.betas, ("first_moment", "second_moment")
        rule = Adam(operator.lr, beta1=beta1, beta2=beta2, eps=operator.eps)

        def apply(weights: Named, inputs: Named) -> Named:
            view = contiguous(inputs["weight"].T).T
            begun = {f"weight|{name}": xp.zeros_like(view) for name in kept}
            gradients = {"weight": inputs["gradient"]}
            step = xp.ones((), dtype=xp.float32)
            return rule.apply({"weight": view}, gradients, begun, step, xp)[0]

        return apply

    return lower


def without_views(framework: str) -> Callable[[Any], Apply]:
    """Of one whose arrays all lie in the order of their axes."""

    def lower(operator: operations.AdamStep) -> Apply:
        raise Unsupported(f"{framework}'s arrays are never views: no weight can lie so there")

    return lower


def gather(weights: Named, inputs: Named) -> Named:
    return {"output": weights["table"][inputs["index"]]}


def heads_first(operator: operations.Attention, inputs: Named) -> tuple[Any, Any, Any]:
    """Q, K and V as [batch, heads, places, width], by a change of their axes where needed."""
    q, k, v = inputs["q"], inputs["k"], inputs["v"]
    if operator.permuted:
        return q.swapaxes(1, 2), k.swapaxes(1, 2), v.swapaxes(1, 2)
    return q, k, v


def gradients(
    operator: operations.Backward, layout: Layout, output: Any, found: Mapping[str, Any]
) -> Named:
    """Results of a backward pass on images with their channels last: `found` by the names that the
    operator wants."""
    weights = layout.results({path: g for path, g in found.items() if path != "x"})
    x = {"x": channels_last.output(found["x"], operator.shape)} if "x" in found else {}
    described = operator.results["output"].shape
    named = {f"{GRADIENT}{name}": g for name, g in {**x, **weights}.items()}
    return {"output": channels_last.output(output, described), **named}
