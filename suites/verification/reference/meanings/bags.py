"""What the layers of recommenders compute."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp

from suites import layers
from suites.layers import Layer
from suites.verification.reference.meanings.operations import (
    add_by_channel,
    apply_rows,
    averaged,
    computed,
    multiply,
)
from suites.verification.reference.meanings.running import Meaning, Run


def _bag(run: Run, layer: layers.EmbeddingBag, x: Any, path: str) -> Any:
    tokens = x[:, layer.columns(x.shape)]
    rows = run.weight(path, "weight")[tokens]
    count = tokens.shape[1]
    sums = averaged(anp.sum(rows, axis=1), count, run.arithmetic)
    return sums / count if layer.mode == "mean" else sums


def _counts(run: Run, layer: layers.Counts, x: Any, path: str) -> Any:
    numbers = x[:, layer.columns()].astype(run.arithmetic.dtype)
    logs = computed(anp.log1p(numbers), run.arithmetic)
    y = apply_rows(logs, run.weight(path, "weight"), run.arithmetic)
    return add_by_channel(y, run.weight(path, "bias"), -1, run.arithmetic)


def _interaction(run: Run, layer: layers.Interaction, x: Any, path: str) -> Any:
    vectors = anp.reshape(x, (len(x), -1, layer.width))
    products = multiply(vectors, anp.transpose(vectors, (0, 2, 1)), run.arithmetic)
    pairs = anp.reshape(products, (len(x), -1))[:, layer.pairs(x.shape)]
    return anp.concatenate([x[:, : layer.width], pairs], axis=1)


MEANINGS: dict[type[Layer], Meaning] = {
    layers.EmbeddingBag: _bag,
    layers.Counts: _counts,
    layers.Interaction: _interaction,
}
"""What each kind of layer computes, by its exact class."""
