"""What a worker may answer: the reply to each request, typed and bounded, and how to read a line.

A worker runs code of anybody. Nothing of what it says is used before it has passed through `read`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from bench.schema import (
    Bytes,
    Count,
    DeviceKind,
    LongText,
    Sampled,
    SampleSeconds,
    Seconds,
    Sha256,
    Text,
)
from frameworks import interface

T = TypeVar("T")

MAX_BYTES = 16 * 2**20
"""Of one reply; the longest honest one, a slice of short samples, is 2 MiB."""

SHOWN = 200
"""Characters of a reply that nobody understands, as a reader sees them."""

BROKEN = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What reading JSON that somebody has made up may raise."""


class WorkerError(Exception):
    """The worker answered with an exception, or with what is no answer; it lives on."""

    def __init__(self, reason: str, unsupported: str | None, traceback: str) -> None:
        super().__init__(reason)
        self.reason, self.unsupported, self.traceback = reason, unsupported, traceback


class OutOfStep(Exception):
    """What came is no reply to the request, so nobody knows what the next one would belong to."""


# --- the reply to each request ----------------------------------------------------------------

Number = Annotated[float, msgspec.Meta(ge=-1e200, le=1e200)]
"""Far enough from the largest float that two of them can be held against each other."""

Numbers = Annotated[
    dict[Text, Annotated[tuple[Number, ...], msgspec.Meta(max_length=10_000)]],
    msgspec.Meta(max_length=64),
]

Words = Annotated[str, msgspec.Meta(max_length=2**16)]
"""Shorter than in records, which hold them with names and folders replaced."""

Looks = Annotated[tuple[tuple[Seconds, SampleSeconds], ...], msgspec.Meta(max_length=64)]
"""Seconds of work that was found after a wait, and how many are accepted."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's answer; `verb` is the request that it answers."""

    verb: ClassVar[str]


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device as an adapter names it."""

    id: Annotated[str, msgspec.Meta(pattern=r"\A[\w.:+-]{1,64}\Z")]
    kind: DeviceKind
    name: Annotated[str, msgspec.Meta(max_length=256)]
    memory_bytes: Bytes | None = None
    backend: interface.Backend | None = None

    def checked(self) -> interface.Device:
        """The same, for the host."""
        return interface.Device(
            self.id, self.kind, self.name or self.id, self.memory_bytes, self.backend
        )


class Devices(Reply, frozen=True):
    verb: ClassVar[str] = "devices"

    devices: Annotated[tuple[Device, ...], msgspec.Meta(max_length=64)]


class Started(Reply, frozen=True):
    """What was really chosen, and what was found of the adapter at its start."""

    verb: ClassVar[str] = "start"

    versions: Annotated[dict[Text, Text], msgspec.Meta(max_length=256)]
    device: Device
    asynchronous: bool
    python: Text
    threads: Count | None = None
    notes: Annotated[tuple[Words, ...], msgspec.Meta(max_length=256)] = ()
    details: Words = ""
    build: Annotated[dict[Text, Text], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    packages: Annotated[tuple[Text, ...], msgspec.Meta(max_length=4096)] = ()
    left_over: Looks = ()
    keeps: bool = True
    """Whether converting a result again costs far less than the first time."""


class Built(Reply, frozen=True):
    verb: ClassVar[str] = "build"

    arrays_sha256: Sha256
    definition_sha256: Sha256
    build_s: Seconds


class TooLong(msgspec.Struct, frozen=True, kw_only=True):
    """A step of `flop` took longer than the preset allows."""

    step_s: SampleSeconds
    flop: Count
    foretold: bool = False
    """From the pace of a smaller step: it was not tried."""


class Observed(Reply, frozen=True):
    """What comes beside the file of observations; where a step took too long, nothing else."""

    verb: ClassVar[str] = "verify"

    too_long: TooLong | None = None
    compared: Numbers = msgspec.field(default_factory=dict)
    curves: Numbers = msgspec.field(default_factory=dict)
    first_step_s: Seconds | None = None
    first_step_kept: bool = False
    warnings: Annotated[tuple[Words, ...], msgspec.Meta(max_length=64)] = ()


class Calibrated(Reply, frozen=True):
    verb: ClassVar[str] = "calibrate"


class Sliced(Sampled, Reply, frozen=True):
    """A slice, and what looks into its samples have found."""

    verb: ClassVar[str] = "slice"

    left_over: Looks = ()
    undone: Looks = ()

    def figures(self) -> dict[str, Any]:
        """What a record of the slice takes over."""
        return {name: getattr(self, name) for name in Sampled.__struct_fields__}


class Renewed(Reply, frozen=True):
    verb: ClassVar[str] = "renew"


class Rested(Reply, frozen=True):
    verb: ClassVar[str] = "rest"


class Dropped(Reply, frozen=True):
    verb: ClassVar[str] = "drop"


R = TypeVar("R", bound=Reply)

# --- from a line to a reply -------------------------------------------------------------------


class _Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An exception, as the worker tells it."""

    error: Words
    traceback: LongText = ""
    unsupported: Words | None = None


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A line: the number of the request, and the answer to it or, `refused`, why there is none."""

    number: int
    refused: bool
    answer: msgspec.Raw


def read(line: bytes, number: int, wanted: type[R]) -> R:
    """The reply to the request of this number. Raises WorkerError, OutOfStep."""
    try:
        envelope = msgspec.json.decode(line, type=_Envelope)
    except BROKEN as error:
        raise OutOfStep(f"its reply was none ({error}): {_shown(line)}") from None
    if envelope.number != number:
        told = f"{envelope.number}"[:SHOWN]
        raise OutOfStep(f"it answered request {told} when it was asked request {number}")
    if envelope.refused:
        refusal = _typed(envelope.answer, _Refusal)
        raise WorkerError(refusal.error, refusal.unsupported, refusal.traceback)
    return _typed(envelope.answer, wanted)


def checked(values: Any, kind: type[T]) -> T:
    """What follows from the worker's words as a typed record. Raises WorkerError."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise WorkerError(f"the adapter's answer does not fit: {error}", None, "") from None


def _typed(raw: msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except BROKEN as error:
        raise WorkerError(f"the adapter's answer does not fit: {error}", None, "") from None


def _shown(line: bytes) -> str:
    text = line[: 4 * SHOWN].decode(errors="replace")
    return repr(text[:SHOWN]) if text else "nothing"
