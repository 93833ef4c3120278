"""Numbers as a reader wants them: three digits, a unit, a direction in words; and text made safe.

The only place where figures become text. Records and frames hold SI units.
"""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache

ABSENT = "–"  # noqa: RUF001  a dash is what is meant
"""Shown where nothing is known."""

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_JOULES = ((1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"))
_WATTS = ((1.0, "W"), (1e-3, "mW"))
_BYTES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))

_SAFE_ZERO_WIDTH = "\u200d"
"""The joiner, which some scripts and emoji need; every other format character is dropped."""


class Figure(str):
    """A figure in words that still knows its value, to sort by, and the ends of its interval."""

    value: float | None
    ends: tuple[float, float] | None

    def __new__(
        cls, text: str, value: float | None, ends: tuple[float, float] | None = None
    ) -> Figure:
        made = super().__new__(cls, text)
        made.value, made.ends = value, ends
        return made


NONE = Figure(ABSENT, None)


@lru_cache(maxsize=2**16)
def seconds(value: float | None) -> Figure:
    """`12.3 µs`"""
    return _scaled(value, _SECONDS)


def memory(value: float | None) -> Figure:
    """`312 MiB`"""
    return _scaled(value, _BYTES)


def energy(value: float | None) -> Figure:
    """`1.20 mJ`"""
    return _scaled(value, _JOULES)


def power(value: float | None) -> Figure:
    """`8.20 W`"""
    return _scaled(value, _WATTS)


def _scaled(value: float | None, scales: tuple[tuple[float, str], ...]) -> Figure:
    if value is None:
        return NONE
    near = float(f"{value:.3g}")
    scale, unit = next((each for each in scales if near >= each[0]), scales[-1])
    return Figure(f"{digits(value / scale)} {unit}", value)


def percent(value: float | None) -> Figure:
    """`3.1 %`"""
    return NONE if value is None else Figure(f"{digits(100 * value, 2)} %", value)


def number(value: float | None, scale: float = 1.0) -> Figure:
    """Three digits of `value / scale`."""
    return NONE if value is None else Figure(digits(value / scale), value)


def rate(value: float | None) -> Figure:
    """`41.3`, `12,300`: three digits."""
    if value is None:
        return NONE
    return Figure(digits(value) if value < 10_000 else f"{float(f'{value:.3g}'):,.0f}", value)


def amount(value: float) -> str:
    """`2.59 million`, `725`: of a size that was worked out."""
    for scale, word in ((1e9, "billion"), (1e6, "million")):
        if value >= scale:
            return f"{digits(value / scale)} {word}"
    return count(round(value)) if value >= 100 else digits(value)


def times(ratio: float) -> str:
    """`1.82x`, whichever way round it is."""
    return f"{digits(max(ratio, 1 / ratio))}x"


def direction(ratio: float) -> str:
    """`1.82x slower`, `1.04x faster`: of something that takes `ratio` times as long."""
    return f"{times(ratio)} {'faster' if ratio < 1 else 'slower'}"


def said(ratio: float, verdict: str) -> str:
    """`1.82x slower`; of what is neither slower nor faster the word alone."""
    return direction(ratio) if verdict in ("slower", "faster") else verdict


def between(ends: tuple[float, float] | None) -> str:
    """`1.78x to 1.86x`; a dash where there is no interval."""
    return " to ".join(f"{digits(end)}x" for end in ends) if ends else ABSENT


def flop_rate(value: float | None) -> Figure:
    """`512 GFLOP/s`, `13.6 TFLOP/s`"""
    if value is None:
        return NONE
    scale, unit = flop_unit(value)
    return Figure(f"{digits(value / scale)} {unit}", value)


def flop_unit(highest: float) -> tuple[float, str]:
    """FLOP/s of the unit for rates up to this one, and its name."""
    return (1e12, "TFLOP/s") if float(f"{highest:.3g}") >= 1e12 else (1e9, "GFLOP/s")


def digits(value: float, significant: int = 3) -> str:
    """A plain decimal number, with an exponent only where no honest figure lies."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if not 1e-6 < abs(value) < 1e15:
        return f"{value:.2e}"
    rounded = float(f"{value:.{significant}g}")
    decimals = max(0, significant - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:.{decimals}f}"


def count(value: int) -> Figure:
    """`1000000` as `1,000,000`."""
    return Figure(f"{value:,}" if value >= 10_000 else str(value), value)


def plain(text: str, limit: int = 400) -> str:
    """One line without control characters or those that reorder text; cut where it is too long."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "" not in text.split(" "):
        return text  # most names: nothing to clean
    shown = "".join(c for c in " ".join(text[: 4 * limit].split()) if _printable(c))
    kept = " ".join(shown.split())  # anew: spaces around what was dropped stand side by side
    return kept if len(kept) <= limit else f"{kept[:limit]}…"


def _printable(character: str) -> bool:
    return character == _SAFE_ZERO_WIDTH or unicodedata.category(character)[0] != "C"
