"""Text as Markdown that shows it and does nothing else."""

from __future__ import annotations

import re

_WORD = r"(?:[0-9]+(?:\.[0-9]+)?[A-Za-zµ%]*|[A-Za-zµ%][A-Za-z0-9µ%]*)"
_TAME = re.compile(rf"{_WORD}(?:[ \u00a0/]{_WORD})*")
"""Most cells of a table: words and numbers that no rule below would change."""


def escape(text: str) -> str:
    """The text as Markdown that shows it and does nothing else.

    Entities where a backslash would not stop a link; underscores inside words mean nothing.
    """
    if _TAME.fullmatch(text):
        return text
    text = text.replace("&", "&amp;")
    text = re.sub(r"([\\`*\[\]<>|~$#])", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    text = text.replace("://", "&#58;//").replace("@", "&#64;")
    text = re.sub(r"(?i)\b(www|mailto|xmpp)([.:])", _entity, text)
    text = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", text.strip())
    return re.sub(r"^([-+=])", r"\\\1", text)


def _entity(found: re.Match[str]) -> str:
    return f"{found[1]}&#{ord(found[2])};"
