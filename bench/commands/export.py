"""The command `export`: a run in a format that another tool reads."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench import values
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
        _replace(values.path(out), text)
    tell(_told(made))
    lines = len(read_in.left_out)
    if not lines:
        return 0
    return failed(f"{lines} line{'s' * (lines > 1)} of the records could not be used")


def _told(made: Exported) -> str:
    left = ", ".join(f"{count} {word}" for word, count in made.left.items())
    count = len(made.entries)
    return f"exported {count} cell{'s' * (count > 1)}" + (f"; left out: {left}" if left else "")


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: another program may be waiting for the file."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".export-", delete=False
    ) as file:
        try:
            file.write(text)
            file.close()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    """What other files of this process get; it can only be read by being set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
