"""Decoding: a step for each token, with the keys and values of those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from frameworks.numpy import attention
from frameworks.numpy.images import Apply
from frameworks.numpy.layers import Weights, lower
from frameworks.shared.attention import turns
from suites import layers
from suites.data.arrays import Array
from suites.layers import Layer, join
from suites.workload import Decode


@dataclass
class Place:
    """Which place is computed, of how many in how many samples."""

    number: int
    steps: int
    batch: int


class Decoder:
    """Writes tokens; each decoding begins anew in the same memory."""

    def __init__(self, workload: Decode, weights: Weights) -> None:
        self._place = Place(0, workload.steps, workload.batch)
        self._model = self._lower(workload.model, "", weights)

    def decode(self, tokens: Array) -> dict[str, Array]:
        """A step's results from the first tokens [batch, 1]."""
        found, chosen = [], []
        for number in range(self._place.steps):
            self._place.number = number
            logits = self._model(tokens)
            tokens = np.argmax(logits, axis=-1)
            found.append(logits)
            chosen.append(tokens.astype(np.float32))
        results = {"logits": found, "tokens": chosen}
        return {name: np.concatenate(parts, axis=1) for name, parts in results.items()}

    def _lower(self, layer: Layer, path: str, weights: Weights) -> Apply:
        match layer:
            case layers.Sequential():
                stages = [
                    self._lower(each, join(path, name), weights) for name, each in layer.children
                ]
                return lambda x: _through(stages, x)
            case layers.Residual(shortcut=None):
                body = self._lower(layer.body, join(path, "body"), weights)
                return lambda x: x + body(x)
            case layers.SelfAttention():
                own = {name: weights[join(path, name)] for name in layer.parameters()}
                return _Attention(layer, self._place, own)
            case layers.Positions():
                rows = weights[join(path, "weight")]
                return lambda x: x + rows[self._place.number]
        return lower(layer, path, weights)


def _through(stages: list[Apply], x: Array) -> Array:
    for stage in stages:
        x = stage(x)
    return x


class _Attention:
    def __init__(self, layer: layers.SelfAttention, place: Place, own: dict[str, Array]) -> None:
        self._layer, self._place, self._own = layer, place, own
        room = (place.batch, layer.key_heads, place.steps, layer.size)
        self._keys, self._values = np.empty(room, np.float32), np.empty(room, np.float32)
        self._turns: Any = None if layer.rotary is None else turns(layer, place.steps)

    def __call__(self, x: Array) -> Array:
        layer, own, now = self._layer, self._own, self._place.number
        q, k, v = attention.split(layer, attention.affine(x, own["in_weight"], own.get("in_bias")))
        if self._turns is not None:
            tables = [table[now] for table in self._turns]
            q, k = attention.turn(q, *tables), attention.turn(k, *tables)
        self._keys[:, :, now : now + 1], self._values[:, :, now : now + 1] = k, v
        seen = slice(0 if layer.window is None else max(0, now + 1 - layer.window), now + 1)
        mixed = attention.attend(q, self._keys[:, :, seen], self._values[:, :, seen])
        return attention.affine(mixed, own["out_weight"], own.get("out_bias"))
