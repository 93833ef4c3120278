"""Sizes, shares and numbers as typed: read rightly or refused with what was expected."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import values
from bench.plan import presets
from bench.plan.presets import PRESETS
from bench.values import BadValue
from suites.errors import meant


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("8G", 8 * 2**30), ("512M", 2**29), ("1.5GiB", 3 * 2**29), ("1 kb", 1024), ("4096", 4096)],
)
def test_sizes(text, bytes_):
    assert values.size(text) == bytes_


@pytest.mark.parametrize("text", ["", "0", "-1G", "8X", "G", "1e9", "9" * 50, "8 GG", "nan"])
def test_what_is_no_size_is_refused_by_name(text):
    with pytest.raises(BadValue, match="8G"):
        values.size(text)


@pytest.mark.parametrize(("text", "value"), [("1%", 0.01), ("0.5 %", 0.005), ("0.02", 0.02)])
def test_shares(text, value):
    assert values.share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "%", "0%", "100%", "-1%", "nan", "inf", "one", "1"])
def test_what_is_no_share_is_refused_by_name(text):
    with pytest.raises(BadValue, match="1%"):
        values.share(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    for read in (values.size, values.share, values.seconds):
        with contextlib.suppress(BadValue):
            assert read(text) > 0


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("90s", 90), ("1h", 3600), ("300", 300), (" 1.5 MIN ", 90)]
)
def test_times(text, seconds):
    assert values.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "4s", "-5m", "5 days", "200h", "m", "1e3", "nan"])
def test_what_is_no_time_is_refused_by_name(text):
    with pytest.raises(BadValue, match="5m"):
        values.seconds(text)


def test_a_near_word_is_what_was_meant():
    assert meant("TORCHH", ["numpy", "torch"]) == " Did you mean torch?"
    assert meant("xyz", ["numpy", "torch"]) == ""
    with pytest.raises(
        BadValue, match=r"Received: 'stadard'\. Did you mean standard\? `make list`"
    ):
        values.choices("preset", ["stadard"], PRESETS)


@given(st.text(max_size=20))
def test_any_word_may_be_meant(text):
    assert meant(text, ["numpy", "torch", "ß"]) in (
        "",
        *map(" Did you mean {}?".format, ("numpy", "torch", "ß")),
    )


def test_a_preset_keeps_what_was_not_asked_otherwise():
    standard = PRESETS["standard"]
    assert presets.adjusted(standard, "", None, None) == standard
    changed = presets.adjusted(standard, "0.5%", 3.0, 4)
    assert (changed.target, changed.budget_s) == (0.005, 3.0)
    assert (changed.min_rounds, changed.max_rounds) == (4, 4)
    assert changed.slice_s == standard.slice_s
    assert presets.adjusted(standard, time="5m").time_s == 300


@pytest.mark.parametrize("numbers", [(0.0, None), (-1.0, None), (1e9, None), (None, 2), (None, 0)])
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(BadValue):
        presets.adjusted(PRESETS["quick"], "", *numbers)


def test_an_index_is_an_address_or_a_folder(tmp_path):
    for address in ("", "https://a:b@index.example/simple", "http://127.0.0.1:80/x", "file:///x"):
        assert values.index(address) == address
    assert values.index(str(tmp_path / "..")) == str(tmp_path.parent.resolve())
    for wrong in ("nonesuch", "ftp://index.example", "https://", "https://a b", "--index", "torch"):
        with pytest.raises(values.BadValue, match="no package index"):
            values.index(wrong)
