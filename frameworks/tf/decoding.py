"""Decoding: a step for each token, keys and values in tensors of full length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from frameworks.shared.decoders import At, Place, at_a_place, rooms
from frameworks.tf import attention
from frameworks.tf.images import Apply
from frameworks.tf.layers import Model, lower
from suites import layers
from suites.layers import Layer, join
from suites.workload import Decode


class Decoder:
    """Writes tokens; `compiled` is told of the function of one step."""

    def __init__(
        self, workload: Decode, model: Model, dtype: Any, compiled: Callable[[Any], Any]
    ) -> None:
        self._workload, self._shared, self._dtype = workload, model, dtype
        # Numbers as tensors: for every Python number a function is compiled anew.
        self._numbers = [tf.constant(number) for number in range(workload.steps)]
        self._model = at_a_place(_lowered, _attention, _position)(workload.model, "", model)
        self._step = compiled(self._one)

    def decode(self, tokens: Any) -> dict[str, Any]:
        """A step's results from the first tokens [batch, 1]."""
        held, found, chosen = self._nothing(), [], []
        for number in self._numbers:
            logits, tokens, held = self._step(tokens, number, held)
            found.append(logits)
            chosen.append(tokens)
        return {"logits": tf.concat(found, axis=1), "tokens": tf.concat(chosen, axis=1)}

    def _one(self, tokens: Any, number: Any, held: Any) -> tuple[Any, Any, Any]:
        place = Place(number, self._workload.steps, dict(held))
        logits = self._model(self._shared.variables, tokens, place)
        return logits, tf.argmax(logits, axis=-1, output_type=tf.int32), place.held

    def _nothing(self) -> dict[str, Any]:
        """Room for keys and values."""
        every = rooms(self._workload)
        return {path: [tf.zeros(room, self._dtype)] * 2 for path, room in every.items()}


def _lowered(layer: Layer, path: str, model: Model) -> Callable[..., Any]:
    own = lower(layer, path, model)
    return lambda weights, x, moved: own(x)


def _position(weight: str) -> At:
    return lambda weights, x, place: x + weights[weight][place.number]


def _attention(layer: layers.SelfAttention, path: str) -> At:
    def affine(weights: Mapping[str, Any], name: str) -> Apply:
        named = (join(path, f"{name}_{part}") for part in ("weight", "bias"))
        return attention.affine(*map(weights.get, named))

    def apply(weights: Mapping[str, Any], x: Any, place: Place) -> Any:
        q, k, v = attention.split(layer, affine(weights, "in")(x))
        if layer.rotary is not None:
            tables = attention.tables(layer, place.steps, x.dtype)
            turned = [table[place.number] for table in tables]
            q, k = attention.turn(q, *turned), attention.turn(k, *turned)
        numbers = tf.range(place.steps)
        new = tf.reshape(numbers == place.number, (-1, 1))
        k, v = (
            tf.where(new, own, before) for own, before in zip((k, v), place.held[path], strict=True)
        )
        place.held[path] = [k, v]
        seen = numbers <= place.number
        if layer.window is not None:
            seen &= numbers > place.number - layer.window
        bias = tf.where(seen, tf.constant(0, x.dtype), attention.UNSEEN)
        return affine(weights, "out")(attention.attend(q, k, v, bias))

    return apply
