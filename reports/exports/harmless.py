"""Text of exports: names that no reader takes for markup or syntax, and JSON in ASCII."""

from __future__ import annotations

import json
from typing import Any

from reports.formatting import plain

MOST_CHARACTERS = 240
"""Of a name from a record: two of them and their brackets stay below the 1024 that readers take."""

_MARKUP = str.maketrans(dict.fromkeys('`|<>"\\', "?"))
"""Readers put names into tables, pages and code spans of their own, escaped or not."""


def harmless(text: str) -> str:
    """One line that ends no code span, cell of a table, tag or quoted string."""
    return plain(text, MOST_CHARACTERS).translate(_MARKUP)


def as_json(value: Any) -> str:
    """Without NaN, which some readers refuse, and in ASCII, which acts on no terminal."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"
