"""Numbers as a reader wants them: three digits, a unit, a direction in words; and text made safe.

The only place where figures become text. Records and frames hold SI units.
"""

from __future__ import annotations

import math
import unicodedata

ABSENT = "–"  # noqa: RUF001  a dash is what is meant
"""Shown where nothing is known."""

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BINARY = ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki"), (1, ""))

_SAFE_ZERO_WIDTH = "\u200d"
"""The joiner, which some scripts and emoji need; every other format character is dropped."""


def seconds(value: float | None) -> str:
    """`12.3 µs`"""
    if value is None:
        return ABSENT
    for scale, unit in _SECONDS:
        if float(f"{value:.3g}") >= scale:
            return f"{digits(value / scale)} {unit}"
    return f"{digits(value / 1e-9)} ns"


def memory(value: float | None) -> str:
    """`312 MiB`"""
    if value is None:
        return ABSENT
    for scale, prefix in _BINARY:
        if float(f"{value:.3g}") >= scale:
            return f"{digits(value / scale)} {prefix}B"
    return f"{digits(value)} B"


def percent(value: float | None) -> str:
    """`3.1 %`"""
    return ABSENT if value is None else f"{digits(100 * value, 2)} %"


def times(ratio: float) -> str:
    """`1.82x`, whichever way round it is."""
    return f"{digits(max(ratio, 1 / ratio))}x"


def direction(ratio: float) -> str:
    """`1.82x slower`, `1.04x faster`: of something that takes `ratio` times as long."""
    return f"{times(ratio)} {'faster' if ratio < 1 else 'slower'}"


def digits(value: float, significant: int = 3) -> str:
    """A plain decimal number, with an exponent only where no honest figure lies."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if not 1e-6 < abs(value) < 1e15:
        return f"{value:.2e}"
    rounded = float(f"{value:.{significant}g}")
    decimals = max(0, significant - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:.{decimals}f}"


def count(value: int) -> str:
    """`1000000` as `1 000 000`, with spaces that do not break."""
    return f"{value:,}".replace(",", "\u00a0") if value >= 10_000 else str(value)


def plain(text: str, limit: int = 400) -> str:
    """One line without control characters or those that reorder text; cut where it is too long."""
    kept = "".join(c for c in " ".join(text[: 4 * limit].split()) if _printable(c))
    return kept if len(kept) <= limit else f"{kept[:limit]}…"


def _printable(character: str) -> bool:
    return character == _SAFE_ZERO_WIDTH or unicodedata.category(character)[0] != "C"
