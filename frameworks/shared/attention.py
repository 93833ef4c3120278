"""What attention needs that depends on places alone: which ones see each other, and how far each is
turned. NumPy only; adapters share it."""

from __future__ import annotations

import numpy as np

from suites.data.arrays import Array
from suites.layers import SelfAttention


def visible(layer: SelfAttention, places: int) -> Array | None:
    """Which places (the last axis) each place sees; None where it sees all."""
    if not layer.causal and layer.window is None:
        return None
    seen = np.tri(places, dtype=bool) if layer.causal else np.ones((places, places), bool)
    if layer.window is not None:
        seen &= ~np.tri(places, k=-layer.window, dtype=bool)
        seen &= np.tri(places, k=layer.window - 1, dtype=bool)
    return seen


def turns(layer: SelfAttention, places: int) -> tuple[Array, Array]:
    """Cosines and sines by which a head's vectors at each place are turned, [places, size] each;
    the sines of the first half are negative, as that half takes the other with a minus."""
    assert layer.rotary is not None
    half = layer.size // 2
    angles = np.outer(np.arange(places), layer.rotary ** (-np.arange(half) / half))
    cosines, sines = np.cos(angles), np.sin(angles)
    both = np.concatenate([cosines, cosines], -1), np.concatenate([-sines, sines], -1)
    return both[0].astype(np.float32), both[1].astype(np.float32)
