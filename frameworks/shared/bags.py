"""The layers of recommenders as pure functions, for arrays that have NumPy's methods."""

from __future__ import annotations

from typing import Any

from frameworks.shared.functional import Apply, Moved, Weights
from suites.layers import Counts, EmbeddingBag, Interaction, join


def embedding_bag(layer: EmbeddingBag, path: str) -> Apply:
    weight = join(path, "weight")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        rows = weights[weight][x[:, layer.columns(x.shape)]]  # [batch, tokens of a bag, width]
        return rows.mean(axis=1) if layer.mode == "mean" else rows.sum(axis=1)

    return apply


def counts(xp: Any, layer: Counts, path: str) -> Apply:
    """`xp` is the framework's module of arrays."""
    weight, bias = join(path, "weight"), join(path, "bias")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        logs = xp.log1p(x[:, layer.columns()].astype(xp.float32))
        return logs.astype(weights[weight].dtype) @ weights[weight].T + weights[bias]

    return apply


def interaction(xp: Any, layer: Interaction, path: str) -> Apply:
    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        vectors = x.reshape(len(x), -1, layer.width)
        products = (vectors @ vectors.swapaxes(1, 2)).reshape(len(x), -1)
        pairs = xp.take(products, xp.array(layer.pairs(x.shape)), axis=1)
        return xp.concatenate([x[:, : layer.width], pairs], axis=1)

    return apply
