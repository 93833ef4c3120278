"""What captured text says: pairs, counts, sizes and JSON, and which words may be kept.

Captures hold serial numbers, UUIDs and names of people. A value is kept only where its key was
asked for and the value itself has the shape of what was asked for.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

_SIZES = {"M": 2**20, "G": 2**30, "T": 2**40}
"""By the unit's first letter: `GB`, or `Go` in French. All mean powers of 1024."""

_LATIN = {0x41C: "M", 0x413: "G", 0x422: "T", 0x411: "B"}
"""Letters of units in Cyrillic."""

_MOST_NESTED = 64


def pairs(text: str) -> dict[str, str]:
    """Lines `key: value`, the first of each key."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and value.strip():
            found.setdefault(key.strip().strip('"'), value.strip())
    return found


def count(text: object) -> int | None:
    """A number of things: digits alone, below a million."""
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*", str(text))
    return int(found[1]) if found else None


def lanes(text: object) -> int | None:
    """16 of `x16`."""
    found = re.fullmatch(r"x([0-9]{1,2})", str(text).strip())
    return int(found[1]) or None if found else None


def device_id(text: object) -> str | None:
    """`0x73bf` of `0x73BF`."""
    found = re.fullmatch(r"0x[0-9a-f]{4}", str(text).strip().lower())
    return found[0] if found else None


def memory(text: object) -> int | None:
    """A number of bytes in digits: a whole number of KiB between 1 MiB and 1 PiB."""
    found = re.fullmatch(r"\s*([0-9]{7,16})\s*", str(text))
    size = int(found[1]) if found else 0
    return size if 2**20 <= size <= 2**50 and size % 1024 == 0 else None


def size(text: object) -> int | None:
    """Bytes of `8 GB` or `1536 MB`."""
    words = str(text).translate(_LATIN).strip()
    found = re.fullmatch(r"([0-9]{1,6})(?:[.,]0)?\s*([MGT])[Bo]", words)
    return int(found[1]) * _SIZES[found[2]] or None if found else None


def version(text: object) -> str | None:
    """Numbers with points at the beginning, as in `15.2` or `580.65.06`."""
    found = re.match(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,4}", str(text).strip())
    return found[0] if found else None


def name(text: object) -> str | None:
    """A product's name; None for anything that could name a person or one single device."""
    words = " ".join(str(text).split())
    allowed = re.fullmatch(r"[A-Za-z0-9](?:[][A-Za-z0-9 .,_+()-]| @ |/(?=[0-9 ])){0,95}", words)
    if not allowed or re.search(r"serial|uuid|udid|\.local\b|\bnone\b", words, re.IGNORECASE):
        return None
    # Apple's serial numbers are 10 to 12 capitals and digits, others' eight digits and more.
    if re.search(r"[0-9A-Z]{9}", words):
        return None
    runs = re.findall(r"[0-9A-Za-z]{8,}", words)
    return None if any(len(re.findall("[0-9]", run)) > 1 for run in runs) else words


def model(text: object) -> str | None:
    """A Mac's model identifier, as in `iMacPro1,1`."""
    found = re.fullmatch(r"[A-Za-z]{3,16}[0-9]{1,2},[0-9]{1,2}", str(text).strip())
    return found[0] if found else None


def tree(text: str) -> tuple[Any, bool]:
    """What JSON holds, and whether all of it could be read; None where nothing could."""
    try:
        return json.loads(text), True
    except (ValueError, RecursionError):
        pass
    for end, closing in _ends(text):
        try:
            return json.loads(text[:end] + closing), False
        except (ValueError, RecursionError):
            continue
    return None, False


def _ends(text: str, tries: int = 8) -> list[tuple[int, str]]:
    """Where cut-off JSON could be ended, the last place first, and the brackets to close there."""
    found: deque[tuple[int, str]] = deque(maxlen=tries)
    opened: list[str] = []
    for position, character in _brackets(text):
        if character in "{[":
            opened.append("}" if character == "{" else "]")
        elif character == ",":
            found.append((position, "".join(reversed(opened))))
        elif opened and character == opened.pop():
            found.append((position + 1, "".join(reversed(opened))))
        else:
            break
        if len(opened) > _MOST_NESTED:
            break
    return list(found)[::-1]


def _brackets(text: str) -> Iterator[tuple[int, str]]:
    """Brackets and commas outside of strings, with their places."""
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|[][{},]', text):
        if match[0][0] != '"':
            yield match.start(), match[0]


def parts(value: object, key: str) -> list[dict[str, Any]]:
    """The objects of a list under the key; empty where there is no such list."""
    found = value.get(key) if isinstance(value, dict) else None
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
