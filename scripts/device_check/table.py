"""The figures as one page of Markdown, for somebody who has never seen the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reports.formatting import ABSENT, flop_rate, plain, seconds
from reports.render.markdown_text import escape
from scripts.device_check.figures import Figures
from scripts.device_check.lies import BY_NAME
from scripts.device_check.verdicts import LATE, Cell, left_out, word

MOST_TROUBLES = 40

VERDICTS = ("found", "missed", "unclear", "time right", "not tried")


def render(figures: Figures) -> str:
    """The page."""
    parts = (_head, _troubles, _lies, _agreement, _honest, _left_out)
    return "\n".join(line for part in parts for line in part(figures)) + "\n"


def _head(figures: Figures) -> Iterator[str]:
    machine = figures.machine
    yield f"# Device check: {_text(machine.label) if machine else 'unknown machine'}"
    yield ""
    ended = {"not yet": "still running, or it was ended without notice"}.get(
        figures.ended, figures.ended
    )
    took = f"{figures.took_s / 60:.1f} of {figures.minutes:g} minutes"
    yield f"- begun {figures.begun_at}, took {took}: {ended}"
    yield f"- Metalbench {_text(figures.version)}, commit {_text(figures.commit or 'unknown')}"
    if machine and figures.load is not None:
        cores = machine.cores_logical or "unknown"
        yield f"- {figures.load:.1f} programs wanted its {cores} cores when it began"
    for gpu in machine.gpus if machine else ():
        yield f"- GPU {_text(gpu.name)}, driver {_text(gpu.driver or 'unknown')}"
    for each in figures.pythons:
        yield f"- {each.framework} in {_text(each.where)}: {_text(', '.join(each.devices))}"
    for absent in figures.absent:
        yield f"- no {absent.framework}: {_text(absent.reason)}"
    yield ""


def _troubles(figures: Figures) -> Iterator[str]:
    found = figures.troubles()
    yield "## To look at"
    yield ""
    if not found:
        yield " ".join(("Nothing.", *_seen(figures)))
    for line in found[:MOST_TROUBLES]:
        yield f"- {_text(line)}"
    if len(found) > MOST_TROUBLES:
        yield f"- and {len(found) - MOST_TROUBLES} more, in figures.json"
    yield ""


def _seen(figures: Figures) -> Iterator[str]:
    """What was right, of what was tried."""
    verified = sum(cell.status == "ok" and not cell.lie for cell in figures.cells)
    lied = sum(cell.verdict == "found" for cell in figures.cells)
    timed = len(figures.agreement)
    if verified:
        yield f"Honest cells that were verified: {verified}, none of them accused."
    if lied:
        yield f"Cells in which a lie was found: {lied}, missed in none."
    if timed:
        yield f"Times that a framework's own timer confirms: {timed}."
    if not (verified or lied or timed):
        yield "But nothing was measured either."


def _lies(figures: Figures) -> Iterator[str]:
    told = [cell for cell in figures.cells if cell.lie]
    yield "## Lies, and whether they were found"
    yield ""
    yield "Adapters that lie on purpose, around the honest one. *Time right*: what it does"
    yield "changes nothing there, as where steps return when they are done. *Unclear*: its time was"
    yield "shorter than the honest one, but not in every round. *Not tried*: no time, or it failed."
    yield ""
    rows = []
    for key in dict.fromkeys((cell.part, cell.device, cell.lie) for cell in told):
        own = [cell for cell in told if (cell.part, cell.device, cell.lie) == key]
        count = Counter(cell.verdict for cell in own)
        if not any(count[verdict] for verdict in VERDICTS):
            continue
        words = Counter(cell.status for cell in own if cell.verdict == "found")
        how = ", ".join(f"{status} {n}" for status, n in words.items())
        part, device, lie = key
        counts = (count[verdict] or "" for verdict in VERDICTS)
        rows.append((part.removeprefix("lies-"), device, BY_NAME[lie].title, how, *counts))
    yield from _table(("framework", "device", "it", "found by", *VERDICTS), rows)


def _agreement(figures: Figures) -> Iterator[str]:
    yield "## Our times beside the framework's own timers"
    yield ""
    yield "Products in float32, both in turns in one process. CUDA events see the device alone, a"
    yield "wait after each product sees all of its latency: both differ from what a program gets"
    yield "where products are short. Ours is a median, theirs a mean over blocks: while other"
    yield "programs use the machine theirs is longer."
    yield ""
    rows = [
        (
            *(each.framework, each.device, each.order, each.timer),
            *(seconds(each.ours_s), seconds(each.theirs_s)),
            *(f"{each.ratio:.3f}", each.turns),
        )
        for each in figures.agreement
    ]
    columns = ("framework", "device", "order", "timer", "ours", "theirs", "ours / theirs", "turns")
    yield from _table(columns, rows)


def _honest(figures: Figures) -> Iterator[str]:
    yield "## Honest contenders"
    yield ""
    own = [cell for cell in figures.cells if cell.part == "honest"]
    rows: list[tuple[str, ...]] = [_row(cell) for cell in own if cell.status not in LATE]
    columns = ("case", "contender", "device", "came out", "time of a step", "rate", "first step")
    yield from _table(columns, sorted(rows))


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        *(cell.case, cell.contender, cell.device, word(cell.status)),
        *(seconds(cell.time_s), flop_rate(cell.flop_per_s)),
        seconds(cell.first_step_s),
    )


def _left_out(figures: Figures) -> Iterator[str]:
    yield "## What did not fit"
    yield ""
    lines = [f"- {each.name}: {each.reason}" for each in figures.left_out]
    for part, planned, late in left_out(figures.cells):
        suites = ", ".join(f"{suite} {count}" for suite, count in late.items())
        lines.append(f"- {part}: {late.total()} of {planned} cells: {_text(suites)}")
    yield from lines or ["Everything did."]
    yield ""
    yield "| part | seconds given | taken | ended |"
    yield "| --- | ---: | ---: | --- |"
    for each in figures.parts:
        yield f"| {each.name} | {each.given_s:.0f} | {each.took_s:.0f} | {_text(each.ended)} |"


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    shown = [" | ".join(_text(str(value)) for value in row) for row in rows]
    if not shown:
        yield f"{ABSENT} nothing measured"
    else:
        yield f"| {' | '.join(columns)} |"
        yield f"|{' --- |' * len(columns)}"
        yield from (f"| {line} |" for line in shown)
    yield ""


def _text(text: str) -> str:
    return escape(plain(text))
