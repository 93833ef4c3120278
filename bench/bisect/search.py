"""The search for the first worse of versions in order, by an oracle that tells two of them apart.

It knows nothing of what is measured. Git's bisection halves in the same way; this one also meets
versions of which nothing can be told, goes round them, and names a range where it must.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Word = Literal["slower", "same", "faster", "wrong", "unknown", "untestable"]
"""What the other version is beside the base; `untestable` is one that cannot be measured at all,
`unknown` one of which measuring told nothing."""

Decide = Callable[[str, str], Word]
"""What the second version is beside the first."""

MOST_UNKNOWN = 3
"""Versions that measuring may tell nothing of: each costs as much as all that is told of another,
and where three are in doubt a fourth will be."""


@dataclass(frozen=True)
class Decision:
    """One answer of the oracle."""

    base: str
    other: str
    word: Word


@dataclass(frozen=True)
class Found:
    """What the search came to."""

    decisions: tuple[Decision, ...]
    good: str
    """The last version that is known to be no worse than the first."""
    bad: str | None
    """The first known to be worse; None where the last of all is not known to be."""
    between: tuple[str, ...] = ()
    """Versions between the two of which nothing is known; with none of them `bad` is the answer."""

    @property
    def last_word(self) -> Word:
        """What the last of all versions is beside the first."""
        return self.decisions[0].word


def most_decisions(versions: int) -> int:
    """Answers that the search asks for among so many versions, if each is told."""
    return 1 + math.ceil(math.log2(max(versions - 1, 1)))


def search(versions: Sequence[str], decide: Decide, worse: Word = "slower") -> Found:
    """Two neighbours of which the first is no worse than `versions[0]` and the second is.

    The last version is looked at first: if it is not worse there is nothing to find. In a history
    that got worse and better again there are several such neighbours, and these are one of them.
    """
    decisions: list[Decision] = []
    first, last = versions[0], versions[-1]

    def ask(other: str) -> Word:
        decisions.append(Decision(first, other, decide(first, other)))
        return decisions[-1].word

    if ask(last) != worse:
        return Found(tuple(decisions), first, None, tuple(versions[1:-1]))
    low, high, unknown = 0, len(versions) - 1, set[int]()
    costly = 0
    while costly < MOST_UNKNOWN:
        middle = _middle(low, high, unknown)
        if middle is None:
            break
        word = ask(versions[middle])
        if word == worse:
            high = middle
        elif word in ("unknown", "untestable"):
            unknown.add(middle)
            costly += word == "unknown"
        else:
            low = middle
    between = versions[low + 1 : high]
    return Found(tuple(decisions), versions[low], versions[high], tuple(between))


def _middle(low: int, high: int, unknown: Collection[int]) -> int | None:
    """The place nearest to the middle between two that may be asked about."""
    left = [place for place in range(low + 1, high) if place not in unknown]
    return min(left, key=lambda place: abs(2 * place - low - high), default=None)
