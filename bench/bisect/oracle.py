"""What a version is beside another, told by measuring both in the same rounds, start after start,
until the word is sure or as many starts as are allowed were in vain.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.bisect import earlier, evidence
from bench.bisect.evidence import Measured
from bench.bisect.search import Word, most_decisions
from bench.bisect.shelf import Shelf
from bench.environments import manager
from bench.plan import request as requests
from bench.plan.request import Request
from bench.run import runner
from bench.statistics.estimates import Estimate
from bench.statistics.multiplicity import Family
from bench.terminal.progress import Progress
from suites.errors import UserError

MOST_LOOKS = 5
"""Runs of one pair, each with all its starts: their figures count together."""


class Unmeasurable(UserError):
    """The version that all others are held against cannot be measured."""


class Ended(Exception):
    """A run ended before its time; the signal says by what, None for a fault."""

    def __init__(self, signal: int | None, why: str) -> None:
        super().__init__(why)
        self.signal = signal


@dataclass(frozen=True)
class Told:
    """What was found out of a pair."""

    base: str
    other: str
    word: Word
    ratio: Estimate | None = None
    """Time of the other over that of the base."""
    by_cpu: bool = False
    """Whether that is CPU time."""
    reason: str = ""
    """Why there is no ratio, or what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of each pair."""

    versions: Sequence[str]
    asked: Callable[[tuple[str, str]], Request]
    """The run that measures two versions."""
    threshold: float
    """A smaller difference is none."""
    wrong: bool
    """Whether wrong answers are looked for, and not time."""

    @property
    def among(self) -> Family:
        """Every word that may be given: of each pair after each look, by wall and by CPU time."""
        return Family(2 * MOST_LOOKS * (most_decisions(len(self.versions)) + 1))


class Oracle:
    """Measures pairs and keeps what they told."""

    def __init__(
        self, question: Question, shelf: Shelf, progress: Progress, say: Callable[[Told], None]
    ) -> None:
        self._question, self._shelf, self._progress = question, shelf, progress
        self._say = say
        self.told: dict[tuple[str, str], Told] = {}

    def decide(self, base: str, other: str) -> Word:
        """The word for the other; once told, it is not measured again.

        Raises Unmeasurable, Ended, and what a run raises.
        """
        pair = base, other
        if pair not in self.told:
            self.told[pair] = self._tell(base, other)
            self._say(self.told[pair])
        return self.told[pair].word

    def _tell(self, base: str, other: str) -> Told:
        wanted = self._question.asked((base, other))
        texts = [spec.text for spec in wanted.contenders.specs]
        past, pairs = self._past(wanted), list[tuple[Measured, Measured]]()
        lacks = "" if past.ended else self._lacks(base, other)
        if lacks:
            return Told(base, other, "untestable", reason=lacks)
        told = Told(base, other, "unknown")
        for look in range(MOST_LOOKS):
            goes_on = past.broken_off and look == len(past.ended)
            path = past.ended[look] if look < len(past.ended) else self._run(wanted, goes_on)
            seen = evidence.of_run(path)
            mine, yours = (seen.get(text, Measured(text)) for text in texts)
            if mine.state != "proven":
                raise Unmeasurable(
                    f"{base} cannot be measured, and all others are held against it: {mine.reason}"
                )
            if self._question.wrong or yours.state != "proven":
                return Told(base, other, self._answer(yours), reason=yours.reason)
            pairs.append((yours, mine))
            told = self._timed(base, other, pairs)
            if told.word != "unknown":
                break
        return told

    def _answer(self, one: Measured) -> Word:
        """What a contender is that is looked at for its answers, or has no time."""
        if one.state == "proven":
            return "same"
        return "wrong" if self._question.wrong and one.state == "wrong" else "untestable"

    def _timed(self, base: str, other: str, pairs: Sequence[tuple[Measured, Measured]]) -> Told:
        found = evidence.decided(pairs, self._question.threshold, self._question.among)
        word: Word = "unknown" if found.word == "unresolved" else found.word
        return Told(base, other, word, found.ratio, found.by_cpu)

    def _lacks(self, base: str, other: str) -> str:
        """Why the other cannot be installed; empty if it can."""
        for version in (base, other):
            place = self._question.versions.index(version)
            try:
                self._shelf.have(version, place, (base, other))
            except (manager.Unavailable, manager.BuildFailed) as error:
                if version == base:
                    raise Unmeasurable(f"{base} cannot be installed: {error}") from None
                return str(error)
        return ""

    def _past(self, wanted: Request) -> earlier.Earlier:
        if not wanted.resume:
            return earlier.Earlier()
        return earlier.find(wanted, requests.check(wanted, requests.planned(wanted)))

    def _run(self, wanted: Request, resume: bool) -> Path:
        asked = dataclasses.replace(wanted, resume=resume)
        outcome = runner.run(asked, self._progress)
        if outcome.signal is not None or outcome.broken:
            raise Ended(outcome.signal, outcome.broken or "interrupted")
        return outcome.records
