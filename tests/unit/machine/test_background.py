"""Whether a Mac runs this process in the background."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from bench.machine import background, state

MS = 1_000_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("darwin_bg: 1\nbackground_share: 0.00\n", True),
        ("darwin_bg: 0\nbackground_share: 0.97\n", True),
        ("darwin_bg: 0\nbackground_share: 0.03\n", False),
        ("darwin_bg: 0\n", False),
        ("background_share: 0.97\n", True),
        ("", None),
        ("darwin_bg: yes\nbackground_share: 9.99\n", None),
    ],
)
def test_either_line_tells(text: str, told: bool | None) -> None:
    assert background.parse(text) is told
    found = state.parse({"python": "system: Darwin", "background": text})
    assert found.get("background") is told


@pytest.mark.parametrize(
    ("flag", "times", "text"),
    [
        (0, {18: 90 * MS, 21: 10 * MS}, "darwin_bg: 0\nbackground_share: 0.00\n"),
        (1, {20: 97 * MS, 18: 3 * MS}, "darwin_bg: 1\nbackground_share: 0.97\n"),
        (0, {19: 50 * MS}, "darwin_bg: 0\nbackground_share: 1.00\n"),
        (0, {}, "darwin_bg: 0\n"),
    ],
)
def test_the_system_is_asked_for_this_process(
    monkeypatch: pytest.MonkeyPatch, flag: int, times: dict[int, int], text: str
) -> None:
    def usage(process: int, flavour: int, into: Any) -> int:
        assert flavour == 3
        for place, value in times.items():
            into._obj.times[place] = value
        return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(proc_pid_rusage=usage))
    monkeypatch.setattr("os.getpriority", lambda which, who: flag if which == 4 else 0)
    assert background.report() == text


def test_other_systems_tell_nothing() -> None:
    """Linux has neither; on a Mac both lines are in the form that is read."""
    assert background.parse(background.report()) in (None, True, False)
