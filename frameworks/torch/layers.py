"""The layers as PyTorch's modules, whose parameters and buffers carry the description's paths."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from frameworks.interface import Unsupported
from frameworks.torch import attention, bags, dropout, images, recurrent
from frameworks.torch.leaf import Leaf
from suites import layers
from suites.layers import Layer, Shape, lacking

_OVERWRITTEN = (
    *(layers.Conv1d, layers.Conv2d, layers.Conv3d, layers.ConvTranspose2d),
    *(layers.BatchNorm, layers.GroupNorm),
    *(layers.Residual, layers.Concat),
)
"""Makers of results that they do not need for their own gradients: what follows may work in place.
A Linear's would do, but over sequences it is a view, of which autograd keeps expensive account."""


_ASSIGNS = "assign" in signature(nn.Module.load_state_dict).parameters
"""Whether a module can take tensors as its weights: from 2.1 on."""

Lowering = Callable[[Any, Layer | None], Any]
"""Makes a module of a layer and its maker."""


def lower(layer: Layer, maker: Layer | None = None) -> Any:
    """The layer as a module; `maker` is the layer whose result this one alone reads, if one is."""
    if type(layer) not in LOWERINGS:
        raise Unsupported(lacking("PyTorch's adapter", layer, LOWERINGS, LACKS))
    return LOWERINGS[type(layer)](layer, maker)


def with_weights(layer: Layer, shape: Shape, placed: Mapping[str, Any]) -> Any:
    """The layer as a module for inputs of this shape whose weights are these tensors, by path."""
    if _ASSIGNS:
        with torch.device("meta"):  # no memory, and no initial values that would be overwritten
            model = lower(layer)
        model.load_state_dict(placed, assign=True)
    else:
        model = lower(layer)
        for name, tensor in model.state_dict(keep_vars=True).items():
            tensor.data = placed[name]
    attention.settle(model, layer, shape)
    bags.settle(model, layer, shape)
    recurrent.gather_weights(model)
    return model


def _leaf(make: Callable[[Any], Any]) -> Lowering:
    """A layer that never works in place."""
    return lambda layer, maker: make(layer)


# --- composites -----------------------------------------------------------------------------


def _sequence(layer: layers.Sequential, maker: Layer | None) -> Any:
    stages = OrderedDict()
    for name, child in layer.children:
        if not isinstance(child, layers.Dropout) or child.active:
            stages[name] = lower(child, maker)
        maker = _maker(child, maker)
    return nn.Sequential(stages)


def _maker(layer: Layer, before: Layer | None) -> Layer | None:
    """The layer that makes the result of `layer`: its last, or what stood before if it has none."""
    match layer:
        case layers.Sequential():
            for _, child in layer.children:
                before = _maker(child, before)
            return before
        case layers.Dropout(active=False):  # stochastic depth is one
            return before
    return layer


class _Residual(nn.Module):  # type: ignore[misc]
    def __init__(self, layer: layers.Residual) -> None:
        super().__init__()
        self.body = lower(layer.body)
        self.shortcut = None if layer.shortcut is None else lower(layer.shortcut)
        self.in_place = isinstance(_maker(layer.body, None), _OVERWRITTEN)

    def forward(self, x: Any) -> Any:
        out = self.body(x)
        beside = x if self.shortcut is None else self.shortcut(x)
        return out.add_(beside) if self.in_place else out + beside


class _Concat(nn.ModuleDict):  # type: ignore[misc]
    def __init__(self, layer: layers.Concat) -> None:
        super().__init__(OrderedDict((name, lower(child)) for name, child in layer.children))

    def forward(self, x: Any) -> Any:
        return torch.cat([branch(x) for branch in self.values()], dim=1)


class _Gated(nn.Module):  # type: ignore[misc]
    def __init__(self, layer: layers.Gated) -> None:
        super().__init__()
        self.body = lower(layer.body)

    def forward(self, x: Any) -> Any:
        return x * self.body(x)


def _cross_attention(layer: layers.CrossAttention) -> Any:
    return attention.CrossAttention(layer, lower(layer.context))


# --- leaves ---------------------------------------------------------------------------------


def _linear(layer: layers.Linear) -> Any:
    return nn.Linear(layer.inputs, layer.outputs, bias=layer.bias)


def _relu(layer: layers.ReLU, maker: Layer | None) -> Any:
    return nn.ReLU(inplace=isinstance(maker, _OVERWRITTEN))


