"""Whether a model normalises by the spread of so few values that they may be nearly equal.

Then rounding counts for many times as much as elsewhere, in that place of that batch alone: limits
must follow from the very values that are compared.
"""

from __future__ import annotations

import math

from suites.layers import GroupNorm, InstanceNorm, Layer, LayerNorm, Shape, walk

FEW = 16
"""Values. That two of them lie within a thousandth of each other happens once in a thousand groups;
that so many do never does."""

DRAWS = 6
"""Honest solutions of such work: as of a training step, since one may be right by luck."""


def has_narrow_norm(model: Layer, shape: Shape) -> bool:
    """Whether a layer takes fewer than FEW values together."""
    return any(_together(node.layer, node.input) < FEW for node in walk(model, shape))


def _together(layer: Layer, shape: Shape) -> float:
    match layer:
        case LayerNorm():
            return layer.width
        case GroupNorm():
            return math.prod(shape[1:]) // layer.groups
        case InstanceNorm():
            return math.prod(shape[2:])
    return math.inf
