"""Decoding: a step for each token, keys and values in arrays of full length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mlx.core as mx

from frameworks.mlx import attention
from frameworks.mlx.layers import lower
from frameworks.shared.channels_last import Layout
from frameworks.shared.decoders import At, Place, at_a_place, rooms
from suites import layers
from suites.workload import Decode


def decoder(
    workload: Decode, layout: Layout, dtype: Any, compiled: Callable[[Any], Any]
) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """A step's results from all weights and the first tokens [batch, 1]."""
    model = at_a_place(lower, _attention, _position)(workload.model, "", layout)
    numbers = [mx.array([number]) for number in range(workload.steps)]

    def one(weights: Mapping[str, Any], tokens: Any, number: Any, held: Any) -> tuple[Any, ...]:
        place = Place(number, workload.steps, dict(held))
        logits = model(weights, tokens, place)
        return logits, mx.argmax(logits, axis=-1), place.held

    step = compiled(one)

    def decode(weights: Mapping[str, Any], tokens: Any) -> dict[str, Any]:
        held = {path: [mx.zeros(room, dtype)] * 2 for path, room in rooms(workload).items()}
        found, chosen = [], []
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


def _position(weight: str) -> At:
    return lambda weights, x, place: x + weights[weight][place.number]


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
