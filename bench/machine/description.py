"""A description of a machine as a file: what to send when asking for help, read as untrusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from bench.schema import Bytes, Count, GpuState, Machine, Magnitude, State, Text
from suites.errors import UserError

FORMAT: Literal[1] = 1
MAX_BYTES = 2**20
"""A longer file is refused unread; an honest one holds some 30 KiB."""

REMEDY = "`./metalbench machine --capture FILE.json` writes one."

Gpus = Annotated[tuple[GpuState, ...], msgspec.Meta(max_length=64)]
Package = Annotated[str, msgspec.Meta(max_length=128)]
Packages = Annotated[dict[Package, Package], msgspec.Meta(max_length=2048)]


class NotADescription(UserError):
    """The file is no description this version can read; the message says what it is instead."""


class Heavy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Programs of one name that keep the CPU busy."""

    name: Text
    """The program's base name: no path, no arguments, no user."""
    count: Count
    cpu_share: Magnitude
    """Of one core: 2.0 is two cores' worth."""


class Description(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="machine"
):
    """A machine, and what on it decides whether runs go well. Absent is unknown."""

    format: Literal[1]
    machine: Machine
    state: Annotated[dict[Text, str | bool | int | float | Gpus], msgspec.Meta(max_length=32)]
    """Fields of `schema.State`, validated as such."""
    python: Text
    python_architecture: Text
    environments: Annotated[dict[Text, Packages], msgspec.Meta(max_length=256)] = msgspec.field(
        default_factory=dict
    )
    """Of each that is built: version by package, and under `python` that of its Python."""
    environment_states: Annotated[dict[Text, Text], msgspec.Meta(max_length=256)] = msgspec.field(
        default_factory=dict
    )
    """`ready`, `stale`, `half-built`, `absent` or `unavailable`."""
    variables: Annotated[dict[Text, Text], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    disk_free_bytes: Bytes | None = None
    memory_free_bytes: Bytes | None = None
    heavy_processes: Annotated[tuple[Heavy, ...], msgspec.Meta(max_length=64)] = ()

    def __post_init__(self) -> None:
        told: dict[str, Any] = {"case": "", "phase": "before", "at_s": 0.0, **self.state}
        msgspec.convert(msgspec.to_builtins({**told, "kind": "state"}), State)


def write(path: Path, description: Description) -> None:
    """The description as JSON that a person can read before sending it. Raises OSError."""
    text = msgspec.json.format(msgspec.json.encode(description), indent=2)
    path.write_bytes(text + b"\n")


def read(path: Path) -> Description:
    """What such a file says. Raises NotADescription, OSError."""
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise NotADescription(f"{path} is longer than {MAX_BYTES} bytes. {REMEDY}")
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.kind == "machine" and head.format > FORMAT:
            raise NotADescription(
                f"{path} has format {head.format}; this version reads up to {FORMAT}. "
                "Update Metalbench with `git pull`."
            )
        return msgspec.json.decode(text, type=Description)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        problem = str(error)[:200]
        raise NotADescription(
            f"{path} is no description of a machine ({problem}). {REMEDY}"
        ) from None


class _Head(msgspec.Struct):
    """The least such a file has."""

    kind: str
    format: int
