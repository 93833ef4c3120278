"""Decoding: a step for each token, keys and values in tensors of full length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from frameworks.shared.decoders import Place, rooms
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
        logits = self._lower(self._workload.model, "", place)(tokens)
        return logits, tf.argmax(logits, axis=-1, output_type=tf.int32), place.held

    def _nothing(self) -> dict[str, Any]:
        """Room for keys and values."""
        every = rooms(self._workload)
        return {path: [tf.zeros(room, self._dtype)] * 2 for path, room in every.items()}

    def _lower(self, layer: Layer, path: str, place: Place) -> Apply:
        match layer:
            case layers.Sequential():
                stages = [
                    self._lower(each, join(path, name), place) for name, each in layer.children
                ]
                return lambda x: _through(stages, x)
            case layers.Residual(shortcut=None):
                body = self._lower(layer.body, join(path, "body"), place)
                return lambda x: x + body(x)
            case layers.SelfAttention():
                return self._attention(layer, path, place)
            case layers.Positions():
                rows = self._shared.own(layer, path)["weight"]
                return lambda x: x + rows[place.number]
        return lower(layer, path, self._shared)

    def _attention(self, layer: layers.SelfAttention, path: str, place: Place) -> Apply:
        own = self._shared.own(layer, path)
        into, out_of = (
            attention.affine(own[f"{name}_weight"], own.get(f"{name}_bias"))
            for name in ("in", "out")
        )
        numbers = tf.range(place.steps)
        seen = numbers <= place.number
        if layer.window is not None:
            seen &= numbers > place.number - layer.window
        bias = tf.where(seen, tf.constant(0, self._dtype), attention.UNSEEN)
        new = tf.reshape(numbers == place.number, (-1, 1))

        def apply(x: Any) -> Any:
            q, k, v = attention.split(layer, into(x))
            if layer.rotary is not None:
                tables = attention.tables(layer, place.steps, self._dtype)
                turned = [table[place.number] for table in tables]
                q, k = attention.turn(q, *turned), attention.turn(k, *turned)
            k, v = (
                tf.where(new, own, before)
                for own, before in zip((k, v), place.held[path], strict=True)
            )
            place.held[path] = [k, v]
            return out_of(attention.attend(q, k, v, bias))

        return apply


def _through(stages: list[Apply], x: Any) -> Any:
    for stage in stages:
        x = stage(x)
    return x
