"""How far a run can be trusted: six checks, each by itself, each with its reason.

    found = tiers.of(evidence.of_file(path, named=sha256, signature=..., signers=...))
    found.word          "plausible": the highest check that it passes, below any that speaks against
    found.meets("signed"), found.why_not("signed")      to refuse it by name where that is asked for
    found.marks         every check with its outcome and reason, in order

Nothing here says that somebody forged anything: a check is passed, or not shown, or what the file
holds speaks against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reports.formatting import plain
from reports.trust.evidence import Evidence

CHECKS = {
    "valid": "every line is a record of a known schema",
    "intact": "the bytes are those that its name was made of",
    "signed": "a key of the reader's list signed these bytes",
    "worked": "its answers are those of a seed that was told only when it was asked for",
    "plausible": "nothing in it is beyond its hardware, or at odds with itself or with others",
    "confirmed": "others measured the same on the same chip",
}
"""Every check, in rising order, and what it shows."""

NONE = "not valid"
"""The word for a run that passes none."""

Outcome = Literal["passed", "not shown", "against"]


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

    @property
    def word(self) -> str:
        """The highest check that is passed, below any that speaks against the run."""
        reached = NONE
        for mark in self.marks:
            if mark.outcome == "against":
                break
            reached = mark.check if mark.outcome == "passed" else reached
        return reached

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


def of(run: Evidence) -> Tier:
    """The tier of a run."""
    return Tier((_valid(run), _intact(run), _signed(run)))


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
        return Mark("signed", "against", found.problem)
    if not found.known:
        reason = f"signed by an unknown key, {found.key}: {found.problem}"
        return Mark("signed", "not shown", reason)
    return Mark("signed", "passed", f"by {found.key}")


def below(tiers: Sequence[tuple[str, Tier]], check: str) -> list[str]:
    """Of runs by name those that do not meet the check, each with its reason in a sentence."""
    return [f"{name}: {tier.why_not(check)}" for name, tier in tiers if not tier.meets(check)]
