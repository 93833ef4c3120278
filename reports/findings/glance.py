"""What a reader must know before quoting a figure, in two short sentences."""

from __future__ import annotations

from collections.abc import Sequence

from reports.analysis.suite_leaders import joined
from reports.findings.finding import Finding

_AGAINST = {
    "wrong": "answers of {} are wrong",
    "untimed": "times of {} are not credible",
    "suspect": "times of {} are doubtful",
    "failed": "failed: {}",
}
"""What is said of contenders, by the severity of what is known against them."""

_NAMED, _CAUSES = 2, 3
"""Contenders of one severity, and causes besides, that are named."""


def sentences(findings: Sequence[Finding]) -> str:
    """Whose figures not to quote; then what else weakens all of them. `findings` are in the order
    of reports. Empty where there is nothing to say."""
    own = [finding for finding in findings if not finding.published]
    against = []
    for severity, words in _AGAINST.items():
        who = dict.fromkeys(one.about for one in own if one.severity == severity and one.about)
        against += [words.format(joined(list(who), most=_NAMED))] if who else []
    causes = list(dict.fromkeys(one.brief for one in own if one.brief))
    more = len(causes) - _CAUSES
    causes = [*causes[:_CAUSES], *([f"{more} more"] if more > 0 else [])]
    parts = filter(None, ("; ".join(against), "; ".join(causes)))
    said = [f"{part[0].upper()}{part[1:]}." for part in parts]
    return " ".join(said)
