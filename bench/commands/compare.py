"""The command `compare`: two sides read, compared, drawn; the exit code it ends with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bench import values
from bench.printable import Screen
from reports.compare import as_json, as_markdown, as_terminal, sides
from reports.compare import fail_on as gate
from reports.compare.comparison import compare
from reports.compare.differences import KINDS, Kind

STANDARD_OUTPUT = "-"

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


def run(asked: CompareOptions) -> int:
    """Compare, show, and return the exit code. Raises UserError, OSError."""
    threshold = values.share(asked.threshold)
    gates, across = gate.parse(asked.fail_on, threshold), _across(asked.across)
    outputs = _checked({"json": asked.json, "markdown": asked.markdown})
    a, b = sides.load(asked.a, asked.b, asked.of_a, asked.of_b)
    named = a.results is b.results or bool(asked.of_a and asked.of_b)
    comparison = compare(a, b, threshold=threshold, named=named, across=across)
    outcome = gate.outcome(comparison, gates)
    if STANDARD_OUTPUT not in outputs.values():
        as_terminal.show(comparison, outcome, gates, Screen())
    for name, target in outputs.items():
        text = _RENDERERS[name](comparison, outcome, gates)
        if target == STANDARD_OUTPUT:
            sys.stdout.write(text)
        else:
            values.path(target).write_text(text, encoding="utf-8")
    return outcome.exit_code


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
