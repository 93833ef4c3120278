"""The answer as Markdown, for a pull request, a README or a chat: `summary.md`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.content import Content
from reports.findings.finding import Finding
from reports.formatting import plain
from reports.front.front import Front
from reports.render.markdown import escape

MOST_ROWS, MOST_RUNS, MOST_DOUBTS = 6, 6, 3
"""Contenders, runs and findings that are named before the rest is counted."""

_DOUBT = 160
"""Characters of a finding."""


def render(content: Content) -> str:
    """Headline, contenders, answers, doubts; of several runs a line each."""
    if not content.fronts:
        return f"{escape(content.summary)}\n"
    if len(content.fronts) > 1:
        blocks = [_runs(content.fronts)]
    else:
        (front,) = content.fronts
        blocks = [
            f"**{escape(front.headline)}**",
            escape(", ".join(front.facts)),
            _table(front),
            "\n".join(f"- {escape(card.question)} {escape(card.answer)}." for card in front.cards),
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


def _table(front: Front) -> str:
    if len(front.bars) < 2:
        return ""
    rows = "\n".join(_rows(front))
    left = len(front.bars) - MOST_ROWS
    also = f"\n\nand {left} more contenders" if left > 0 else ""
    return f"| | fastest | within 2x | of |\n| --- | ---: | ---: | ---: |\n{rows}{also}"


def _rows(front: Front) -> Iterator[str]:
    for bar in front.bars[:MOST_ROWS]:
        name = escape(bar.label) + (" (answers only)" if bar.answers_only else "")
        yield f"| {name} | {bar.fastest} | {bar.within} | {bar.run} |"


def _doubts(findings: Sequence[Finding]) -> str:
    lines = [
        f"- {escape(finding.severity)}: {escape(plain(finding.what, _DOUBT))}"
        for finding in findings[:MOST_DOUBTS]
    ]
    left = len(findings) - MOST_DOUBTS
    return "\n".join([*lines, f"- and {left} more to know"] if left > 0 else lines)
