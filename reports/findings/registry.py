"""What is wrong or doubtful, gravest first, with what to do. A new finding is a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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

FINDINGS: tuple[Callable[[ReportContext], Iterator[Finding]], ...] = (
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


def find(context: ReportContext) -> tuple[Finding, ...]:
    """All findings, gravest first; last those about published figures."""
    return tuple(finding for look in FINDINGS for finding in look(context))
