"""Rows of a weight that stand for words or are added to a sample's rows, in the form that
`functional` gives. Many samples share each, so that its gradient is a sum over many.
"""

from __future__ import annotations

from typing import Any

from frameworks.shared.functional import Apply, Moved, Weights
from suites.layers import ClassToken, Embedding, Positions, Segment, TiedHead, join


def embedding(wide: Any, layer: Embedding, path: str) -> Apply:
    """In training the weight becomes `wide`, float32, on its way: the rows are the same, and the
    gradient of one that is taken often is summed in float32. In 16 bits, as XLA and MLX do it on a
    CPU, it is off by a tenth at 3,000 rows."""
    weight = join(path, "weight")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        own = weights[weight]
        return own[x] if moved is None else own.astype(wide)[x].astype(own.dtype)

    return apply


def tied_head(layer: TiedHead, path: str) -> Apply:
    weight = join(layer.of, "weight")
    return lambda weights, x, moved: x @ weights[weight].T


def class_token(xp: Any, layer: ClassToken, path: str) -> Apply:
    """In float32, so that its gradient is summed in it; `xp` is the framework's array module."""
    weight = join(path, "weight")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        token = xp.broadcast_to(weights[weight].astype(xp.float32), (x.shape[0], 1, layer.width))
        return xp.concatenate([token.astype(x.dtype), x], axis=1)

    return apply


def positions(layer: Positions, path: str, add: Any = lambda x, y: x + y) -> Apply:
    weight = join(path, "weight")
    return lambda weights, x, moved: add(x, weights[weight][: x.shape[1]])


def segment(layer: Segment, path: str, add: Any = lambda x, y: x + y) -> Apply:
    weight = join(path, "weight")
    return lambda weights, x, moved: add(x, weights[weight][0])