def _leaky_relu(layer: layers.LeakyReLU, maker: Layer | None) -> Any:
    # Where all below 0 becomes 0, nothing shows which side it came from.
    return nn.LeakyReLU(layer.slope, inplace=layer.slope > 0 and isinstance(maker, _OVERWRITTEN))


def _elu(layer: layers.ELU, maker: Layer | None) -> Any:
    return nn.ELU(layer.alpha, inplace=layer.alpha > 0 and isinstance(maker, _OVERWRITTEN))


# --- leaves that the framework has no such module for ---------------------------------------


class _Overwriting(nn.Module):  # type: ignore[misc]
    """In place in inference; in training it would first copy what it overwrites."""

    def __init__(self, function: Callable[..., Any], maker: Layer | None) -> None:
        super().__init__()
        self.function, self.allowed = function, isinstance(maker, _OVERWRITTEN)

    def forward(self, x: Any) -> Any:
        return self.function(x, inplace=self.allowed and not self.training)


class _Positions(Leaf):
    def forward(self, x: Any) -> Any:
        return x + self.weight[: x.shape[1]]


class _ClassToken(Leaf):
    def forward(self, x: Any) -> Any:
        return torch.cat([self.weight.expand(len(x), 1, -1), x], dim=1)


class _Segment(Leaf):
    def forward(self, x: Any) -> Any:
        return x + self.weight[0]


class _Reshape(Leaf):
    def forward(self, x: Any) -> Any:
        return x.reshape(len(x), *self.layer.shape)


class _Permute(Leaf):
    def forward(self, x: Any) -> Any:
        return x.permute(self.layer.axes)


class _LayerNorm(nn.LayerNorm):  # type: ignore[misc]
    """Beside weights in float32 in float32 itself, as autocast has it on a GPU: on a CPU autocast
    leaves it in 16 bits, and the gradients of its weights are summed in them, off by a third at 500
    rows."""

    def forward(self, x: Any) -> Any:
        return super().forward(x.to(self.weight.dtype))


class _FirstToken(nn.Module):  # type: ignore[misc]
    def forward(self, x: Any) -> Any:
        return x[:, 0]


LOWERINGS: dict[type[Layer], Lowering] = {
    **attention.LOWERINGS,
    **bags.LOWERINGS,
    **recurrent.LOWERINGS,
    layers.Sequential: _sequence,
    layers.Concat: _leaf(_Concat),
    layers.Residual: _leaf(_Residual),
    layers.Gated: _leaf(_Gated),
    layers.Linear: _leaf(_linear),
    layers.LayerNorm: _leaf(lambda layer: _LayerNorm(layer.width, eps=layer.eps)),
    **{kind: _leaf(make) for kind, make in images.LOWERINGS.items()},
    layers.Flatten: _leaf(lambda layer: nn.Flatten()),
    layers.Reshape: _leaf(_Reshape),
    layers.Permute: _leaf(_Permute),
    layers.PixelShuffle: _leaf(lambda layer: nn.PixelShuffle(layer.factor)),
    layers.CrossAttention: _leaf(_cross_attention),
    layers.Embedding: _leaf(lambda layer: nn.Embedding(layer.tokens, layer.width)),
    layers.Positions: _leaf(_Positions),
    layers.Segment: _leaf(_Segment),
    layers.ClassToken: _leaf(_ClassToken),
    layers.FirstToken: _leaf(lambda layer: _FirstToken()),
    layers.ReLU: _relu,
    layers.ReLU6: lambda layer, maker: _Overwriting(functional.relu6, maker),
    layers.Sigmoid: _leaf(lambda layer: nn.Sigmoid()),
    layers.SiLU: lambda layer, maker: _Overwriting(functional.silu, maker),
    layers.LeakyReLU: _leaky_relu,
    layers.ELU: _elu,
    layers.GELU: _leaf(lambda layer: nn.GELU(layer.approximate)),
    layers.Softmax: _leaf(lambda layer: nn.Softmax(layer.axis)),
    layers.Tanh: _leaf(lambda layer: nn.Tanh()),
    layers.Dropout: _leaf(dropout.lower),
    layers.StochasticDepth: _leaf(dropout.lower),
}
"""How each kind of layer is lowered, by its exact class."""

LACKS: dict[type[Layer], str] = {}
"""Kinds of layers that this adapter does without, each with the reason that a user reads."""
