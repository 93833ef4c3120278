"""The report in the terminal: the answer, and where asked for everything above it."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports import formatting
from reports.analysis import suite_leaders
from reports.analysis.ranking import Group, Ranking
from reports.chapters import cpu_vs_gpu
from reports.content import Content
from reports.context import Section
from reports.findings.grouped import FindingGroup, grouped
from reports.frame import STATUSES

_COLOURS = dict.fromkeys(("wrong", "untimed", "suspect", "failed"), "bold red") | {"note": "blue"}
_OTHER = "bold yellow"


MANY = 10
"""Of more runs only the sentences are printed: their tables are in the report."""


def show(content: Content, console: Console) -> None:
    """Print all of it. Every text goes in as `Text`: nothing in a record is read as markup."""
    if console.is_terminal:
        _print(content, console)
        return
    with console.capture() as captured:
        _print(content, console)
    # Tables are padded to their width, which in a file is only trailing spaces.
    console.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def conclude(lines: Sequence[str], console: Console) -> None:
    """The answer, its first sentence bold; no line is folded, since commands are copied."""
    for number, line in enumerate(lines):
        style = "bold" if number == 0 else ""
        console.print(Text(line, style=style), soft_wrap=True)


def _print(content: Content, console: Console) -> None:
    for group in grouped(content.findings):
        _print_group(group, console)
    if content.omissions:
        left_out = "; ".join(omission.reason for omission in content.omissions)
        console.print(Text(f"skipped: {left_out}", style="dim"))
    few = len(content.sections) <= MANY
    for section in content.sections:
        _print_section(section, console, tables=few)
    _print_contests(content, console)
    console.print(Text(content.summary, style="dim"))


def _print_group(group: FindingGroup, console: Console) -> None:
    for finding in group.findings:
        console.print(
            Text.assemble(
                (finding.severity, _COLOURS.get(finding.severity, _OTHER)),
                (" (published)" * finding.published, "dim"),
                f": {finding.what}",
            )
        )
        console.print(Padding(Text(finding.where, style="dim"), (0, 0, 0, 2)))
    for action in group.actions if group.severity != "note" else ():
        console.print(Padding(Text(action, style="dim"), (0, 0, 0, 2)))
    for command in group.commands:  # on one line however long, since it is to be copied
        console.print(Text(f"  {command}"), soft_wrap=True)


def _print_section(section: Section, console: Console, tables: bool) -> None:
    console.print()
    console.print(Text(f"{section.machine_label}  ({section.run})", style="bold"))
    for ranking in section.rankings if tables else ():
        console.print(_table(ranking))
    if section.overheads:
        least = min(each.time_s for each in section.overheads)
        most = max(each.time_s for each in section.overheads)
        console.print(
            Text(
                "null (prepared answers; measures the harness): "
                f"{formatting.seconds(least)} to {formatting.seconds(most)} a step",
                style="dim",
            )
        )
    for answer in section.answers:
        console.print(Text.assemble((answer.topic, "bold"), f": {answer.text}"))


def _print_contests(content: Content, console: Console) -> None:
    """CPU against GPU, place by place; beside runs of one's own only published crossovers."""
    place = ""
    for contest in content.contests:
        if content.sections and contest.published and contest.crossing.kind != "crosses":
            continue
        if contest.place != place:
            place = contest.place
            console.print()
            console.print(Text(f"CPU against GPU: {place}", style="bold"))
        console.print(Padding(Text(cpu_vs_gpu.sentence(contest)), (0, 0, 0, 2)))
    if content.contests:
        console.print()


def _table(ranking: Ranking) -> Table:
    table = Table(
        title=Text(ranking.title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column(ranking.size_of, justify="right", no_wrap=True)
    table.add_column("first")
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("others", overflow="fold")
    for group in ranking.groups:
        first = group.rows[0]
        table.add_row(
            Text(formatting.count(group.size)),
            Text.assemble((first.label, "bold"), " (leads)" if first.standing == "leads" else ""),
            Text(formatting.seconds(first.cell.time_s)),
            Text(_others(group)),
        )
    return table


def _others(group: Group) -> str:
    """How many times as long the others take, or a word where the rounds or answers say less."""
    compared = [
        f"{row.label} {suite_leaders.words(row).removesuffix(' slower')}" for row in group.rows[1:]
    ]
    lost = [f"{label} {why}" for label, why in group.missing.items() if why != STATUSES["skipped"]]
    return ", ".join(compared + lost)
