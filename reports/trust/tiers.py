"""How far a run can be trusted: six checks, each by itself, each with its reason.

    run = evidence.of_file(path, named=sha256, signatures=[...], works=[...], signers=...)
    found = tiers.of(run, Kin(every run there is))
    found.word                  "plausible": the highest check that it passes; one that its file
                                speaks against, and all above it, do not count; `rank` is the same
                                as a number, `reason` says why
    found.meets("signed"), found.why_not("signed")          to refuse it by name where that is asked
    found.of(contender, case)   the tier of one result, where it differs
    found.marks                 every check with its outcome and reason, in order

Nothing here says that somebody forged anything: a check is passed, or not shown, or what the file
holds speaks against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.trust.vouching import Word
from bench.trust.work import Cell
from reports.formatting import plain
from reports.trust import likely
from reports.trust.evidence import Evidence
from reports.trust.kin import Kin
from reports.trust.likely import Outcome, Told

CHECKS = {
    "valid": "every line is a record of a known schema",
    "intact": "the bytes are those that its name was made of",
    "signed": "a key of the reader's list signed these bytes",
    "worked": "its answers are those of a seed that was told only when it was asked for",
    "plausible": "nothing in it is beyond its hardware, or at odds with itself or with others",
    "confirmed": "others measured the same on the same chip",
}
"""Every check, in rising order, and what it shows."""

WORD = (
    "The word for a run, or for one of its results, is the highest of six checks that it passes. "
    "If its own file speaks against a check, that check and all above it do not count."
)
"""What a tier's word means; CHECKS says what each shows."""

NONE = "not valid"
"""The word for a run that passes none."""


@dataclass(frozen=True)
class Mark:
    """The outcome of one check."""

    check: str
    """A key of CHECKS."""
    outcome: Outcome
    """`against`: what there is contradicts it; `not shown`: there is nothing to show it by."""
    reason: str


@dataclass(frozen=True)
class Tier:
    """What all checks came to."""

    marks: tuple[Mark, ...]
    """In the order of CHECKS."""
    results: Mapping[Cell, tuple[Mark, ...]] = field(default_factory=dict)
    """Of single results, by contender and case, the marks that differ from those of the run."""

    def of(self, contender: str, case: str) -> Tier:
        """Of one result."""
        own = {mark.check: mark for mark in self.results.get((contender, case), ())}
        return Tier(tuple(own.get(mark.check, mark) for mark in self.marks)) if own else self

    @property
    def word(self) -> str:
        """The highest check that is passed and comes before any that speaks against the run."""
        reached = NONE
        for mark in self.marks:
            if mark.outcome == "against":
                break
            reached = mark.check if mark.outcome == "passed" else reached
        return reached

    @property
    def rank(self) -> int:
        """The word as a number; 0 where it passes none."""
        return [NONE, *CHECKS].index(self.word)

    @property
    def reason(self) -> str:
        """Why it has that word, in a sentence; what speaks against it, where something does."""
        if self.against:
            return f"not shown to be {self.against.check}: {self.against.reason}"
        return next((mark.reason for mark in self.marks if mark.check == self.word), "")

    @property
    def against(self) -> Mark | None:
        """The first check that speaks against it."""
        return next((mark for mark in self.marks if mark.outcome == "against"), None)

    def meets(self, check: str) -> bool:
        """Whether it passes this check, and none below speaks against it."""
        return not self.why_not(check)

    def why_not(self, check: str) -> str:
        """Why it does not meet the check; empty where it does."""
        for mark in self.marks:
            if mark.check == check and mark.outcome != "passed":
                return f"not shown to be {check}: {mark.reason}"
            if mark.outcome == "against":
                return f"not shown to be {mark.check}: {mark.reason}"
            if mark.check == check:
                return ""
        raise KeyError(check)


def of(run: Evidence, kin: Kin) -> Tier:
    """The tier of a run among the others there are."""
    known = likely.others(run, kin)
    plausible, plausible_each = likely.plausible(run, kin, known)
    confirmed, confirmed_each = likely.confirmed(run, known, plausible_each, plausible[0])
    worked, worked_each = _worked(run)
    marks = [_valid(run), _intact(run), _signed(run)]
    marks += [Mark("worked", *worked), Mark("plausible", *plausible), Mark("confirmed", *confirmed)]
    results: dict[Cell, tuple[Mark, ...]] = {}
    each = {"worked": worked_each, "plausible": plausible_each, "confirmed": confirmed_each}
    for check, found in each.items():
        for cell, told in found.items():
            results[cell] = (*results.get(cell, ()), Mark(check, *told))
    return Tier(tuple(marks), results)


def _valid(run: Evidence) -> Mark:
    if run.refused:
        count = len(run.refused)
        first = plain(run.refused[0], 300)
        return Mark("valid", "against", f"{count} line{'s' * (count > 1)} refused: {first}")
    return Mark("valid", "passed", f"all {run.lines} lines are records")


def _intact(run: Evidence) -> Mark:
    if not run.named:
        return Mark("intact", "not shown", "nothing names its sha256 but the file itself")
    if run.named != run.sha256:
        reason = f"its bytes have the sha256 {run.sha256[:12]}, its name says {run.named[:12]}"
        return Mark("intact", "against", reason)
    return Mark("intact", "passed", f"sha256 {run.sha256[:12]}")


def _signed(run: Evidence) -> Mark:
    found = run.signature
    if found is None:
        return Mark("signed", "not shown", "it has no signature")
    if not found.key:
        # Anybody may put a file beside a run: one that does not fit tells no more than none.
        return Mark("signed", "not shown", found.problem)
    if not found.known:
        reason = f"signed by an unknown key, {found.key}: {found.problem}"
        return Mark("signed", "not shown", reason)
    return Mark("signed", "passed", f"by {found.key}")


def _worked(run: Evidence) -> tuple[Told, dict[Cell, Told]]:
    """By the word of one who asked for it; of several the first that shows it."""
    told: list[tuple[Told, dict[Cell, Told]]] = [_asked(run, word) for word in run.words]
    told.append((("not shown", "nobody asked for it with a seed"), {}))
    return next((one for one in told if one[0][0] == "passed"), told[0])


def _asked(run: Evidence, word: Word) -> tuple[Told, dict[Cell, Told]]:
    """By this word, which must be about this run and not the sender's own."""
    said, key = word.statement, run.signature.key if run.signature else ""
    if said is None:
        return ("not shown", word.problem), {}
    question = said.question
    if (question.seed, question.commit) != (run.seed, run.commit):
        return ("not shown", "the word beside it is about another seed or commit"), {}
    if word.asker == key:
        return ("not shown", "who signed it asked for it as well"), {}
    if question.of and question.of != key:
        return ("not shown", f"{question.of} was asked, and did not sign it"), {}
    asked = f"{word.asker} asked for it at {question.asked_at}"
    looked = {(contender, case) for contender, case in said.cells}
    each: dict[Cell, Told] = {
        (figure.contender, figure.case): ("not shown", "of the cases looked at it is none")
        for figure in run.figures
        if (figure.contender, figure.case) not in looked
    }
    reason = f"{asked}, and looked at {len(looked)} of its results, taken by chance"
    return ("passed", reason), each


def below(tiers: Sequence[tuple[str, Tier]], check: str) -> list[str]:
    """Of runs by name those that do not meet the check, each with its reason in a sentence."""
    return [f"{name}: {tier.why_not(check)}" for name, tier in tiers if not tier.meets(check)]
