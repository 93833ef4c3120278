"""Decoding: one program that goes from token to token, keys and values in arrays of full length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from jax import lax

from frameworks.jax import attention
from frameworks.jax.layers import lower
from frameworks.shared.attention import turns
from frameworks.shared.channels_last import Layout
from frameworks.shared.decoders import At, Place, at_a_place, rooms
from suites import layers
from suites.workload import Decode


def decoder(
    workload: Decode, layout: Layout, dtype: Any
) -> Callable[[Mapping[str, Any], Any], Any]:
    """A step's results from all weights and the first tokens [batch, 1]."""
    model = at_a_place(lower, _attention, _position)(workload.model, "", layout)

    def decode(weights: Mapping[str, Any], first: Any) -> dict[str, Any]:
        def step(carried: tuple[Any, Any], number: Any) -> tuple[Any, Any]:
            tokens, held = carried
            place = Place(number, workload.steps, dict(held))
            logits = model(weights, tokens, place)[:, 0]
            chosen = jnp.argmax(logits, axis=-1).astype(tokens.dtype)
            return (chosen[:, None], place.held), (logits, chosen)

        held = {path: (jnp.zeros(room, dtype),) * 2 for path, room in rooms(workload).items()}
        _, (logits, chosen) = lax.scan(step, (first, held), jnp.arange(workload.steps))
        return {"logits": jnp.swapaxes(logits, 0, 1), "tokens": chosen.T}

    return decode


def _position(weight: str) -> At:
    return lambda weights, x, place: x + lax.dynamic_slice_in_dim(weights[weight], place.number, 1)


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
