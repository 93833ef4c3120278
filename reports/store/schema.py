"""The tables of a store: their columns, of which docs/fleet.md says what they mean."""

from __future__ import annotations

import types
from datetime import datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from reports.cell import Cell

Table = Literal["cells", "ratios", "machines", "findings"]
NAMES: tuple[Table, ...] = get_args(Table)

_ARROW = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("s", tz="UTC"),
}

_WHOSE = {
    "sha256": str,
    "machine_id": str,
    "received_at": datetime,
    "chip": str | None,
    "gpu": str | None,
    "system": str,
}
"""Of every table: the run that a row is of, when it came, and from what kind of machine."""

_RATIOS = {
    "run": str,
    "suite": str,
    "case": str,
    "name": str,
    "size": int,
    "precision": str,
    **{
        f"{prefix}{name}": kind
        for prefix in ("", "base_")
        for name, kind in {
            "contender": str,
            "framework": str,
            "version": str | None,
            "device_kind": str,
            "device_name": str,
            "execution": str,
        }.items()
    },
    "ratio": float,
    "low": float | None,
    "high": float | None,
    "repeats": int,
    "word": str,
    "by_cpu_time": bool,
}

_MACHINES = {
    "run": str,
    "started_at": datetime | None,
    "machine": str,
    "release": str | None,
    "architecture": str | None,
    "model": str | None,
    "family": str,
    "cores_physical": int | None,
    "cores_logical": int | None,
    "memory_bytes": int | None,
    "hypervisor": str | None,
    "hackintosh": str | None,
    "translated": bool | None,
    "frameworks": str,
    "suites": str,
    "preset": str | None,
    "version": str | None,
    "commit": str | None,
    "bytes": int,
    "records": int,
    "ended": bool,
    "contenders": int,
    "cases": int,
    "verified": int,
}

_FINDINGS = {
    "run": str,
    "severity": str,
    "what": str,
    "place": str,
    "action": str,
    "about": str | None,
    "effect": float | None,
}


def _schema(columns: dict[str, Any]) -> pa.Schema:
    return pa.schema([pa.field(name, *_arrow(kind)) for name, kind in columns.items()])


def _arrow(kind: Any) -> tuple[pa.DataType, bool]:
    """The type of a column, and whether values may be missing."""
    some = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) in (types.UnionType, Union):
        return _ARROW[some[0]], True
    return _ARROW[str if get_origin(kind) is Literal else kind], False


SCHEMAS: dict[Table, pa.Schema] = {
    "cells": _schema(_WHOSE | get_type_hints(Cell) | {"definition_sha256": str}),
    "ratios": _schema(_WHOSE | _RATIOS),
    "machines": _schema(_WHOSE | _MACHINES),
    "findings": _schema(_WHOSE | _FINDINGS),
}
