"""Sustained work as a page and as Markdown: what remains of each pace, and why it may have gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.document import Table
from reports.formatting import ABSENT, Figure, digits, plain
from reports.render import page
from reports.render.drawing import Drawing
from reports.render.html_table import element
from reports.render.markdown_text import escape
from reports.sustain import chart, words
from reports.sustain.pace import FIRST_S, LEAST, Pace, Paces, Readings

HTML, MARKDOWN = "sustain.html", "sustain.md"


@dataclass(frozen=True)
class Section:
    """A contender and its drawings."""

    key: str
    tone: str
    by: str
    title: str
    where: str
    drawing: Drawing
    others: list[Drawing]


def render(found: Paces) -> str:
    """The page; it asks the network for nothing."""
    text = markdown(found).encode("utf-8")
    return page.render(
        "sustain.html",
        offers=[page.packed("Markdown", MARKDOWN, "text/markdown;charset=utf-8", text)],
        title=f"Sustained work on {plain(found.machine, 80)}: Metalbench",
        machine=plain(found.machine, 80),
        headline=words.headline(found),
        cards=list(_cards(found)),
        sections=[_section(number, pace) for number, pace in enumerate(found.paces, start=1)],
        table=_table(found),
        absent=[
            f"{words.called(contender)} at {plain(case, 80)}: {plain(why, 300)}"
            for contender, case, why in found.absent
        ],
        first_s=int(FIRST_S),
        least=words.share(LEAST),
        element=element,
    )


def markdown(found: Paces) -> str:
    """The same, for a pull request or a terminal."""
    table = _table(found)
    lines = [
        f"# Sustained work on {_md(found.machine)}",
        "",
        f"{_md(words.headline(found), 400)}.",
        "",
    ]
    if table.rows:
        lines += [_row(table.columns), "|" + "---|" * len(table.columns)]
        lines += [_row([str(cell) for cell in row]) for row in table.rows]
        lines.append("")
    lines += [
        f"- {_md(words.called(c))} at {_md(case)}: {_md(why, 300)}" for c, case, why in found.absent
    ]
    return "\n".join(lines).rstrip() + "\n"


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(_md(cell, 200) for cell in cells)} |"


def _md(text: str, limit: int = 100) -> str:
    return escape(plain(text, limit)).replace("\\<", "&lt;").replace("\\|", "&#124;")


def _cards(found: Paces) -> Iterator[tuple[str, str, str, str]]:
    """Question, answer, detail and tone."""
    slow = [pace for pace in found.paces if pace.word == "slows"]
    told = [pace for pace in found.paces if pace.word != "unsure"]
    least = min(told, key=lambda pace: pace.remains, default=None)
    yield (
        "Who slows down?",
        f"{len(slow)} of {len(found.paces)}",
        f"{len(found.paces) - len(told)} not told" if len(told) < len(found.paces) else "all told",
        "doubt" if slow else "good",
    )
    remains = words.share(least.remains) if least else ABSENT
    who = words.called(least.contender) if least else ""
    yield "How much of the pace remains, at the least?", remains, who, "doubt" if slow else "good"
    yield "How long?", f"{found.minutes:g} min each", "one after the other, alone", "good"


def _section(number: int, pace: Pace) -> Section:
    return Section(
        key=f"pace-{number}",
        tone="slower" if pace.word == "slows" else "faster",
        by=words.remains(pace),
        title=words.name(pace),
        where=f"{words.verdict(pace)}; {digits(pace.worked_s / 60)} minutes of work",
        drawing=chart.draw(pace),
        others=chart.others(pace),
    )


def _table(found: Paces) -> Table:
    names = list(dict.fromkeys((r.name, r.unit) for p in found.paces for r in p.others))
    heads = ("contender", "case", "remains", "95 % interval", "verdict")
    rows = [_cells(pace, names) for pace in found.paces]
    return Table((*heads, *(f"{name}, {unit}" for name, unit in names)), tuple(rows))


def _cells(pace: Pace, names: list[tuple[str, str]]) -> tuple[str, ...]:
    readings = {(each.name, each.unit): each for each in pace.others}
    return (
        words.called(pace.contender),
        plain(pace.case, 80),
        Figure(words.share(pace.remains), pace.remains) if pace.remains > 0 else ABSENT,
        words.between(pace) or ABSENT,
        words.verdict(pace),
        *(_ends(readings.get(name)) for name in names),
    )


def _ends(told: Readings | None) -> str:
    """`1,390 to 1,010`: what was read first and last."""
    if told is None:
        return ABSENT
    return f"{digits(told.values[0])} to {digits(told.values[-1])}"
