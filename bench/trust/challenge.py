"""A seed that somebody asks a run to be made with, told only after the commit is named.

The seed is a hash of everything else in the question and of random digits in it: nobody, the asker
included, can choose it, and a question that is changed has another. Each question is for one who is
asked, so that no answer can be copied from another's.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from bench.plan.presets import PRESETS
from bench.schema import Text
from bench.values import choices
from suites import catalog
from suites.data import outside_file
from suites.errors import UserError

MAX_BYTES = 2**16

SEED_DIGITS = 12
"""Hexadecimal: as large as every program keeps whole."""

Commit = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$")]
Key = Annotated[str, msgspec.Meta(pattern="^(SHA256:[A-Za-z0-9+/]{43})?$")]
Moment = Annotated[
    str, msgspec.Meta(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+00:00$", max_length=25)
]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9/_-]{1,100}$")]


class BadChallenge(UserError):
    """The file is no question of ours; the message says what is wrong with it."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The question, all but its seed."""

    format: Literal[1] = 1
    commit: Commit
    """Of Metalbench, with which it is to be answered."""
    suites: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=64)]
    preset: Text
    asked_at: Moment
    """UTC, by the asker's clock."""
    of: Key = ""
    """Fingerprint of the key that is to sign the answer; empty where anybody may answer."""
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]

    @property
    def seed(self) -> int:
        """The hash of all that stands here."""
        content = msgspec.json.encode(self, order="deterministic")
        return int(hashlib.sha256(content).hexdigest()[:SEED_DIGITS], 16) or 1

    @property
    def command(self) -> str:
        """What to type to answer it."""
        return f"make bench SUITE={','.join(self.suites)} PRESET={self.preset} SEED={self.seed}"


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The question as a file, with its seed for who reads it."""

    question: Challenge
    seed: int


def made(commit: str, suites: Sequence[str], preset: str, of: str = "") -> Challenge:
    """A new one. Raises UserError."""
    unknown = [name for name in suites if name not in catalog.NAMES]
    if unknown or not suites:
        raise BadChallenge(
            f"unknown suite. Expected some of {', '.join(catalog.NAMES)}. Received: "
            f"{', '.join(unknown) or 'none'}. A suite of one's own is not asked for: its file "
            "would be run here to check the answers."
        )
    fields = {
        "commit": commit,
        "suites": tuple(suites),
        "preset": choices("preset", [preset], PRESETS)[0],
        "asked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "of": of,
        "nonce": secrets.token_hex(16),
    }
    try:
        return msgspec.convert(fields, Challenge)
    except msgspec.ValidationError:
        raise BadChallenge(
            "no such question can be asked. Expected the commit of a checkout without changes, and "
            "the fingerprint of a key as `ssh-keygen -l -f key.pub` shows it, SHA256:... with 43 "
            f"characters. Received: {commit[:60]} and {of[:60] or 'no key'}"
        ) from None


def encoded(question: Challenge) -> bytes:
    """The file's content."""
    content = msgspec.json.encode(_File(question=question, seed=question.seed))
    return msgspec.json.format(content, indent=2) + b"\n"


def read(path: Path) -> Challenge:
    """The question in a file. Raises BadChallenge, OSError."""
    remedy = "`./metalbench store ask` writes one."
    try:
        content = outside_file.beginning(path, MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise msgspec.DecodeError(f"more than {MAX_BYTES} bytes")
        found = msgspec.json.decode(content, type=_File)
    except FileNotFoundError:
        raise BadChallenge(
            f"no such question. Expected the file that was asked with. Received: {path}. {remedy}"
        ) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadChallenge(f"{path} asks for nothing: {str(error)[:200]}. {remedy}") from None
    if found.seed != found.question.seed or not _known(found.question):
        raise BadChallenge(
            f"{path} was changed: its seed is not that of what it asks for, or its suites are "
            f"none of this version. {remedy}"
        )
    return found.question


def _known(question: Challenge) -> bool:
    return question.preset in PRESETS and all(each in catalog.NAMES for each in question.suites)
