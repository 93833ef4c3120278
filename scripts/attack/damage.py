"""Text that disks, editors and other versions of a program have damaged: numbers, words, holes."""

from __future__ import annotations

import random

from scripts.attack.mutations import NUMBERS, TEXTS


def damaged(draw: random.Random, text: bytes) -> bytes:
    """The text with one to four faults."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        text = draw.choice(_FAULTS)(draw, text)
    return text


def _turned(draw: random.Random, text: bytes) -> bytes:
    at = draw.randrange(len(text) or 1)
    return text[:at] + bytes([draw.randrange(256)]) + text[at + 1 :]


def _cut(draw: random.Random, text: bytes) -> bytes:
    return text[: draw.randrange(len(text) + 1)]


def _hole(draw: random.Random, text: bytes) -> bytes:
    """Zeros, as a disk leaves them after a power cut."""
    at = draw.randrange(len(text) + 1)
    return text[:at] + b"\0" * draw.choice((1, 512)) + text[at + draw.choice((1, 512)) :]


def _doubled(draw: random.Random, text: bytes) -> bytes:
    at, to = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    return text[:to] + text[at:to] * draw.choice((1, 20)) + text[to:]


def _word(draw: random.Random, text: bytes) -> bytes:
    at = draw.randrange(len(text) + 1)
    added = draw.choice(TEXTS).encode("utf-8", "surrogatepass")
    return text[:at] + added + text[at + draw.choice((0, 0, len(added))) :]


def _number(draw: random.Random, text: bytes) -> bytes:
    """A number becomes another."""
    digits = [at for at, byte in enumerate(text) if 48 <= byte < 58]
    if not digits:
        return text
    at = draw.choice(digits)
    return text[:at] + str(draw.choice(NUMBERS)).encode() + text[at + 1 :]


_FAULTS = (_turned, _cut, _hole, _doubled, _word, _number)
