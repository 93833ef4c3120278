"""The command `export`: a run in a format that another tool reads."""

from __future__ import annotations

import sys
from pathlib import Path

from bench import values, whole_file
from bench.printable import tell
from bench.terminal.exit_codes import failed
from reports.exports import exported
from reports.exports.exported import Exported
from reports.exports.registry import FORMATS
from reports.frame import read

STANDARD_OUTPUT = "-"


def run(results: Path, format: str, out: str) -> int:
    """Write it to a file or the standard output; 1 if lines of the records had to be left out.

    Raises UserError, OSError.
    """
    (name,) = values.choices("format", [format], FORMATS, "docs/exports.md describes them.")
    if out.endswith((".jsonl", ".jsonl.gz")):
        raise values.BadValue(
            f"--out would write over a record file. Expected another name. Received: {out!r}"
        )
    read_in = read([results])
    made = exported.of(read_in, results)
    text = FORMATS[name].render(made)
    if out == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        whole_file.write(values.path(out), text)
    tell(_told(made))
    lines = len(read_in.left_out)
    if not lines:
        return 0
    return failed(f"{lines} line{'s' * (lines > 1)} of the records could not be used")


def _told(made: Exported) -> str:
    left = ", ".join(f"{count} {word}" for word, count in made.left.items())
    count = len(made.entries)
    return f"exported {count} cell{'s' * (count > 1)}" + (f"; left out: {left}" if left else "")
