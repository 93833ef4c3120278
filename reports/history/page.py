"""A machine's history as a page and as Markdown: what changed, when, by how much, since which
version; the two runs to compare; every line behind a fold."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from reports.document import Table
from reports.formatting import ABSENT, Figure, digits, plain, seconds
from reports.history import chart, words
from reports.history.changes import Change, Line, Moved, Trend
from reports.history.entry import Entry
from reports.history.steps import MIN_RUNS
from reports.history.store import Lost
from reports.render import page
from reports.render.drawing import Drawing
from reports.render.html_table import element
from reports.render.markdown_text import escape
from reports.render.page import Offer

HTML, MARKDOWN = "trend.html", "trend.md"

MOST_CHANGES = 40
"""Of a page; the latest."""

MOST_CHARTS = 80
"""Of lines behind folds."""

_NOT_IN_CODE = frozenset("`|<&")
"""Letters of a command that a table of Markdown cannot show as they are."""

MOST_ROWS = 800
_MOST_LOST = 50


@dataclass(frozen=True)
class Side:
    """A run on one side of a change."""

    word: str
    run: str
    day: str
    version: str
    address: str
    """Of its report, relative to the page; empty where there is none."""


@dataclass(frozen=True)
class Section:
    """A change and what to do about it."""

    key: str
    tone: str
    by: str
    title: str
    where: str
    advice: str
    drawing: Drawing
    sides: tuple[Side, Side]
    command: str
    """To type; empty where the records are gone."""
    table: Table


@dataclass(frozen=True)
class Place:
    """Where things lie on this disk."""

    records: Mapping[str, Path]
    """The record file of each run that is still there."""
    reports: Mapping[str, str]
    """The address of each run's own report, as seen from the page."""


def render(
    trend: Trend,
    place: Place,
    lost: Sequence[Lost] = (),
    others: Sequence[str] = (),
) -> str:
    """The page; it asks the network for nothing. `others` are machines that it leaves out."""
    return page.render(
        "trend.html",
        offers=_offers(trend, place, lost),
        title=f"History of {words.name(trend.machine)}: Metalbench",
        machine=words.name(trend.machine),
        headline=words.headline(trend),
        cards=list(_cards(trend)),
        sections=[_section(n, change, place) for n, change in enumerate(_shown(trend), start=1)],
        more=max(0, len(trend.changes) - MOST_CHANGES),
        suites=list(_suites(trend)),
        table=_table(trend),
        uncharted=max(0, len(trend.lines) - MOST_CHARTS),
        lost=_lost(lost),
        others=[words.name(other) for other in others[:_MOST_LOST]],
        least=MIN_RUNS,
        element=element,
    )


def markdown(trend: Trend, place: Place, lost: Sequence[Lost] = ()) -> str:
    """The same, for a pull request or a terminal."""
    lines = [f"# History of {_md(trend.machine)}", "", f"{_md(words.headline(trend), 400)}.", ""]
    if trend.changes:
        lines += [
            "| since | contender | time | cases | version | compare |",
            "|---|---|---|---|---|---|",
        ]
    for change in _shown(trend):
        versions = " to ".join(map(_md, change.versions)) if change.versions else ABSENT
        command = _command(change.moved[0], place)
        cells = (
            words.day(change.run.started_at),
            _md(words.contender(change.contender)),
            words.by(change.ratio),
            f"{len(change.moved)} of {change.of}",
            versions,
            f"`{command}`" if command and not _NOT_IN_CODE & set(command) else ABSENT,
        )
        lines.append(f"| {' | '.join(cells)} |")
    if lost:
        lines += ["", "Left out:", "", *(f"- {_md(each, 400)}" for each in _lost(lost))]
    return "\n".join(lines).rstrip() + "\n"


def _md(text: str, limit: int = 80) -> str:
    """As in every report; by entities what would end a cell or begin a tag."""
    return escape(plain(text, limit)).replace("\\<", "&lt;").replace("\\|", "&#124;")


def _shown(trend: Trend) -> Sequence[Change]:
    return trend.changes[:MOST_CHANGES]


def _offers(trend: Trend, place: Place, lost: Sequence[Lost]) -> list[Offer]:
    text = markdown(trend, place, lost).encode("utf-8")
    return [page.packed("Markdown", MARKDOWN, "text/markdown;charset=utf-8", text)]


