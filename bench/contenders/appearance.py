"""How each framework is drawn: its colour and marker, for reports.

Reports work on records, which may hold frameworks of any checkout, so they import no framework's
row. What a figure needs of the rows reaches them through this module alone.
"""

from __future__ import annotations

from frameworks import FRAMEWORKS

COLOURS = {row.name: (row.colour, row.marker) for row in FRAMEWORKS.values()}
"""Colour and marker of each framework."""
