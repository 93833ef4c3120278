"""A line of figures as a drawing, in percent of its box: what `drawn.html` draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """Text at a place on one axis, in percent."""

    at: float
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Drawing:
    """What the template draws; x and y run from 0 to 100, y downwards."""

    title: str
    colour: str
    dots: str
    """SVG path of the runs."""
    band: str
    """SVG path of their 95 % intervals."""
    levels: str
    steps: tuple[Label, ...]
    versions: tuple[Label, ...]
    unnamed: tuple[float, ...]
    """Places of versions that there is no room to name."""
    y_ticks: tuple[Label, ...]
    x_ticks: tuple[Label, ...]
    description: str
