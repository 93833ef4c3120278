"""Findings as a person reads them: in a table on a terminal, as lines anywhere else."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.doctor.finding import SEVERITIES, Finding
from bench.doctor.subject import Subject
from bench.printable import printable

_STYLES = {"spoils": "bold red", "limits": "yellow", "note": "blue"}
_WORDS = {"spoils": "would spoil a run", "limits": "limit it", "note": "to know"}
_WIDTH = 100


def show(subject: Subject, findings: Sequence[Finding], console: Console) -> None:
    """Print the findings and a sentence on them. Nothing in them is read as markup."""
    machine = subject.description.machine
    title = f"{machine.label or 'A machine without a name'} ({_system(subject)})"
    if console.is_terminal:
        console.print(Text(printable(title), style="bold"))
        if findings:
            console.print()
            console.print(_table(findings))
    else:
        console.file.writelines(f"{line}\n" for line in (printable(title), *_lines(findings)))
    console.print(f"\n{_summary(findings)}", markup=False, highlight=False, soft_wrap=True)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 1, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        told = Text.assemble(
            (printable(one.what), "bold"),
            "\n",
            (printable(one.why), "dim"),
            f"\n{printable(one.do)}",
            (f"\n{printable(one.source)}" if one.source else "", "dim italic"),
        )
        table.add_row(Text(one.severity, style=_STYLES[one.severity]), told)
    return table


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for one in findings:
        yield ""
        yield f"{one.severity}: {printable(one.what)}"
        yield from textwrap.wrap(
            f"why: {printable(one.why)}", _WIDTH, initial_indent="  ", subsequent_indent="    "
        )
        yield f"  do: {printable(one.do)}"  # in one line, since commands are copied
        if one.source:
            yield f"  source: {printable(one.source)}"


def _summary(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing found that would spoil a run or limit it."
    counts = {name: sum(one.severity == name for one in findings) for name in SEVERITIES}
    told = ", ".join(f"{count} {_WORDS[name]}" for name, count in counts.items() if count)
    return f"{told}." + ("" if counts["spoils"] else " Nothing would spoil a run.")


def _system(subject: Subject) -> str:
    machine = subject.description.machine
    name = "macOS" if subject.mac else machine.system
    return " ".join(filter(None, (name, machine.release, machine.architecture)))
