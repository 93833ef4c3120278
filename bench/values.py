"""Sizes, shares, times, paths and words as a person types them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

from suites.errors import UserError, meant

_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}

_LEAST_S, _MOST_S = 5, 7 * 86400
"""Of a whole run: in less nothing can be told, and nobody waits for more."""


class BadValue(UserError):
    """What was typed is no such word or quantity; the message says what would be."""


def size(text: str) -> int:
    """Bytes of `8G`, `512M`, `1.5GiB`: powers of 1024. Raises BadValue."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.I)
    count = round(float(found[1]) * 1024 ** _UNITS[found[2].upper()]) if found else 0
    if count < 1:
        raise BadValue(f"not an amount of memory. Expected, for example, 8G. Received: {text!r}")
    return count


def share(text: str) -> float:
    """0.01 of `1%` or `0.01`. Raises BadValue outside 0 to 1."""
    digits, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        value = float(digits) / (100 if percent else 1)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise BadValue(f"not a percentage. Expected, for example, 1% or 0.01. Received: {text!r}")
    return value


def seconds(text: str) -> float:
    """300 of `5m`, `300s`, `300`. Raises BadValue outside five seconds to a week."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(s|m|min|h|)", text.strip(), re.I)
    value = float(found[1]) * _SECONDS[found[2].lower()] if found else math.nan
    if not _LEAST_S <= value <= _MOST_S:
        raise BadValue(
            "not a time for a run. Expected, for example, 90s, 5m or 1h (5s to 168h). "
            f"Received: {text!r}"
        )
    return value


def label(text: str) -> str:
    """A name for a machine, as short and plain as a folder's. Raises BadValue."""
    if text and not re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,30}", text):
        raise BadValue(
            "no label for a machine. Expected at most 31 letters, digits, `.`, `_` and `-`, as in "
            f"mini-3. Received: {text[:64]!r}"
        )
    return text


def index(text: str) -> str:
    """An address where packages are looked for, or a folder of wheels, made absolute.

    Raises BadValue.
    """
    text = text.strip()
    if not text or re.fullmatch(r"(?:https?|file)://[^\s]{1,500}", text):
        return text
    folder = path(text)
    if "://" in text or not folder.is_dir():
        raise BadValue(
            "no package index. Expected an address, as in https://pypi.org/simple, or a folder of "
            f"wheels. Received: {text!r}"
        )
    return str(folder.resolve())


def path(typed: str | Path) -> Path:
    """The path; `~/` is the home folder where no shell has said so, as in make's `OUT=~/x`. An
    option's default comes here too, as a path."""
    text = str(typed)
    try:
        return Path(text).expanduser() if text == "~" or text.startswith("~/") else Path(text)
    except RuntimeError:
        raise BadValue(
            f"the home folder is not known. Expected a path without ~. Received: {text!r}"
        ) from None


def new_file(path: Path) -> Path:
    """A file that is to be written. Raises BadValue where no folder is there to hold it."""
    if path.is_dir() or not path.parent.is_dir():
        raise BadValue(
            f"no place for a file. Expected a name in a folder that exists. Received: {path}"
        )
    return path


def choices(
    what: str, given: list[str], known: Iterable[str], hint: str = "`make list` shows them all."
) -> list[str]:
    """The words, each once. Raises BadValue for one that is not known."""
    known = list(known)
    for word in given:
        if word not in known:
            raise BadValue(
                f"unknown {what}. Expected one of {', '.join(known)}. Received: {word!r}."
                f"{meant(word, known)} {hint}"
            )
    return list(dict.fromkeys(given))


def split(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
