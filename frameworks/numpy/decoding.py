"""Decoding: a step for each token, with the keys and values of those before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from frameworks.numpy import attention
from frameworks.numpy.layers import Weights, lower
from frameworks.shared.attention import turns
from frameworks.shared.decoders import At, Place, at_a_place, rooms
from suites import layers
from suites.data.arrays import Array
from suites.layers import Layer, join
from suites.workload import Decode


class Decoder:
    """Writes tokens; each decoding begins anew in the same memory."""

    def __init__(self, workload: Decode, weights: Weights) -> None:
        held = {
            path: (np.empty(room, np.float32), np.empty(room, np.float32))
            for path, room in rooms(workload).items()
        }
        self._place, self._weights = Place(0, workload.steps, held), weights
        lowered = at_a_place(_lowered, _Attention, _position)
        self._model = lowered(workload.model, "", weights)

    def decode(self, tokens: Array) -> dict[str, Array]:
        """A step's results from the first tokens [batch, 1]."""
        found, chosen = [], []
        for number in range(self._place.steps):
            self._place.number = number
            logits = self._model(self._weights, tokens, self._place)
            tokens = np.argmax(logits, axis=-1)
            found.append(logits)
            chosen.append(tokens.astype(np.float32))
        results = {"logits": found, "tokens": chosen}
        return {name: np.concatenate(parts, axis=1) for name, parts in results.items()}


def _lowered(layer: Layer, path: str, weights: Weights) -> Callable[..., Array]:
    own = lower(layer, path, weights)
    return lambda weights, x, moved: own(x)


def _position(weight: str) -> At:
    return lambda weights, x, place: x + weights[weight][place.number]


class _Attention:
    def __init__(self, layer: layers.SelfAttention, path: str) -> None:
        self._layer, self._path = layer, path
        self._names = {name: join(path, name) for name in layer.parameters()}
        self._turns: Any = None

    def __call__(self, weights: Weights, x: Array, place: Place) -> Array:
        layer, now = self._layer, place.number
        own = {name: weights[path] for name, path in self._names.items()}
        q, k, v = attention.split(layer, attention.affine(x, own["in_weight"], own.get("in_bias")))
        if layer.rotary is not None:
            if self._turns is None:
                self._turns = turns(layer, place.steps)
            tables = [table[now] for table in self._turns]
            q, k = attention.turn(q, *tables), attention.turn(k, *tables)
        keys, values = place.held[self._path]
        keys[:, :, now : now + 1], values[:, :, now : now + 1] = k, v
        seen = slice(0 if layer.window is None else max(0, now + 1 - layer.window), now + 1)
        mixed = attention.attend(q, keys[:, :, seen], values[:, :, seen])
        return attention.affine(mixed, own["out_weight"], own.get("out_bias"))
