"""The line in which a Metal plugin names its GPU, and how it is caught."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameworks.shared import metal

DATA = Path(__file__).resolve().parents[2] / "data" / "banners"


@pytest.mark.parametrize(
    ("capture", "name"),
    [
        ("hackintosh-rx570.banner.txt", "AMD Radeon RX 570"),
        ("radeonpro555x.tensorflow.stderr.txt", "AMD Radeon Pro 555X"),
    ],
)
def test_the_name_in_what_was_captured(capture: str, name: str) -> None:
    assert metal.device_name((DATA / capture).read_text(encoding="utf-8")) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "I metal_plugin/src/device/metal_device.cc:1154] Metal device set to: Apple M1\n",
            "Apple M1",
        ),
        ("Metal device set to: Apple M2 Max systemMemory: 64.00 GB", "Apple M2 Max"),
        ("Metal device set to: Apple M1", "Apple M1"),
        ("Metal device set to: \nsystemMemory: 64.00 GB", None),
        ("No supported GPU was found.\n", None),
        ("", None),
    ],
)
def test_other_forms_of_the_line(text: str, name: str | None) -> None:
    assert metal.device_name(text) == name


@given(st.text() | st.text().map("Metal device set to: {}".format))
def test_any_text_gives_a_short_printable_name_or_none(text: str) -> None:
    name = metal.device_name(text)
    assert name is None or (name.isprintable() and 0 < len(name) <= 100)


def test_what_is_written_past_pythons_streams_is_caught_even_from_an_abort() -> None:
    program = "import os; os.write(1, b'one '); os.write(2, b'two'); os.abort()"
    assert metal.printed(program) == "one two"


def test_a_users_setting_does_not_hide_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    program = "import os; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    assert metal.printed(program).strip() == "0"
