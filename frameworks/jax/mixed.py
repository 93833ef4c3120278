"""Training in 16 bits by explicit casts, as JAX's users write it: weights stay in float32 and are
cast in the step; in float16 the loss is scaled, and a step whose gradients overflow is left out."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from suites.workload import GROWS_AFTER, LOSS_SCALE


class LossScale(NamedTuple):
    """What a step multiplies its loss by, and for how many steps it has been that."""

    scale: Any
    held: Any

    @classmethod
    def initial(cls, dtype: Any) -> LossScale | None:
        """None where none is needed."""
        if dtype != jnp.float16:
            return None
        return cls(jnp.asarray(LOSS_SCALE, jnp.float32), jnp.zeros((), jnp.int32))

    def after(self, finite: Any) -> LossScale:
        """For the next step."""
        grows = finite & (self.held + 1 >= GROWS_AFTER)
        scale = self.scale * jnp.where(grows, 2.0, jnp.where(finite, 1.0, 0.5))
        return LossScale(scale, jnp.where(finite & ~grows, self.held + 1, 0))


def narrowed(arrays: Any, dtype: Any) -> Any:
    """Floating numbers in that type; what is whole stays."""
    if dtype == jnp.float32:
        return arrays
    return {
        name: array.astype(dtype) if jnp.issubdtype(array.dtype, jnp.floating) else array
        for name, array in arrays.items()
    }


def all_finite(gradients: Any) -> Any:
    """Whether a step with these gradients may be taken."""
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(g)) for g in jax.tree.leaves(gradients)]))


def chosen(finite: Any, new: Any, old: Any) -> Any:
    """The state after the step, or that before it."""
    return jax.tree.map(lambda one, other: jnp.where(finite, one, other), new, old)
