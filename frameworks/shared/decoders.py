"""What decoders are made of, as pure functions of weights and input: attention to a context, SwiGLU
and the way from place to place, with keys and values kept.

For the frameworks of `functional`. Arrays pass through untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from frameworks.shared import functional
from frameworks.shared.channels_last import Layout
from frameworks.shared.functional import Apply, Lowering, Moved, Weights
from suites import layers
from suites.layers import Layer, Shape, join, walk
from suites.workload import Decode

Project = Callable[[Weights, Any], Any]
"""x times rows of a weight, plus those of its bias if it has one."""

Projection = Callable[..., Project]
"""Makes that of a path, a name, whether there is a bias, and which rows."""


# --- layers ---------------------------------------------------------------------------------


def by_head(x: Any, size: int) -> Any:
    """[batch, heads, places, size] of [batch, places, width]."""
    return x.reshape(*x.shape[:2], -1, size).swapaxes(1, 2)


def cross_attention(
    lower: Lowering,
    projection: Projection,
    attend: Callable[[Any, Any, Any], Any],
    layer: layers.CrossAttention,
    path: str,
    layout: Layout,
) -> Apply:
    context = lower(layer.context, join(path, "context"), layout)
    for_q = projection(path, "in", True, slice(layer.width))
    for_kv = projection(path, "in", True, slice(layer.width, None))
    out_of = projection(path, "out", True)

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        joint = for_kv(weights, context(weights, x, moved))
        k, v = joint[..., : layer.width], joint[..., layer.width :]
        q, k, v = (by_head(part, layer.size) for part in (for_q(weights, x), k, v))
        return out_of(weights, attend(q, k, v))

    return apply


def swiglu(
    silu: Callable[[Any], Any], by_rows: Callable[[Any, Any], Any]
) -> Callable[[layers.SwiGLU, str], Apply]:
    """With the framework's own functions; `by_rows` is x [..., inputs] times [outputs, inputs]."""

    def make(layer: layers.SwiGLU, path: str) -> Apply:
        gate, up, down = (join(path, name) for name in ("gate", "up", "down"))

        def apply(weights: Weights, x: Any) -> Any:
            gates = silu(by_rows(x, weights[gate]))
            return by_rows(gates * by_rows(x, weights[up]), weights[down])

        return functional.over_last(apply)

    return make


# --- from place to place --------------------------------------------------------------------

At = Callable[..., Any]
"""The output of a layer from all weights, its input at one place, and that place."""


@dataclass
class Place:
    """Which place is computed, and keys and values of those before it by the attention's path."""

    number: Any
    steps: int
    held: dict[str, Any] = field(default_factory=dict)


def rooms(workload: Decode) -> dict[str, Shape]:
    """The shape of the keys, and of the values, of all places by the attention's path."""
    return {
        node.path: (workload.batch, heads, workload.steps, size)
        for node in walk(workload.model, workload.input_shape)
        if isinstance(node.layer, layers.SelfAttention)
        for heads, size in [(node.layer.key_heads, node.layer.size)]
    }


def at_a_place(
    lower: Callable[[Layer, str, Any], Callable[..., Any]],
    attention: Callable[[layers.SelfAttention, str], At],
    position: Callable[[str], At],
) -> Callable[[Any, str, Any], At]:
    """Makes a function of one place of each layer: of attention and of positions, which alone know
    others, by these; `lower` makes all else of layer, path and what it takes as its third."""

    def lowered(layer: Layer, path: str, layout: Any) -> At:
        match layer:
            case layers.Sequential():
                return functional.sequential(lowered, layer, path, layout)
            case layers.Residual():
                return functional.residual(lowered, layer, path, layout)
            case layers.SelfAttention():
                return attention(layer, path)
            case layers.Positions():
                return position(join(path, "weight"))
        own = lower(layer, path, layout)
        return lambda weights, x, place: own(weights, x, None)

    return lowered
