"""Findings as they are shown: what is known against one together, advice and command once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.findings.finding import Finding


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one severity about one contender; or a finding by itself."""

    severity: str
    findings: tuple[Finding, ...]
    actions: tuple[str, ...]
    """What to do, each advice once."""
    commands: tuple[str, ...]
    """Those that no group before has."""


def grouped(findings: Sequence[Finding]) -> tuple[FindingGroup, ...]:
    """In the order of the first of each."""
    together: dict[tuple[str, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        own = (finding.severity, finding.about, "" if finding.about else str(number))
        together.setdefault(own, []).append(finding)
    told: dict[str, None] = {}
    made = []
    for mine in together.values():
        commands = [one.command for one in mine if one.command and one.command not in told]
        told |= dict.fromkeys(commands)
        actions = dict.fromkeys(one.action for one in mine if one.action)
        new = tuple(dict.fromkeys(commands))
        made.append(FindingGroup(mine[0].severity, tuple(mine), tuple(actions), new))
    return tuple(made)
