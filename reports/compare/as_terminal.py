"""A comparison in the terminal: a table for each pair, then what has no ratio; 80 columns do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.compare import words
from reports.compare.comparison import Compared, Comparison, Pair
from reports.compare.fail_on import Gate, Outcome
from reports.formatting import plain

_STYLES = {"slower": "bold red", "faster": "bold green", "same": "", "unresolved": "yellow"}


def show(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate], console: Console) -> None:
    """Print it. Every text goes in as `Text`: nothing in a record is read as markup."""
    with console.capture() as captured:
        _print(comparison, outcome, gates, console)
    # Tables are padded to their width, which in a file is only trailing spaces.
    lines = captured.get().splitlines()
    console.file.writelines(f"{line if console.is_terminal else line.rstrip()}\n" for line in lines)


def _print(
    comparison: Comparison, outcome: Outcome, gates: Sequence[Gate], console: Console
) -> None:
    for letter, side in words.sides(comparison):
        console.print(Text.assemble((letter, "bold"), f"  {side}"))
    console.print(Text(words.how(comparison), style="dim"))
    for note in words.caveats(comparison):
        console.print(Text(note, style="bold yellow"))
    for pair in comparison.pairs:
        console.print()
        console.print(Text(words.title(pair), style="bold"))
        console.print(_table(comparison, pair))
    _list("No ratio:", words.excluded(comparison), console)
    _list("Left out of the files:", words.left_out(comparison), console)
    console.print(Text(words.summary(comparison), style="bold"))
    if words.settling(comparison):
        console.print(Text(words.settling(comparison), style="dim"))
    said = words.failures(outcome, gates, comparison)
    if said:
        console.print(Text(said, style="bold red" if outcome.failed else "bold"))


def _table(comparison: Comparison, pair: Pair) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    heads = words.columns(comparison)
    for number, name in enumerate(heads):
        figures = 0 < number < len(heads) - 1
        table.add_column(name, justify="right" if figures else "left", no_wrap=number > 0)
    means = {mean.suite: mean for mean in comparison.means(pair)}
    suites: dict[str, list[Compared]] = {}
    for one in comparison.of(pair):
        suites.setdefault(one.suite, []).append(one)
    for suite, cases in suites.items():
        table.add_row(Text(plain(suite, 60), style="bold"))
        for one in cases:
            _add(table, words.work(one), words.row(one, comparison))
        if suite in means:
            _add(table, words.mean_name(means[suite]), words.mean_row(means[suite]), style="dim")
    return table


def _add(table: Table, name: str, row: Sequence[str], style: str = "") -> None:
    *figures, verdict = row
    colour = _STYLES[verdict.partition(" ")[0]]
    cells = [Text(text, style=style) for text in (f" {name}", *figures)]
    table.add_row(*cells, Text(verdict, style=colour))


def _list(heading: str, lines: Iterable[str], console: Console) -> None:
    shown = list(lines)
    if shown:
        console.print(Text(heading, style="bold"))
        for line in shown:
            console.print(Padding(Text(line), (0, 0, 0, 2)))
        console.print()
