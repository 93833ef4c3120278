"""What every layer computes, in whatever arithmetic the arrays carry: float64, or `autograd`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt

from suites import layers
from suites.layers import Layer, join, lacking
from suites.verification.reference.meanings import (
    attention,
    bags,
    dense,
    elementwise,
    images,
    moving,
    recurrent,
)
from suites.verification.reference.meanings.arithmetic import Exact
from suites.verification.reference.meanings.operations import add_by_channel, stored
from suites.verification.reference.meanings.running import Meaning

Float64 = npt.NDArray[np.float64]
Weights = Mapping[str, Any]


class NoReference(ValueError):
    """The reference cannot do this work; the message says what it lacks."""


@dataclass
class Pass:
    """One pass of a model over a batch. `averages` collects what training makes of BatchNorm's."""

    weights: Weights
    training: bool = False
    arithmetic: Exact = field(default_factory=Exact)
    averages: dict[str, Any] = field(default_factory=dict)
    begin: int = 0

    def apply(self, layer: Layer, x: Any, path: str = "") -> Any:
        """The layer's output for x."""
        if type(layer) not in MEANINGS:
            reason = lacking("the reference", layer, MEANINGS)
            raise NoReference(f"{reason}; see docs/adding.md")
        y = MEANINGS[type(layer)](self, layer, x, path)
        return y if type(layer) in SAME_VALUES else stored(y, self.arithmetic)

    def weight(self, path: str, name: str) -> Any:
        """A layer's own parameter."""
        return self.weights[join(path, name)]


def _sequential(run: Pass, layer: layers.Sequential, x: Any, path: str) -> Any:
    for name, child in layer.children:
        x = run.apply(child, x, join(path, name))
    return x


def _concat(run: Pass, layer: layers.Concat, x: Any, path: str) -> Any:
    parts = [run.apply(child, x, join(path, name)) for name, child in layer.children]
    return anp.concatenate(parts, axis=1)


def _residual(run: Pass, layer: layers.Residual, x: Any, path: str) -> Any:
    beside = x
    if layer.shortcut is not None:
        beside = run.apply(layer.shortcut, x, join(path, "shortcut"))
    return beside + run.apply(layer.body, x, join(path, "body"))


def _gated(run: Pass, layer: layers.Gated, x: Any, path: str) -> Any:
    return x * run.apply(layer.body, x, join(path, "body"))


def _positions(run: Pass, layer: layers.Positions, x: Any, path: str) -> Any:
    return x + run.weight(path, "weight")[run.begin : run.begin + x.shape[1]]


def _segment(run: Pass, layer: layers.Segment, x: Any, path: str) -> Any:
    return add_by_channel(x, run.weight(path, "weight")[0], -1, run.arithmetic)


def _class_token(run: Pass, layer: layers.ClassToken, x: Any, path: str) -> Any:
    token = run.weight(path, "weight") + np.zeros((x.shape[0], 1, layer.width), x.dtype)
    return anp.concatenate([token, x], axis=1)


SAME_VALUES = (
    *(layers.Sequential, layers.Concat, layers.ClassToken, layers.FirstToken, layers.LastToken),
    layers.Embedding,
    *images.SAME_VALUES,
    *elementwise.SAME_VALUES,
    *moving.MEANINGS,
)
"""Layers that round nothing."""

MEANINGS: dict[type[Layer], Meaning] = {
    **images.MEANINGS,
    **elementwise.MEANINGS,
    **moving.MEANINGS,
    **dense.MEANINGS,
    **attention.MEANINGS,
    **recurrent.MEANINGS,
    **bags.MEANINGS,
    layers.Sequential: _sequential,
    layers.Concat: _concat,
    layers.Residual: _residual,
    layers.Gated: _gated,
    layers.ClassToken: _class_token,
    layers.FirstToken: lambda run, layer, x, path: x[:, 0],
    layers.LastToken: lambda run, layer, x, path: x[:, -1],
    layers.Embedding: lambda run, layer, x, path: run.weight(path, "weight")[x],
    layers.Positions: _positions,
    layers.Segment: _segment,
}
"""What each kind of layer computes, by its exact class."""
