"""Sustained work in words, once for the page, the Markdown and the terminal."""

from __future__ import annotations

import math

from reports.formatting import digits, plain
from reports.history.words import contender as called
from reports.sustain.pace import Pace, Paces


def share(value: float) -> str:
    return f"{digits(100 * value)} %"


def between(pace: Pace) -> str:
    """`61 % to 64 %`; nothing where too few blocks tell."""
    return "" if math.isnan(pace.low) else f"{share(pace.low)} to {share(pace.high)}"


def verdict(pace: Pace) -> str:
    """What became of the pace, in a few words."""
    if pace.word == "unsure":
        return f"not told: {pace.why}"
    if pace.word == "slows":
        half = f", half of it after {digits(pace.half_at_s / 60, 2)} min" if pace.half_at_s else ""
        return f"it slows down{half}"
    return {"steady": "it keeps its pace", "speeds up": "it is faster at the end"}[pace.word]


def name(pace: Pace) -> str:
    return f"{called(pace.contender)} at {plain(pace.case, 80)}"


def remains(pace: Pace) -> str:
    """`62 % (61 % to 64 %)`"""
    if math.isnan(pace.remains):
        return "-"
    ends = between(pace)
    return f"{share(pace.remains)}{f' ({ends})' if ends else ''}"


def headline(found: Paces) -> str:
    """What became of all of them, in a sentence."""
    slow = [pace for pace in found.paces if pace.word == "slows"]
    if not found.paces:
        return "Nobody worked to the end with right answers"
    if slow:
        least = min(slow, key=lambda pace: pace.remains)
        count = f"{len(slow)} of {len(found.paces)}"
        return (
            f"{count} slow down under load; {called(least.contender)} keeps "
            f"{share(least.remains)} of its first minute's pace"
        )
    if all(pace.word == "steady" for pace in found.paces):
        return f"All keep their pace for {found.minutes:g} minutes"
    return "None is known to slow down"


def terminal(found: Paces) -> list[str]:
    """A line for each contender, and what is missing."""
    lines = [f"{headline(found)}."]
    lines += [f"  {name(p)}: {remains(p)} remains; {verdict(p)}" for p in found.paces]
    lines += [f"  {called(c)} at {plain(k, 80)}: {plain(why, 200)}" for c, k, why in found.absent]
    return lines