def _cards(trend: Trend) -> Iterator[tuple[str, str, str, str]]:
    """Question, answer, detail and tone."""
    slower = sum(change.slower for change in trend.changes)
    faster = len(trend.changes) - slower
    tone = "doubt" if slower else "good"
    counted = f"{slower} slower, {faster} faster" if trend.changes else "Nothing"
    yield "What changed?", counted, _largest(trend), tone
    dates = list(trend.runs.values())
    span = f"{words.day(dates[0])} to {words.day(dates[-1])}" if dates else ""
    yield "Over how long?", words.runs(len(dates)), span, "good"
    told = words.sensitivity(trend)
    if told:
        detail = "within three runs, in the typical line; larger ones sooner"
        yield "How small a step would show?", f"From {told} on", detail, "good"
    else:
        detail = f"a line needs {MIN_RUNS} runs"
        yield "How small a step would show?", "None yet", detail, "doubt"
    yield "How much is followed?", f"{len(trend.lines)} lines", "a contender at a case each", "good"


def _largest(trend: Trend) -> str:
    if not trend.changes:
        return "no step beyond noise"
    most = max(trend.changes, key=lambda each: max(each.ratio, 1 / each.ratio))
    who = words.contender(most.contender)
    return f"the largest: {words.by(most.ratio)}, {who}"


# --- a change ---------------------------------------------------------------------------------


def _section(number: int, change: Change, place: Place) -> Section:
    largest = change.moved[0]
    versions = ""
    if change.versions:
        before, since = map(words.name, change.versions)
        versions = f"{words.name(change.framework)} {before} to {since}"
    day = words.day(change.run.started_at)
    return Section(
        key=f"change-{number}",
        tone="slower" if change.slower else "faster",
        by=words.by(change.ratio),
        title=words.contender(change.contender),
        where=", ".join(filter(None, (f"since {day}", words.reach(change), versions))),
        advice=words.advice(change),
        drawing=chart.draw(largest.line, largest.step),
        sides=(
            _side("Before", largest.before, place),
            _side("Since", largest.after, place),
        ),
        command=_command(largest, place),
        table=_moved(change),
    )


def _side(word: str, entry: Entry, place: Place) -> Side:
    return Side(
        word,
        words.name(entry.run),
        f"{entry.started_at:%Y-%m-%d %H:%M} UTC",
        words.name(entry.version or ABSENT),
        place.reports.get(entry.run, ""),
    )


def _command(moved: Moved, place: Place) -> str:
    paths = [place.records.get(entry.run) for entry in (moved.before, moved.after)]
    a, b = (str(path.parent) if path else "" for path in paths)
    if not (a and b) or a == b or not (a + b).isprintable():
        return ""
    return f"make compare A={shlex.quote(a)} B={shlex.quote(b)}"


def _moved(change: Change) -> Table:
    rows = []
    for moved in change.moved[:MOST_ROWS]:
        step, line = moved.step, moved.line
        ends = f"{words.by(step.low)} to {words.by(step.high)}"
        rows.append(
            (
                words.name(line.last.case),
                seconds(line.level_s(step.at - 1)),
                seconds(line.level_s(step.at)),
                Figure(words.by(step.ratio), step.ratio, (step.low, step.high)),
                ends,
                f"{moved.after.started_at:%Y-%m-%d}",
            )
        )
    return Table(("case", "before", "since", "change", "95 % interval", "first run"), tuple(rows))


# --- every line -------------------------------------------------------------------------------


def _suites(trend: Trend) -> Iterator[tuple[str, list[Drawing]]]:
    """Charts of lines with enough runs, by suite."""
    long = [line for line in trend.lines if len(line.entries) >= MIN_RUNS][:MOST_CHARTS]
    for suite, lines in groupby(long, key=lambda line: line.last.suite):
        yield words.name(suite), [chart.draw(line) for line in lines]


def _table(trend: Trend) -> Table:
    rows = [_row(line) for line in trend.lines[:MOST_ROWS]]
    heads = ("case", "contender", "version", "runs", "at first", "now", "change", "would show")
    return Table(heads, tuple(rows))


def _row(line: Line) -> tuple[str, ...]:
    first, now = line.level_s(0), line.level_s(len(line.entries) - 1)
    change = Figure(words.by(now / first), now / first) if line.steps else Figure("none", 1.0)
    told = f"{digits(100 * line.least, 2)} %" if line.least else ABSENT
    return (
        words.name(line.last.case),
        words.contender(line.last.contender),
        words.name(line.last.version or ABSENT),
        Figure(str(len(line.entries)), len(line.entries)),
        seconds(first),
        seconds(now),
        change,
        Figure(told, line.least),
    )


def _lost(lost: Sequence[Lost]) -> list[str]:
    told = [plain(f"{each.path}: {each.reason}", 400) for each in lost[:_MOST_LOST]]
    more = len(lost) - _MOST_LOST
    return [*told, f"and {more} more"] if more > 0 else told
