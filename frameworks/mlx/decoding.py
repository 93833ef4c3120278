"""Decoding: a step for each token, keys and values in arrays of full length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import mlx.core as mx

from frameworks.mlx import attention
from frameworks.mlx.layers import lower
from frameworks.shared import functional
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
    workload: Decode, layout: Layout, dtype: Any, compiled: Callable[[Any], Any]
) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """A step's results from all weights and the first tokens [batch, 1]."""
    model = _lower(workload.model, "", layout)
    numbers = [mx.array([number]) for number in range(workload.steps)]

    def one(weights: Mapping[str, Any], tokens: Any, number: Any, held: Any) -> tuple[Any, ...]:
        place = Place(number, workload.steps, dict(held))
        logits = model(weights, tokens, place)
        return logits, mx.argmax(logits, axis=-1), place.held

    step = compiled(one)

    def decode(weights: Mapping[str, Any], tokens: Any) -> dict[str, Any]:
        held, found, chosen = _nothing(workload, dtype), [], []
        for number in numbers:
            logits, tokens, held = step(weights, tokens, number, held)
            mx.async_eval(tokens)  # the device goes on while the next step is described
            found.append(logits)
            chosen.append(tokens)
        return {
            "logits": mx.concatenate(found, axis=1),
            "tokens": mx.concatenate(chosen, axis=1),
        }

    return decode


def _nothing(workload: Decode, dtype: Any) -> dict[str, Any]:
    """Room for keys and values."""
    return {
        node.path: [mx.zeros((workload.batch, heads, workload.steps, size), dtype)] * 2
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
    return x + weights[weight][place.number]


def _attention(layer: layers.SelfAttention, path: str) -> At:
    into, out_of = (attention.projection(path, name, layer.bias) for name in ("in", "out"))

    def apply(weights: Mapping[str, Any], x: Any, place: Place) -> Any:
        q, k, v = attention.split(layer, into(weights, x))
        if layer.rotary is not None:
            q, k = (attention.turn(layer, part, place.number[0]) for part in (q, k))
        k, v = (
            mx.slice_update(held, new, place.number, axes=[2])
            for held, new in zip(place.held[path], (k, v), strict=True)
        )
        place.held[path] = [k, v]
        numbers = mx.arange(place.steps)
        seen = numbers <= place.number
        if layer.window is not None:
            seen = seen & (numbers > place.number - layer.window)
        return out_of(weights, attention.attend(q, k, v, seen[None]))

    return apply
