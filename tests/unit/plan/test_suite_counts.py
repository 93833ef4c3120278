"""What `list` remembers of the suites is what they hold, and is forgotten when they change."""

import json

import pytest

from bench.plan import suite_counts
from bench.plan.presets import PRESETS
from suites import catalog


def test_what_is_remembered_is_what_the_suites_hold(tmp_path):
    first = suite_counts.all_of_them(tmp_path)
    assert [one.name for one in first] == list(catalog.NAMES)
    for one in first:
        assert one.cases == {preset: len(catalog.cases(one.name, preset)) for preset in PRESETS}
    assert suite_counts.all_of_them(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["suite_counts.json"]


def test_nothing_is_counted_twice_unless_the_suites_change(tmp_path, monkeypatch):
    made = suite_counts.SuiteCount("mine", "a suite", dict.fromkeys(PRESETS, 1))
    asked = []
    monkeypatch.setattr(suite_counts, "_counted", lambda: asked.append(1) or [made])
    assert suite_counts.all_of_them(tmp_path) == suite_counts.all_of_them(tmp_path) == [made]
    assert len(asked) == 1
    monkeypatch.setattr(suite_counts, "_key", lambda: "of other files")
    suite_counts.all_of_them(tmp_path)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"[]", b'{"key": 1}', json.dumps({"key": "x"}).encode()]
)
def test_a_spoilt_file_is_replaced(tmp_path, monkeypatch, text):
    monkeypatch.setattr(suite_counts, "_counted", list)
    (tmp_path / "suite_counts.json").write_bytes(text)
    assert suite_counts.all_of_them(tmp_path) == []


def test_a_folder_that_cannot_be_written_harms_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(suite_counts, "_counted", list)
    (tmp_path / "file").write_text("")
    assert suite_counts.all_of_them(tmp_path / "file" / "below") == []
