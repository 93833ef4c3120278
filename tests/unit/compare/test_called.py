"""What the sides of a comparison are called: by what differs, else A and B."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from reports.compare.called import LETTERS, called

CPU = {"device_kind": "cpu", "precision": "float32"}


def side(spec: str, **changed: str) -> Any:
    return SimpleNamespace(spec=spec, **CPU | changed)


def name(*pairs: tuple[Any, Any], versions: tuple[str | None, str | None] = (None, None)) -> Any:
    made = [
        SimpleNamespace(a=a, b=b, a_version=versions[0], b_version=versions[1]) for a, b in pairs
    ]
    return called(SimpleNamespace(pairs=made))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pair", "a", "b"),
    [
        ((side("torch"), side("jax")), "torch", "jax"),
        ((side("./x/nowait.py"), side("torch")), "nowait", "torch"),
        ((side("torch"), side("torch", device_kind="gpu")), "torch (CPU)", "torch (GPU)"),
        ((side("jax"), side("jax", precision="float16")), "jax float32", "jax float16"),
    ],
)
def test_sides_are_called_by_what_differs(pair: tuple[Any, Any], a: str, b: str) -> None:
    found = name(pair, pair)
    assert (found.a, found.b) == (a, b)


def test_versions_tell_two_runs_of_one_framework_apart() -> None:
    found = name((side("jax"), side("jax")), versions=("0.4.38", "0.10.2"))
    assert (found.a, found.b) == ("jax 0.4.38", "jax 0.10.2")
    assert found.heads == LETTERS.heads


def test_what_no_short_name_tells_stays_a_and_b() -> None:
    same = (side("jax"), side("jax"))
    assert name(same) == name(same, (side("torch"), side("torch"))) == LETTERS
    assert name((side("torch"), side("jax" * 30))) == LETTERS
    assert name((side("torch"), side("jax")), (side("torch"), side("tf"))) == LETTERS
    assert name((side("\x1b[31m"), side("jax"))).a == "[31m"
