"""Versions as numbers to compare; what is no version compares with nothing."""

from __future__ import annotations

import re
from functools import lru_cache

Numbers = tuple[int, ...]


@lru_cache(maxsize=1024)
def numbers(text: str | None) -> Numbers | None:
    """(2, 13) of `2.13.0+cpu` or `2.13.0rc1`; None for anything that does not begin so."""
    found = re.match(r"[0-9]{1,8}(?:\.[0-9]{1,8}){0,5}", text or "")
    if found is None:
        return None
    parts = [int(part) for part in found[0].split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def within(text: str | None, first: str | None, below: str | None) -> bool:
    """Whether the version lies in the range; None is an open end. False for no version."""
    own, low, high = numbers(text), numbers(first), numbers(below)
    return own is not None and (low is None or own >= low) and (high is None or own < high)


def series(text: str) -> str:
    """`2.18` of `2.18.1`, as tables name a line of releases; empty for no version."""
    found = re.match(r"[0-9]{1,8}\.[0-9]{1,8}", text)
    return found[0] if found else ""
