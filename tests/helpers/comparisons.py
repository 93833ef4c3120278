"""Comparisons of runs that never took place, asked for as a person does."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import structs
from typer.testing import CliRunner, Result

from bench.__main__ import app
from bench.schema import Record
from tests.helpers import builders
from tests.helpers.builders import Model

TORCH = builders.FIVE[1]
JAX = builders.FIVE[3]
OLD = replace(JAX, spec="jax==0.4.38", version="0.4.38")
SLOW = replace(OLD, overhead_s=OLD.overhead_s * 1.1, flop_per_s=OLD.flop_per_s / 1.1)
CASE = "matmul/square/256"


def records(folder: Path, lines: Sequence[Record], name: str = "a") -> Path:
    return builders.write(folder / name / "records.jsonl", lines)


def runs(
    folder: Path, a: Sequence[Model], b: Sequence[Model], rounds: int = 12, **more: Any
) -> list[str]:
    """The files of two runs."""
    base = records(folder, builders.run(a, rounds=rounds, name="20261120-101500-aaaa"), "a")
    lines = builders.run(b, rounds=rounds, name="20261121-101500-bbbb", **more)
    return [str(base), str(records(folder, lines, "b"))]


def compare(*arguments: str) -> Result:
    """As a person does; its page goes where no other test looks."""
    with tempfile.TemporaryDirectory() as out:
        return CliRunner().invoke(app, ["compare", "--out", out, *arguments])


def told(*arguments: str) -> dict[str, Any]:
    """What a program is told."""
    done = compare(*arguments, "--json", "-")
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == done.exit_code
    return found


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {one["case"]: one["verdict"] for one in found["cases"]}


def changed(lines: Sequence[Record], **values: Any) -> list[Record]:
    """The run with its head changed."""
    head, *rest = lines
    return [structs.replace(head, **values), *rest]


def two(folder: Path, lines: Sequence[Record], **values: Any) -> list[str]:
    """A run, and one that differs in its head."""
    other = changed(lines, run="20261121-101500-bbbb", **values)
    return [str(records(folder, lines, "a")), str(records(folder, other, "b"))]
