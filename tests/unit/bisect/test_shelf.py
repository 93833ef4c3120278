"""Environments of a bisection, without a disk."""

from pathlib import Path
from typing import Any

import pytest

from bench.bisect.shelf import Shelf
from bench.environments import manager, stamped_folder
from bench.environments.requirements import Name, parse


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Bytes by environment; one was there before."""
    there = {"torch==1.0": 100}

    def stamp(home: Path) -> dict[str, Any]:
        return {"size_bytes": there[home.name]} if home.name in there else {}

    def ensure(name: Name, say: Any, index: str) -> None:
        there.setdefault(str(name), 100)

    monkeypatch.setattr(stamped_folder, "stamp", stamp)
    monkeypatch.setattr(manager, "ensure", ensure)
    monkeypatch.setattr(manager, "remove", lambda name: there.pop(str(name)))
    return there


def test_what_it_built_goes_and_what_was_there_stays(built: dict[str, int]) -> None:
    said: list[str] = []
    shelf = Shelf(lambda version: parse(f"torch=={version}"), 200, "", said.append)
    for place, version in enumerate(["1.0", "1.1", "1.2", "1.3"]):
        shelf.have(version, place, ("1.0", version))
    assert sorted(built) == ["torch==1.0", "torch==1.2", "torch==1.3"]
    assert said == ["torch==1.1: removed, 0 MB, to stay within DISK"]
    shelf.have("1.2", 2, ("1.0", "1.2"))  # it is there still
    assert len(said) == 1
