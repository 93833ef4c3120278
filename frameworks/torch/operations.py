"""Operations as PyTorch's own functions: each takes the weights and a step's inputs by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional

from frameworks.interface import Resettable
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.operations import (
    Apply,
    Named,
    elementwise,
    heads_first,
    of_x,
    product,
    require_float32,
)
from frameworks.torch.layers import with_weights
from suites import operations
from suites.data.arrays import Array, Arrays
from suites.operations import Operator
from suites.operations.gradients import GRADIENT


def build(
    operator: Operator,
    arrays: Arrays,
    dtype: Any,
    place: Callable[[Array], Any],
    ready: Callable[[Any], Any],
    compiled: Callable[..., Any],
) -> Resettable:
    """The operator as a step. `place` copies to the device, `ready` waits for it; `compiled` is
    told of a function and of the module in it, if there is one."""
    require_float32(operator, in_float32=dtype == torch.float32)
    if operator.from_host:
        back = isinstance(operator, operations.RoundTrip)
        host = Source(lambda arrays: arrays.batch, arrays)
        return Resettable(lambda: _travelled(place(host.take()["x"]), back), host.reset)

    def placed(held: Mapping[str, Array]) -> dict[str, Any]:
        """Images of a layer lie as its convolutions want them, all else in order."""
        laid = {name: place(array) for name, array in held.items()}
        return (
            laid
            if isinstance(operator, operations.Backward)
            else {name: x.contiguous() for name, x in laid.items()}
        )

    weights = ready(placed(arrays.weights))
    source = Source(lambda arrays: going_round(ready([placed(x) for x in ring(arrays)])), arrays)
    if isinstance(operator, operations.Backward):
        backward = _Backward(operator, weights, compiled)
        return Resettable(lambda: backward(source.take()), source.reset)
    apply = compiled(OPERATIONS[type(operator)](operator))

    def step() -> Named:
        with torch.inference_mode():
            results: Named = apply(weights, source.take())
        return results

    return Resettable(step, source.reset)


def _travelled(x: Any, back: bool) -> Named:
    """A host's own memory is the CPU's: there another copy is the way back."""
    if not back:
        return {"output": x}
    return {"output": x.clone() if x.device.type == "cpu" else x.cpu()}


class _Backward:
    """A module's output and its gradients."""

    def __init__(
        self, operator: operations.Backward, weights: Named, compiled: Callable[..., Any]
    ) -> None:
        self._names = operator.wanted
        module = with_weights(operator.layer, operator.shape, weights).train()
        self._learned = dict(module.named_parameters())
        self._apply = compiled(module, module)

    def __call__(self, inputs: Named) -> Named:
        x = inputs["x"]
        if "x" in self._names:
            x = x.detach().requires_grad_()
        wanted = {"x": x, **self._learned}
        output = self._apply(x)
        found = torch.autograd.grad(output, [wanted[n] for n in self._names], inputs["upstream"])
        gradients = zip(self._names, found, strict=True)
        return {"output": output.detach()} | {f"{GRADIENT}{name}": g for name, g in gradients}


# --- numbers --------------------------------------------------------------------------------


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": torch.add,
    "multiply": torch.mul,
    "relu": torch.relu,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": functional.gelu,
}


def _reduce(operator: operations.Reduce) -> Apply:
    own = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}[operator.how]
    axes = range(len(operator.shape)) if operator.axis is None else (operator.axis,)
    return lambda weights, inputs: {"output": own(inputs["x"], dim=tuple(axes))}


def _attention(operator: operations.Attention) -> Apply:
    def apply(weights: Named, inputs: Named) -> Named:
        q, k, v = heads_first(operator, inputs)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=operator.causal)
        return {"output": mixed}

    return apply


def _fourier(weights: Named, inputs: Named) -> Named:
    found = torch.fft.rfft(inputs["x"])
    return {"real": found.real, "imaginary": found.imag}


# --- places ---------------------------------------------------------------------------------


def _gather(weights: Named, inputs: Named) -> Named:
    return {"output": torch.index_select(weights["table"], 0, inputs["index"])}


def _scatter_add(weights: Named, inputs: Named) -> Named:
    return {"output": weights["table"].index_add(0, inputs["index"], inputs["updates"])}


def _right_answers(weights: Named, inputs: Named) -> Named:
    predicted = torch.argmax(inputs["logits"], dim=1)
    return {"right": (predicted == inputs["labels"]).sum(), "predicted": predicted}


def _sort(operator: operations.Sort) -> Apply:
    return lambda weights, inputs: {"output": torch.sort(inputs["x"], dim=operator.axis).values}


def _top_k(operator: operations.TopK) -> Apply:
    def apply(weights: Named, inputs: Named) -> Named:
        return {"output": torch.topk(inputs["x"], operator.k, sorted=False).values}

    return apply


def _triad(operator: operations.Triad) -> Apply:
    def apply(weights: Named, inputs: Named) -> Named:
        return {"output": torch.add(inputs["x"], inputs["y"], alpha=operator.factor)}

    return apply


def _adam_step(operator: operations.AdamStep) -> Apply:
    """What its own Adam does to one weight, without the steps between."""
    (beta1, beta2), lr, eps = operator.betas, operator.lr, operator.eps

    def apply(weights: Named, inputs: Named) -> Named:
        gradient = inputs["gradient"]
        weight = inputs["weight"].t().clone(memory_format=torch.contiguous_format).t()
        first, second = torch.zeros_like(weight), torch.zeros_like(weight)
        first.lerp_(gradient, 1 - beta1)
        second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        spread = (second.sqrt() / (1 - beta2) ** 0.5).add_(eps)
        return {"weight": weight.addcdiv_(first, spread, value=-lr / (1 - beta1))}

    return apply


OPERATIONS: dict[type[Operator], Callable[[Any], Apply]] = {
    operations.AdamStep: _adam_step,
    operations.BatchedProduct: product,
    operations.Elementwise: elementwise(_FUNCTIONS),
    operations.Reduce: _reduce,
    operations.Softmax: lambda operator: of_x(torch.softmax, dim=operator.axis),
    operations.CumulativeSum: lambda operator: of_x(torch.cumsum, dim=operator.axis),
    operations.Fourier: lambda operator: _fourier,
    operations.Attention: _attention,
    operations.Gather: lambda operator: _gather,
    operations.ScatterAdd: lambda operator: _scatter_add,
    operations.Sort: _sort,
    operations.TopK: _top_k,
    operations.ArgMax: lambda operator: of_x(torch.argmax, "index", dim=operator.axis),
    operations.RightAnswers: lambda operator: _right_answers,
    operations.Copy: lambda operator: of_x(torch.clone),
    operations.Triad: _triad,
}
"""How each operator is lowered, by its exact class; those of the host's memory and of gradients
need more than a function of arrays."""
