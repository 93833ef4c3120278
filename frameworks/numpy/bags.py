"""The layers of recommenders."""

from __future__ import annotations

import numpy as np

from frameworks.numpy.attention import affine
from suites.data.arrays import Array
from suites.layers import Counts, EmbeddingBag, Interaction


def embedding_bag(layer: EmbeddingBag, x: Array, weight: Array) -> Array:
    """Token by token of all bags: rows of whole bags would leave the processor's cache."""
    first, *others = x[:, layer.columns(x.shape)].T
    y: Array = weight[first]
    for tokens in others:
        y += weight[tokens]
    if layer.mode == "mean":
        y /= 1 + len(others)
    return y


def counts(layer: Counts, x: Array, weight: Array, bias: Array) -> Array:
    return affine(np.log1p(x[:, layer.columns()].astype(np.float32)), weight, bias)


def interaction(layer: Interaction, x: Array) -> Array:
    vectors = x.reshape(len(x), -1, layer.width)
    products = (vectors @ vectors.swapaxes(1, 2)).reshape(len(x), -1)
    return np.concatenate([x[:, : layer.width], products[:, layer.pairs(x.shape)]], axis=1)
