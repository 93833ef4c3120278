"""What others measured on the same chip: who agrees with whom, and who has whose samples.

kin = Kin(evidences)        of all runs there are, the one in question among them or not
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bench.trust.work import Cell
from reports.trust.evidence import Evidence
from reports.trust.figures import Figure

AGREES = 1.5
"""Times of two machines with one chip are the same where neither is longer by more: cooling,
power and versions differ."""

FASTER, SLOWER = 4.0, 10.0
"""Times the others' median: from here on a result is not shown to be plausible. Much makes work
slow; little makes it fast."""

ENOUGH = 2
"""Others who must agree before that counts. Of two that differ nobody knows which one is wrong."""

MOST = 16
"""Senders whose results of one kind are kept, of those whom the reader lists and of others each;
more would confirm nothing better."""

CLAIMS = 4
"""Runs with the same samples that are kept, those with the best claim to them."""


class Other(NamedTuple):
    """Somebody else's result."""

    time_s: float
    run: Evidence
    figure: Figure

    @property
    def listed(self) -> bool:
        """Whether a key of the reader's list signed it."""
        return is_listed(self.run)


class Kin:
    """All runs that one may be held against. What it keeps of one result is bounded: what it tells
    of a run takes as long however many others there are."""

    def __init__(self, runs: Iterable[Evidence] = ()) -> None:
        self._same: dict[tuple[bool, str], dict[str, Other]] = defaultdict(dict)
        """By whether the reader lists who sent it and what is comparable, then by sender."""
        self._marked: dict[tuple[str, int], list[Evidence]] = defaultdict(list)
        self._called: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
        self._hashes: set[str] = set()
        self._copies: dict[tuple[str, str, str], Evidence | None] = {}
        """What `copied` has said since the last run was added."""
        for run in runs:
            self.add(run)

    def add(self, run: Evidence) -> None:
        """Take one in, once."""
        if run.sha256 in self._hashes or run.refused or (run.named and run.named != run.sha256):
            return
        self._hashes.add(run.sha256)
        self._copies.clear()
        _keep(self._called[run.run, run.machine_id], run)
        for figure in run.figures:
            for mark in _marks(figure):
                _keep(self._marked[figure.case, mark], run)
            if figure.comparable and not run.troubles:
                # A crowd that came first leaves those of the list their room.
                known, who = self._same[is_listed(run), figure.comparable], sender(run)
                if who in known or len(known) < MOST:
                    known[who] = Other(figure.time_s, run, figure)

    def others(self, run: Evidence, figure: Figure) -> list[Other]:
        """Comparable results, one of each sender that is not this run's; copies left out."""
        if not figure.comparable:
            return []
        marks = set(_marks(figure))
        return _apart(
            other
            for listed in (True, False)
            for other in self._same.get((listed, figure.comparable), {}).values()
            if different(run, other.run)
            and marks.isdisjoint(_marks(other.figure))
            and not self.copied(other.run, other.figure)
        )

    def copied(self, run: Evidence, figure: Figure) -> Evidence | None:
        """A run of somebody else, or of another time, with the same samples, that has the better
        claim to them."""
        which = run.sha256, figure.contender, figure.case
        if which not in self._copies:
            self._copies[which] = self._copied(run, figure)
        return self._copies[which]

    def _copied(self, run: Evidence, figure: Figure) -> Evidence | None:
        for mark in _marks(figure):
            for other in self._marked.get((figure.case, mark), ()):
                same = (other.run, other.machine_id) == (run.run, run.machine_id)
                if other.sha256 != run.sha256 and not same and not _claims(run, other):
                    return other
        return None

    def contradicted(self, run: Evidence) -> Evidence | None:
        """Another file of the same run, with other samples, that has the better claim."""
        own = _firsts(run)
        for other in self._called.get((run.run, run.machine_id), ()):
            theirs = _firsts(other)
            differ = any(own[cell] != mark for cell, mark in theirs.items() if cell in own)
            if other.sha256 != run.sha256 and differ and not _claims(run, other):
                return other
        return None


def sender(run: Evidence) -> str:
    """Whose it is: of its key, else of its machine."""
    return (run.signature.key if run.signature else "") or run.machine_id


def different(one: Evidence, other: Evidence) -> bool:
    """Whether they are of two senders: of two keys, or, where one has none, of two machines."""
    keys = [run.signature.key if run.signature else "" for run in (one, other)]
    return keys[0] != keys[1] if all(keys) else one.machine_id != other.machine_id


def is_listed(run: Evidence) -> bool:
    """Whether a key of the reader's list signed it."""
    return bool(run.signature and run.signature.known)


def heavy(others: Sequence[Other]) -> Sequence[Other]:
    """Those that a key of the list signed, where there are any; else all. Whoever has no key can be
    many."""
    return [other for other in others if other.listed] or others


def middle(others: Sequence[Other], listed: bool) -> float | None:
    """The median of enough others who agree, as all do who have a key of the list; None where there
    is none. A run that is `listed` itself is held against such alone."""
    weighty = [other for other in others if other.listed]
    some = weighty if listed or len(weighty) >= ENOUGH else others
    if len(some) < ENOUGH:
        return None
    found = statistics.median(other.time_s for other in some)
    near = [other for other in some if found / FASTER <= other.time_s <= found * FASTER]
    agreed = all(other in near for other in some if other.listed)
    return found if agreed and len(near) > len(some) / 2 and len(near) >= ENOUGH else None


def _claims(run: Evidence, other: Evidence) -> bool:
    """Whether of two with the same samples this one counts: that of a known key, else the earlier
    by receipt."""
    own, theirs = _rank(run), _rank(other)
    if own[0] == theirs[0] and not (run.received_at and other.received_at):
        return False
    return own < theirs


def _apart(others: Iterable[Other]) -> list[Other]:
    """Those that are pairwise of different senders, of two that are not the first; there is one of
    each key, and of each machine that has none."""
    found: list[Other] = []
    keyless: set[str] = set()
    keyed: set[str] = set()
    for other in others:
        machine, has_key = other.run.machine_id, sender(other.run) != other.run.machine_id
        if machine in keyless or (not has_key and machine in keyed):
            continue
        (keyed if has_key else keyless).add(machine)
        found.append(other)
    return found


def _marks(figure: Figure) -> list[int]:
    return [mark for mark in (figure.exact, figure.order) if mark is not None]


def _firsts(run: Evidence) -> dict[Cell, int]:
    """Marks of first slices, which stay when a run goes on."""
    return {
        (figure.contender, figure.case): figure.exact
        for figure in run.figures
        if figure.exact is not None
    }


def _keep(known: list[Evidence], run: Evidence) -> None:
    """Add it to those with the best claims."""
    known.append(run)
    known.sort(key=_rank)
    del known[CLAIMS:]


def _rank(run: Evidence) -> tuple[bool, str, str]:
    """The better claim first."""
    return not is_listed(run), run.received_at, run.sha256
