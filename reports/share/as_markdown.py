"""The answer as Markdown, for a pull request, a README or a chat: `summary.md`."""

from __future__ import annotations

from collections.abc import Sequence

from reports.content import Content
from reports.findings.finding import Finding
from reports.formatting import plain
from reports.front.front import Front
from reports.render import markdown_front
from reports.render.markdown_text import escape

MOST_ROWS, MOST_RUNS, MOST_DOUBTS = 6, 6, 3
"""Contenders, runs and findings that are named before the rest is counted."""

_DOUBT = 160
"""Characters of a finding."""


def render(content: Content) -> str:
    """Headline, contenders, answers, doubts; of several runs a line each."""
    if not content.fronts:
        return f"{escape(content.summary)}\n"
    if len(content.fronts) > 1:
        place = [f"**{escape(content.fleet.sentence)}**"] if content.fleet else []
        blocks = [*place, _runs(content.fronts)]
    else:
        (front,) = content.fronts
        blocks = [
            f"**{escape(front.headline)}**",
            escape(", ".join(front.facts)),
            markdown_front.bars(front, MOST_ROWS),
            markdown_front.cards(front),
        ]
    own = [finding for finding in content.findings if not finding.published]
    blocks += [_doubts(own)] if own else []
    return "\n\n".join(filter(None, blocks)) + "\n"


def _runs(fronts: Sequence[Front]) -> str:
    lines = [
        f"- {escape(front.section.machine_label)}: {escape(front.headline)}"
        for front in fronts[:MOST_RUNS]
    ]
    left = len(fronts) - MOST_RUNS
    return "\n".join([*lines, f"- and {left} more runs"] if left > 0 else lines)


def _doubts(findings: Sequence[Finding]) -> str:
    lines = [
        f"- {escape(finding.severity)}: {escape(plain(finding.what, _DOUBT))}"
        for finding in findings[:MOST_DOUBTS]
    ]
    left = len(findings) - MOST_DOUBTS
    return "\n".join([*lines, f"- and {left} more to know"] if left > 0 else lines)
