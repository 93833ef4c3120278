"""What reports know of frameworks: how each is drawn, and what the word for a device tells.

Reports work on records, which may be of any checkout and hold adapters from anywhere, so they
import nothing of `frameworks`. The little that figures and old records need comes through here.
"""

from __future__ import annotations

from frameworks import FRAMEWORKS
from frameworks.interface import backend_of

__all__ = ["COLOURS", "backend_of"]

COLOURS = {row.name: (row.colour, row.marker) for row in FRAMEWORKS.values()}
"""Colour and marker of each framework."""
