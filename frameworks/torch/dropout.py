"""Dropout as a module: the identity, or with the mask that a training step was given."""

from __future__ import annotations

from typing import Any

from torch import nn

from suites.layers import Dropout


def lower(layer: Dropout) -> Any:
    """The layer as a module; stochastic depth is one too."""
    return _Dropped(layer) if layer.active else nn.Identity()


class _Dropped(nn.Module):  # type: ignore[misc]
    def __init__(self, layer: Dropout) -> None:
        super().__init__()
        self.scale = layer.scale
        self.mask: Any = None

    def forward(self, x: Any) -> Any:
        # Autocast narrows neither of them: the product would be as wide as the mask.
        return x * (self.mask * self.scale).to(x.dtype) if self.training else x
