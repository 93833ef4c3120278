"""Decoding: one program that goes from token to token, keys and values in arrays of full length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax.numpy as jnp
from jax import lax

from frameworks.jax import attention
from frameworks.jax.layers import lower
from frameworks.shared import functional
from frameworks.shared.attention import turns
from frameworks.shared.channels_last import Layout
from suites import layers
from suites.layers import Layer, join, walk
from suites.workload import Decode

At = Callable[..., Any]
"""The output of a layer from all weights, its input at one place, and that place."""


@dataclass
class Place:
    """Which place is computed, and keys and values of those before it by the attention's path."""

    number: Any
    steps: int
    held: dict[str, Any] = field(default_factory=dict)


def decoder(
    workload: Decode, layout: Layout, dtype: Any
) -> Callable[[Mapping[str, Any], Any], Any]:
    """A step's results from all weights and the first tokens [batch, 1]."""
    model = _lower(workload.model, "", layout)

    def decode(weights: Mapping[str, Any], first: Any) -> dict[str, Any]:
        def step(carried: tuple[Any, Any], number: Any) -> tuple[Any, Any]:
            tokens, held = carried
            place = Place(number, workload.steps, dict(held))
            logits = model(weights, tokens, place)[:, 0]
            chosen = jnp.argmax(logits, axis=-1).astype(tokens.dtype)
            return (chosen[:, None], place.held), (logits, chosen)

        begun = (first, _nothing(workload, dtype))
        _, (logits, chosen) = lax.scan(step, begun, jnp.arange(workload.steps))
        return {"logits": jnp.swapaxes(logits, 0, 1), "tokens": chosen.T}

    return decode


def _nothing(workload: Decode, dtype: Any) -> dict[str, Any]:
    """Room for keys and values."""
    return {
        node.path: (jnp.zeros((workload.batch, heads, workload.steps, size), dtype),) * 2
        for node in walk(workload.model, workload.input_shape)
        if isinstance(node.layer, layers.SelfAttention)
        for heads, size in [(node.layer.key_heads, node.layer.size)]
    }


def _lower(layer: Layer, path: str, layout: Layout) -> At:
    match layer:
        case layers.Sequential():
            return functional.sequential(_lower, layer, path, layout)
        case layers.Residual():
            return functional.residual(_lower, layer, path, layout)
        case layers.SelfAttention():
            return _attention(layer, path)
        case layers.Positions():
            return partial(_position, join(path, "weight"))
    own = lower(layer, path, layout)
    return lambda weights, x, place: own(weights, x, None)


def _position(weight: str, weights: Mapping[str, Any], x: Any, place: Place) -> Any:
    return x + lax.dynamic_slice_in_dim(weights[weight], place.number, 1)


def _attention(layer: layers.SelfAttention, path: str) -> At:
    into, out_of = (attention.projection(path, name, layer.bias) for name in ("in", "out"))

    def apply(weights: Mapping[str, Any], x: Any, place: Place) -> Any:
        q, k, v = attention.split(layer, into(weights, x))
        if layer.rotary is not None:
            own = [
                lax.dynamic_slice_in_dim(jnp.asarray(table), place.number, 1)
                for table in turns(layer, place.steps)
            ]
            q, k = attention.turn(q, *own), attention.turn(k, *own)
        k, v = (
            lax.dynamic_update_slice_in_dim(held, new, place.number, axis=2)
            for held, new in zip(place.held[path], (k, v), strict=True)
        )
        place.held[path] = k, v
        numbers = jnp.arange(place.steps)
        seen = numbers <= place.number
        if layer.window is not None:
            seen &= numbers > place.number - layer.window
        return out_of(weights, attention.attend(q, k, v, seen))

    return apply
