"""Addresses of stores, and objects read and written there."""

from __future__ import annotations

import asyncio
import stat
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.store import places, urls
from bench.store.faults import StoreFault
from bench.store.places import Absent, Place, TooLarge
from bench.values import BadValue


def test_what_was_put_is_what_is_read(place: Place) -> None:
    place.put("runs/ab/one.json", b"first")
    place.put("runs/ab/one.json", b"second")
    assert place.get("runs/ab/one.json", 6) == b"second"
    assert place.has("runs/ab/one.json")
    assert not place.has("runs/ab/two.json")
    assert place.names("runs/ab") == ["one.json"]
    assert place.names("runs/none") == []
    found = place.get_each(["runs/ab/two.json", "runs/ab/one.json"], 100)
    assert isinstance(found[0], Absent)
    assert found[1] == b"second"
    place.remove("runs/ab/one.json")
    place.remove("runs/ab/one.json")
    assert place.names("runs/ab") == []


def test_what_is_larger_than_its_kind_is_not_read(place: Place) -> None:
    place.put("big", b"x" * 11)
    assert place.get("big", 11) == b"x" * 11
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        place.get("big", 10)


def test_a_name_that_no_object_has_is_passed_over(tmp_path: Path) -> None:
    place = places.at(str(tmp_path))
    for name in ("good.json", ".hidden", "a b", "x" * 201):
        (tmp_path / name).touch()
    assert place.names("") == ["good.json"]


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    with pytest.raises(StoreFault, match="is a pipe"):
        places.at(str(tmp_path)).get("pipe", 10)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "no address of a store"),
        ("gs://bucket/x", "Expected a folder or one of file://, s3://, memory://"),
        ("s3a://bucket/x", r"Did you mean s3\?"),
        ("s3://", "no address"),
        ("s3://Bucket", "no address"),
        ("s3://bucket/../x", "no address"),
        ("s3://bucket//x", "no address"),
        ("file://here", "no address"),
        ("simplecache::s3://bucket", "no address"),
        ("a\nb", "no address"),
        ("s3:/lab/runs", r"Expected s3://lab/runs, or \./s3:"),
        ("s3:lab/runs", "Expected s3://lab/runs"),
        ("file:/srv/runs", "Expected file:///srv/runs"),
        ("s3a:/lab/runs", r"Did you mean s3\?"),
    ],
)
def test_an_address_that_is_none_is_told_what_one_is(url: str, told: str) -> None:
    with pytest.raises(BadValue, match=told):
        places.at(url)


def test_keys_in_an_address_are_refused_and_not_repeated() -> None:
    for url in (
        "s3://AKIA:wJalr@bucket/x",
        "s3://bucket/x?secret=wJalr",
        "s3x://AKIA:wJalr@b",
        "s3:/A:wJalr@b",
    ):
        with pytest.raises(BadValue) as raised:
            places.at(url)
        assert "wJalr" not in str(raised.value)


def test_a_folder_whose_name_has_a_colon_can_be_named() -> None:
    assert places.at("./s3:/runs").is_folder
    assert places.at("runs of 10:30/x").is_folder


@given(st.text(max_size=60) | st.from_regex(r"(s3|memory|file)://[ -~]{0,40}", fullmatch=True))
def test_any_text_is_an_address_or_told_to_be_none(url: str) -> None:
    try:
        place = places.at(url)
    except BadValue:
        return
    assert place.scheme in urls.SCHEMES
    assert place.scheme == "file" or not {"", ".", ".."} & set(place.root.strip("/").split("/"))


def test_a_bucket_that_is_not_there_is_told(s3_url: str) -> None:
    place = places.at("s3://no-such-bucket-here/x")
    for ask in (lambda: place.put("a", b"1"), lambda: place.get("a", 10)):
        with pytest.raises(StoreFault, match="there is no such bucket"):
            ask()


def test_s3_without_keys_says_where_it_looks(
    s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreFault, match=r"AWS_ACCESS_KEY_ID and .*~/\.aws/credentials"):
        places.at(s3_url).put("a", b"1")


def test_a_server_that_is_away_is_told(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(asyncio, "sleep", partial(asyncio.sleep, 0))  # between the tries
    with pytest.raises(StoreFault, match=r"no server answers.*AWS_ENDPOINT_URL"):
        places.at(s3_url).put("a", b"1")
