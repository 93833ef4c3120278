"""Training in 16 bits by explicit casts, as MLX's users write it: weights stay in float32 and are
cast in the step; in float16 the loss is scaled, and a step whose gradients overflow is left out."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
from mlx import utils

from suites.workload import GROWS_AFTER, LOSS_SCALE

LossScale = dict[str, Any]
"""What a step multiplies its loss by, and for how many steps it has been that."""


def initial(dtype: Any) -> dict[str, LossScale]:
    """A part of the state; none where none is needed."""
    if dtype != mx.float16:
        return {}
    return {"scale": {"scale": mx.array(LOSS_SCALE), "held": mx.array(0)}}


def after(scale: LossScale, finite: Any) -> LossScale:
    """For the next step."""
    grows = mx.logical_and(finite, scale["held"] + 1 >= GROWS_AFTER)
    factor = mx.where(grows, 2.0, mx.where(finite, 1.0, 0.5))
    held = mx.where(mx.logical_and(finite, mx.logical_not(grows)), scale["held"] + 1, 0)
    return {"scale": scale["scale"] * factor, "held": held}


def narrowed(arrays: Any, dtype: Any) -> Any:
    """Floating numbers in that type; what is whole stays."""
    return {
        name: array.astype(dtype) if mx.issubdtype(array.dtype, mx.floating) else array
        for name, array in arrays.items()
    }


def all_finite(gradients: Any) -> Any:
    """Whether a step with these gradients may be taken."""
    return mx.all(mx.stack([mx.all(mx.isfinite(g)) for g in gradients.values()]))


def chosen(finite: Any, new: Any, old: Any) -> Any:
    """The state after the step, or that before it."""
    return utils.tree_map(lambda one, other: mx.where(finite, one, other), new, old)
