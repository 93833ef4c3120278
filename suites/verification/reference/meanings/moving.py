"""Where layers put values that they only move."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp

from suites import layers
from suites.layers import Layer
from suites.verification.reference.meanings.running import Meaning, Run


def _shuffled(run: Run, layer: layers.PixelShuffle, x: Any, path: str) -> Any:
    batch, channels, height, width = x.shape
    factor = layer.factor
    blocks = anp.reshape(x, (batch, channels // factor**2, factor, factor, height, width))
    return anp.reshape(anp.transpose(blocks, (0, 1, 4, 2, 5, 3)), layer.output_shape(x.shape))


MEANINGS: dict[type[Layer], Meaning] = {
    layers.Flatten: lambda run, layer, x, path: anp.reshape(x, (x.shape[0], -1)),
    layers.Reshape: lambda run, layer, x, path: anp.reshape(x, layer.output_shape(x.shape)),
    layers.Permute: lambda run, layer, x, path: anp.transpose(x, layer.axes),
    layers.PixelShuffle: _shuffled,
}
"""What each kind of layer computes, by its exact class."""
