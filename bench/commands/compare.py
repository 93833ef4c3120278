"""The command `compare`: two sides read, compared, drawn, also as a page; the exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from bench import values, whole_file
from bench.printable import Screen, tell
from reports.compare import as_html, as_json, as_markdown, as_terminal, sides
from reports.compare import fail_on as gate
from reports.compare.comparison import Comparison, compare
from reports.compare.differences import KINDS, Kind
from reports.compare.fail_on import Gate, Outcome
from reports.isolation import Attempts
from reports.render import html

STANDARD_OUTPUT = "-"

USUAL = Path("report")
"""Folder of the page, where none is named."""

_RENDERERS = {"json": as_json.render, "markdown": as_markdown.render}


@dataclass(frozen=True)
class CompareOptions:
    """What was typed; texts are empty where nothing was."""

    a: Path
    b: Path | None
    of_a: str
    """Which contenders of A: an id, or a part that only one spec has; empty for all."""
    of_b: str
    fail_on: str
    threshold: str
    across: str
    json: str
    """A file, or `-` for the standard output; so is the next."""
    markdown: str
    out: Path | None
    """Folder of the page; None for the usual one, or no page where the standard output is taken."""


def run(asked: CompareOptions) -> int:
    """Compare, show, and return the exit code. Raises UserError, OSError."""
    threshold = values.share(asked.threshold)
    gates, across = gate.parse(asked.fail_on, threshold), _across(asked.across)
    outputs = _checked({"json": asked.json, "markdown": asked.markdown})
    a, b = sides.load(asked.a, asked.b, asked.of_a, asked.of_b)
    named = a.results is b.results or bool(asked.of_a and asked.of_b)
    comparison = compare(a, b, threshold=threshold, named=named, across=across)
    outcome = gate.outcome(comparison, gates)
    made = comparison, outcome, gates
    screen = None if STANDARD_OUTPUT in outputs.values() else Screen()
    if screen:
        as_terminal.show(*made, screen)
    for name, target in outputs.items():
        text = _RENDERERS[name](*made)
        if target == STANDARD_OUTPUT:
            sys.stdout.write(text)
        else:
            whole_file.write(values.path(target), text)
    if screen or asked.out:
        address = _page(asked.out, *made)
        if screen and address:
            screen.print(address, soft_wrap=True, markup=False, highlight=False)
    return outcome.exit_code


def _page(out: Path | None, comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> str:
    """Write the page; its address. The usual folder may be out of reach: nobody asked for it."""
    folder, attempts = out or USUAL, Attempts()
    text = attempts.of(
        "The page of the comparison",
        partial(as_html.render, comparison, outcome, gates),
        html.told,
    )
    path = folder / as_html.NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole_file.write(path, text)
    except OSError as error:
        if out:
            raise
        tell(f"no page was written: {error.strerror} ({path}). --out FOLDER puts it elsewhere")
        return ""
    if attempts.faults:
        attempts.save(folder)
    return path.resolve().as_uri()


def _across(text: str) -> list[Kind]:
    found = values.split(text)
    for word in found:
        if word not in KINDS:
            raise values.BadValue(
                f"no such difference. Expected --across {', '.join(KINDS)}, or several with commas."
                f" Received: {word!r}"
            )
    return cast(list[Kind], found)


def _checked(outputs: Mapping[str, str]) -> dict[str, str]:
    """Those asked for; refused before anything is read where they must not be written."""
    asked = {name: target for name, target in outputs.items() if target}
    if list(asked.values()).count(STANDARD_OUTPUT) > 1:
        wanted = " and ".join(f"--{name} -" for name in asked)
        raise values.BadValue(
            f"{wanted} would all write to the standard output. Expected one of them."
        )
    for name, target in asked.items():
        if target.endswith((".jsonl", ".jsonl.gz")):
            raise values.BadValue(
                f"--{name} would write over a record file. Expected another name. "
                f"Received: {target!r}"
            )
    return asked
