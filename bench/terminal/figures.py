"""Figures as short text for the terminal: seconds, ratios, sizes, and how long a person waits."""

from __future__ import annotations

_SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SIZES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
_SHORT = 10_000
"""Sizes below it stand in full."""


def seconds(value: float) -> str:
    """`770 µs`, `5.91 ms`: three digits."""
    near = float(f"{value:.3g}")
    scale, unit = next((each for each in _SCALES if near >= each[0]), _SCALES[-1])
    return f"{_digits(value / scale)} {unit}"


def times(ratio: float, decimals: int = 2) -> str:
    """`1.21x`, `12x`, `154x`: no more digits than a glance takes in."""
    return f"{ratio:.0f}x" if ratio >= 9.995 else f"{ratio:.{decimals}f}x"


def size(count: int) -> str:
    """`512`, `91k`, `1.4M`, `225M`."""
    if count < _SHORT:
        return str(count)
    scale, unit = next(each for each in _SIZES if count >= 0.9995 * each[0])
    value = count / scale
    return f"{value:.0f}{unit}" if value >= 9.95 else f"{value:.1f}{unit}".replace(".0", "")


def wait(value: float) -> str:
    """`40 s`, `5 min`, `2.5 h`: seconds as one waits for them."""
    if value < 90:
        return f"{5 * max(1, round(value / 5))} s"
    if value < 5370:
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.1f} h"


def _digits(value: float) -> str:
    near = float(f"{value:.3g}")
    return f"{near:.2f}" if near < 10 else f"{near:.1f}" if near < 100 else f"{near:.0f}"
