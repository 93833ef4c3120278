"""The word of who asked for a run: a statement, signed, that lies beside its records.

Only the asker knows when the seed was told. So it is the asker's key that a reader must know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from bench.schema import LongText, Sha256, Text
from bench.trust import signing
from bench.trust.challenge import Challenge, Moment
from bench.trust.sidecars import MOST_BYTES
from bench.trust.work import Cell

USE = "metalbench-work"
"""What such a signature is for. A key that a list accepts for runs alone does not vouch."""

_MOST_BYTES = MOST_BYTES[".work.json"]


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the asker saw."""

    format: Literal[1] = 1
    sha256: Sha256
    """Of the run's records, unpacked."""
    question: Challenge
    looked_at: Moment
    cells: Annotated[tuple[tuple[Text, Text], ...], msgspec.Meta(min_length=1, max_length=3000)]
    """Contenders and cases whose answers were held against the reference."""


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The statement as it was signed, to the byte."""

    statement: Annotated[str, msgspec.Meta(max_length=_MOST_BYTES)]
    signature: LongText


@dataclass(frozen=True)
class Word:
    """What an asker's word is worth to a reader."""

    asker: str = ""
    """Fingerprint of the key; empty where the word shows nothing."""
    known: bool = False
    statement: Statement | None = None
    problem: str = ""
    """Why it does not count."""


def vouch(sha256: str, question: Challenge, cells: Sequence[Cell], key: Path) -> bytes:
    """The file's content, signed with the asker's key. Raises NotSigned, NoKeygen."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = Statement(sha256=sha256, question=question, looked_at=now, cells=tuple(cells)[:3000])
    text = msgspec.json.encode(said)
    signature = signing.sign([text], key, USE)
    file = _File(statement=text.decode(), signature=signature.decode())
    return msgspec.json.encode(file) + b"\n"


def read(content: bytes, sha256: str, signers: Path | None) -> Word:
    """What it says of the run with this hash, to a reader with this list. Raises NoKeygen."""
    try:
        if len(content) > _MOST_BYTES:
            raise msgspec.DecodeError("it is too long")
        file = msgspec.json.decode(content, type=_File)
        said = msgspec.json.decode(file.statement, type=Statement)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Word(problem="what lies there as an asker's word is none")
    if said.sha256 != sha256:
        return Word(problem="the asker's word beside it is about another run")
    text, signature = file.statement.encode(), file.signature.encode("ascii", "replace")
    found = signing.check(signature, [text], signers, USE)
    if not found.known:
        who = f"{found.key} vouches for it: " if found.key else "the asker's word: "
        return Word(found.key, problem=who + found.problem)
    return Word(found.key, known=True, statement=said)
