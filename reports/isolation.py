"""A part of a report that fails costs that part alone: a sentence stands in its place."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from reports.formatting import plain
from suites.errors import UserError

FILE = "faults.txt"
"""Beside the report, where a part of it failed: tracebacks for whoever mends it."""

STRICT = "METALBENCH_STRICT"
"""Set to anything, as all tests have it, a fault is raised where it happens."""

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Fault:
    """Why a part could not be made."""

    part: str
    """As the subject of a sentence."""
    error: str
    traceback: str

    @property
    def sentence(self) -> str:
        """What stands in the part's place."""
        return (
            f"{self.part} could not be made, by a fault of Metalbench itself ({self.error}); "
            f"{FILE} beside this report says more."
        )


class Attempts:
    """Tries the parts of one report, and knows which failed."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def of(self, part: str, make: Callable[[], _Made], instead: Callable[[str], _Made]) -> _Made:
        """What `make` gives; of a part that fails what `instead` makes of the sentence about it.

        What a user can mend passes through: UserError, OSError.
        """
        try:
            return make()
        except (UserError, OSError):
            raise
        except Exception as error:  # raised again, or told of
            if os.environ.get(STRICT):
                raise
            name = type(error).__name__
            said = plain(f"{name}: {error}" if str(error) else name, 200)
            whole = "".join(traceback.format_exception(error))
            self.faults.append(Fault(plain(part), said, whole))
            return instead(self.faults[-1].sentence)

    def save(self, folder: Path) -> None:
        """The tracebacks as a file of the folder; without any, no earlier report's file is left."""
        path = folder / FILE
        if not self.faults:
            path.unlink(missing_ok=True)
            return
        texts = (f"{each.part}\n\n{_lines(each.traceback)}" for each in self.faults)
        path.write_text("\n".join(texts), encoding="utf-8")

    def told(self, folder: Path) -> str:
        """How many parts are missing, for the terminal; empty where none is."""
        count = len(self.faults)
        if not count:
            return ""
        parts = "1 part" if count == 1 else f"{count} parts"
        return (
            f"{parts} of the report could not be made, by a fault of Metalbench itself: the report "
            f"says which, and {(folder / FILE).resolve().as_uri()} why"
        )


def _lines(text: str) -> str:
    """The text without what could steer a terminal: an error may quote a record."""
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1]
        for character in text
    )
