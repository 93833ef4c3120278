"""What is wrong or doubtful, gravest first, with what to do. A new finding is a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from reports.context import ReportContext
from reports.findings import (
    device_guards,
    guards,
    noise,
    outcomes,
    plausibility,
    steadiness,
    verification,
)
from reports.findings.finding import Finding
from reports.isolation import Attempts

Look = Callable[[ReportContext], Iterator[Finding]]

FINDINGS: tuple[Look, ...] = (
    # Answers and times that are wrong.
    verification.wrong,
    plausibility.unlikely,
    verification.untimed,
    # Times that are doubtful.
    guards.impossible,
    guards.flat,
    guards.discarded,
    guards.hasty,
    guards.recompiling,
    guards.first_call,
    device_guards.moved,
    device_guards.off_device,
    device_guards.partly_cpu,
    # Work that came to nothing.
    outcomes.failed,
    outcomes.absent,
    verification.withdrawn,
    outcomes.unfinished,
    outcomes.lost,
    # Machines that did not keep their speed.
    noise.busy,
    steadiness.slowed,
    steadiness.restrained,
    noise.noisy,
    steadiness.drifting,
    # What was left out, and what else to know.
    outcomes.left_out,
    outcomes.notes,
    verification.reach,
    plausibility.twins,
    plausibility.fresh,
    steadiness.growing,
    noise.few_rounds,
    plausibility.published,
)
"""Everything that is looked for, in the order of reports."""


def find(context: ReportContext, attempts: Attempts | None = None) -> tuple[Finding, ...]:
    """All findings, gravest first, of one severity the largest effect first; last those about
    published figures. What was not looked for, since the look itself failed, is one of them."""
    attempts = attempts or Attempts()
    found = [
        attempts.of(f"This finding ({_name(look)})", partial(_all, look, context), lost)
        for look in FINDINGS
    ]
    every = [finding for each in found for finding in each]
    return tuple(sorted(every, key=_weight))


SEVERITIES = (
    *("wrong", "untimed", "suspect", "failed", "withdrawn", "unfinished"),
    *("busy", "noisy", "left out", "note"),
)
"""Gravest first."""


def _weight(finding: Finding) -> tuple[bool, int, float]:
    return finding.published, SEVERITIES.index(finding.severity), -finding.effect


def lost(sentence: str) -> tuple[Finding, ...]:
    """The finding that a part of the report is missing."""
    return (Finding("left out", sentence, "this report", REPORT_IT),)


REPORT_IT = "Please report it: the form asks for what is needed. The records are whole."


def _all(look: Look, context: ReportContext) -> tuple[Finding, ...]:
    return tuple(look(context))


def _name(look: Look) -> str:
    return f"{look.__module__.rpartition('.')[2]}, {look.__name__}".replace("_", " ")
