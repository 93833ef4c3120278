"""The command `trend`: one machine's figures over time, as a page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bench import values, whole_file
from bench.printable import Screen
from bench.terminal.exit_codes import failed
from reports.formatting import plain
from reports.history import changes, intake, page, store, words
from reports.history.store import Stored
from reports.isolation import Attempts
from reports.render import html

MOST_LINES = 8
"""Changes that the terminal names."""


def run(results: Path, machine: str, out: Path) -> int:
    """Take in what is new, and write the page; 1 if something could not be read.

    Raises UserError, OSError.
    """
    folder = results / store.FOLDER
    taken = intake.take_in([results], folder)
    known = store.machines(folder)
    if not known:
        raise values.BadValue(
            f"no run of {results} has a figure yet. Expected runs with right answers. "
            "`make bench` measures."
        )
    chosen, others = _chosen(known, machine)
    stored = store.read(known[chosen])
    made = changes.trend(stored)
    place = page.Place(taken.records, _reports(taken.records, out))
    lost = (*stored.lost, *taken.lost)
    attempts = Attempts()
    text = attempts.of(
        "The page of the history", partial(page.render, made, place, lost, others), html.told
    )
    out.mkdir(parents=True, exist_ok=True)
    whole_file.write(out / page.HTML, text)
    whole_file.write(out / page.MARKDOWN, page.markdown(made, place, lost))
    screen = Screen()
    for line in (*words.terminal(made, MOST_LINES), (out / page.HTML).resolve().as_uri()):
        screen.print(line, soft_wrap=True, markup=False, highlight=False)
    attempts.save(out)
    return _ended(stored, lost, attempts.told(out))


def _ended(stored: Stored, lost: Sequence[store.Lost], missing: str) -> int:
    if not lost:
        return failed(missing) if missing else 0
    count = len(lost)
    first = plain(f"{lost[0].path}: {lost[0].reason}", 300)
    more = f", and {count - 1} more, which the page names" if count > 1 else ""
    return failed(f"something is not in the history: {first}{more}")


def _chosen(known: Mapping[str, list[Path]], part: str) -> tuple[str, list[str]]:
    """The machine whose name holds the part, or that of the newest run; the others' names.

    Raises UserError where there is none.
    """
    labels = {machine: _label(paths) for machine, paths in known.items()}
    found = [machine for machine, label in labels.items() if part.lower() in label.lower()]
    if not found:
        names = "; ".join(plain(label, 80) for label in list(labels.values())[:12])
        raise values.BadValue(
            f"no such machine in the history. Expected part of one of: {names}. Received: {part!r}"
        )
    # One without any figure tells nothing while another does.
    chosen = next((machine for machine in found if labels[machine]), found[0])
    return chosen, [label for machine, label in labels.items() if machine != chosen and label]


def _label(paths: Sequence[Path]) -> str:
    """Of the machine with these files; empty where none of the latest can be read."""
    for path in paths[:20]:
        try:
            entries = store.of_file(path)
        except store.Damaged:
            continue
        if entries:
            return entries[0].machine
    return ""


def _reports(records: Mapping[str, Path], out: Path) -> dict[str, str]:
    """The address of each run's report as seen from the page."""
    found = {}
    for run, path in records.items():
        report = path.parent / "report.html"
        if report.is_file():
            found[run] = quote(os.path.relpath(report.resolve(), out.resolve()))
    return found
