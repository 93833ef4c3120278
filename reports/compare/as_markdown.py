"""A comparison as Markdown for a pull request; no text of a record becomes markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.compare import words
from reports.compare.comparison import Comparison, Pair
from reports.compare.fail_on import Gate, Outcome
from reports.formatting import plain
from reports.render.markdown_text import escape


def render(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> str:
    """The text: the verdict first, then a table for each pair, then everything else."""
    blocks = [f"**{escape(words.summary(comparison))}**"]
    blocks += [
        f"**{escape(note)}**" for note in (words.failures(outcome, gates, comparison),) if note
    ]
    blocks += [f"**{escape(note)}**" for note in words.caveats(comparison)]
    for pair in comparison.pairs:
        blocks += [escape(words.title(pair)), _table(comparison, pair)]
    blocks.append(escape(" ".join((words.how(comparison), words.settling(comparison))).strip()))
    blocks.append(_list(f"{letter}: {side}" for letter, side in words.sides(comparison)))
    for heading, lines in (
        ("No ratio:", [*words.excluded(comparison)]),
        ("Left out of the files:", [*words.left_out(comparison)]),
    ):
        blocks += [heading, _list(lines)] if lines else []
    return "\n\n".join(blocks) + "\n"


def _table(comparison: Comparison, pair: Pair) -> str:
    lines = [
        "| " + " | ".join(words.columns(comparison)) + " |",
        "| :--- | ---: | ---: | ---: | ---: | :--- |",
    ]
    return "\n".join([*lines, *(_line(row) for row in _rows(comparison, pair))])


def _rows(comparison: Comparison, pair: Pair) -> Iterator[tuple[str, ...]]:
    for one in comparison.of(pair):
        yield f"{plain(one.suite, 60)} {words.work(one)}", *words.row(one, comparison)
    for mean in comparison.means(pair):
        yield f"{plain(mean.suite, 60)}, {words.mean_name(mean)}", *words.mean_row(mean)


def _line(row: Sequence[str]) -> str:
    *figures, verdict = map(escape, row)
    strong = f"**{verdict}**" if verdict in ("slower", "faster") else verdict
    return f"| {' | '.join((*figures, strong))} |"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {escape(item)}" for item in items)
