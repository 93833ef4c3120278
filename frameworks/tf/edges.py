"""What windows see beyond an image's edges. The framework frames one by itself in one way alone."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from suites.layers.windows import Window


def framed(window: Window, x: Any, fill: float, *, same: bool = True) -> tuple[Any, str]:
    """The image [batch, ..., channels] with what its windows see beyond its edges, and the
    framework's word for what is then still missing: `SAME` where its own way is meant and `same`
    allows it."""
    if not any(map(any, window.edges)):
        return x, "VALID"
    if same and window.edges == _own_edges(window, x.shape[1:-1]):
        return x, "SAME"
    return tf.pad(x, [(0, 0), *window.edges, (0, 0)], constant_values=fill), "VALID"


def _own_edges(window: Window, sizes: Any) -> tuple[tuple[int, int], ...]:
    """The places that `SAME` stands for."""
    each = zip(sizes, window.stride, window.reach, strict=True)
    missing = [max((-(-size // s) - 1) * s + reach - size, 0) for size, s, reach in each]
    return tuple((places // 2, places - places // 2) for places in missing)
