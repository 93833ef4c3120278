"""How contenders stand at a case, told from its records and rounds while the run goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from bench import names
from bench.contenders.spec import Contender
from bench.run.rounds import History
from bench.schema import Cell, Failed, Record, Skipped, Verified
from bench.statistics import estimates, multiplicity
from bench.statistics.estimates import Series
from bench.statistics.multiplicity import ALONE, Family
from bench.terminal.case_outcome import CaseOutcome, Standing, Word
from bench.verification.evidence import passed
from frameworks import NULL

USUAL = 150
"""Comparisons that a run of some minutes makes: what its first cases say is said among so many."""

_GRAVEST: tuple[Word, ...] = ("wrong", "untimed", "failed")


class Board:
    """What became of each contender at each case; it is shown every record that is written."""

    def __init__(self, planned: int = 1) -> None:
        self._planned = planned
        """Comparisons that the plan can make; a limited run makes a part of them."""
        self._words: dict[tuple[str, str], Word] = {}

    @property
    def among(self) -> Family:
        """The comparisons of which a reader of this run will be able to choose any."""
        proven = [
            (case, contender.rpartition("/")[2])
            for (contender, case), word in self._words.items()
            if word == "first"
        ]
        made = multiplicity.pairs(Counter(proven).values())
        return Family(min(self._planned, max(made, USUAL)))

    def note(self, record: Record) -> None:
        """Take in what the record says of a cell, if it says anything; the gravest word stays."""
        match record:
            case Verified(passed=False):
                bad = {each.about for each in record.checks if not passed(each)}
                word: Word = "wrong" if "answer" in bad else "untimed"
            case Failed(case=str()):
                word = "failed"
            case Skipped(case=str()):
                word = "withdrawn" if record.withdrawn else "skipped"
            case Cell():
                word = "first"
            case _:
                return
        assert record.case is not None
        key = record.contender, record.case
        if self._words.get(key) not in _GRAVEST:
            self._words[key] = word

    def told(self, contender: str, case: str) -> bool:
        """Whether any record has said what became of it."""
        return (contender, case) in self._words

    def proven(self, contender: str, case: str) -> bool:
        """Whether it was measured to an end and nothing was found against it."""
        return self._words.get((contender, case)) == "first"

    def ended(
        self, case: str, contenders: Sequence[Contender], histories: Mapping[str, History]
    ) -> list[CaseOutcome]:
        """How those of each precision stand; `histories` by contender. The null adapter, which
        does no work, stands nowhere beside others."""
        groups: dict[str, list[Contender]] = {}
        for contender in [c for c in contenders if c.spec.framework != NULL.name] or contenders:
            groups.setdefault(contender.precision, []).append(contender)
        named = labels(contenders)
        return [
            CaseOutcome(case, precision, self._standings(case, group, histories, named))
            for precision, group in groups.items()
        ]

    def _standings(
        self,
        case: str,
        group: Sequence[Contender],
        histories: Mapping[str, History],
        named: Mapping[str, str],
    ) -> tuple[Standing, ...]:
        proven = [c.id for c in group if self.proven(c.id, case) and histories[c.id].taken_s]
        found = compared({name: histories[name] for name in proven}, self.among)
        timed = [replace(standing, label=named[name]) for name, standing in found.items()]
        others = [
            Standing(named[c.id], None, None, self._words.get((c.id, case), "skipped"))
            for c in group
            if c.id not in found
        ]
        return (*timed, *others)


def labels(contenders: Sequence[Contender]) -> dict[str, str]:
    """What a line calls each contender, by its id: its spec, and its device where those differ."""
    told = [names.Contender(c.spec.text, c.device.id, c.device.kind) for c in contenders]
    called = zip(contenders, names.contenders(told), strict=True)
    return {contender.id: name for contender, name in called}


def compared(histories: Mapping[str, History], among: Family = ALONE) -> dict[str, Standing]:
    """Seconds of a step, ratio to the first and the word for it, by name: the fastest first."""
    times = {name: median(past.rounds_s) for name, past in histories.items() if past.taken_s}
    first, *others = sorted(times, key=lambda name: times[name]) or [""]
    if not first:
        return {}
    found = {first: Standing(first, times[first], None, "first")}
    for name in others:
        ratio = estimates.ratio(_series(histories[name]), _series(histories[first]))
        word = estimates.word(ratio, among=among)
        # By its paired rounds it may even be before the first, whose median is smaller.
        told: Word = "unresolved" if word == "faster" else word
        found[name] = Standing(name, times[name], ratio.value if ratio else None, told)
    return found


def _series(past: History) -> Series:
    numbers = np.array(list(past.taken_s), dtype=np.int64)
    return Series(numbers, np.array(past.rounds_s), np.zeros(len(numbers), dtype=np.int64))
