"""What the meaning of a layer may ask of the pass of a model that it is part of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from suites.layers import Layer
from suites.verification.reference.meanings.arithmetic import Exact


class Run(Protocol):
    """One pass of a model over a batch."""

    training: bool
    begin: int
    """The number of the first place: others stand before a part of a sequence."""
    arithmetic: Exact
    averages: dict[str, Any]
    """What training makes of running averages, by path."""

    def apply(self, layer: Layer, x: Any, path: str = "") -> Any:
        """Another layer's output for x."""

    def weight(self, path: str, name: str) -> Any:
        """A layer's own parameter."""


Meaning = Callable[[Any, Any, Any, str], Any]
"""The output of a layer, by the run, the layer itself, its input and its path."""
