"""Which environments are given up for room: those a bisection built, the farthest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """An environment that the bisection built."""

    version: str
    place: int
    """Of the version among all, the oldest 0."""
    size_bytes: int


def to_remove(
    held: Sequence[Held], near: int, needed: Collection[str], room_bytes: int
) -> list[Held]:
    """Those to remove, in order, so that the others take no more than the room.

    `held` begins with the one built first; `near` is the place now looked at, round which the
    search goes on. What is `needed` stays, even where that is more than there is room for.
    """
    spare = [each for each in held if each.version not in needed]
    farthest = sorted(spare, key=lambda each: -abs(each.place - near))  # the oldest of those alike
    total, gone = sum(each.size_bytes for each in held), []
    for each in farthest:
        if total <= room_bytes:
            break
        gone.append(each)
        total -= each.size_bytes
    return gone
