"""Runs pushed and fetched: whole, once, and never what is none."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bench.schema import End
from bench.store import layout, manifest, objects, places
from bench.store.faults import StoreFault
from bench.store.objects import NotForAStore
from bench.store.places import Place, TooLarge
from tests.helpers import builders

ENTRY = manifest.Entry(
    sha256="0" * 64,
    bytes=1,
    records=1,
    run="one",
    started_at="2026-11-20T10:15:00+00:00",
    received_at="2026-11-20T12:00:00+00:00",
    machine="Example CPU",
    machine_id="0" * 12,
    system="Linux",
    frameworks={"torch": ("2.13.0",)},
    suites=("mlp",),
)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_run_is_fetched_as_it_was_written(place: Place, run_file: Path) -> None:
    pushed = objects.push(place, run_file, now=NOW)
    assert pushed.new
    entry = pushed.entry
    assert objects.fetch(place, entry.sha256) == run_file.read_bytes()
    assert manifest.read(place).entries == (entry,)
    assert (entry.machine, entry.chip) == (builders.MACHINE.label, builders.MACHINE.cpu)
    assert entry.frameworks["torch"] == ("2.13.0",)
    assert entry.suites == builders.SUITES
    assert entry.ended
    assert pushed.month == "2026-11"
    objects.check(place)


def test_a_second_push_adds_nothing_in_another_month_either(place: Place, run_file: Path) -> None:
    first = objects.push(place, run_file, now=NOW)
    again = objects.push(place, run_file, now=NOW.replace(month=12))
    assert not again.new
    assert again.entry == first.entry
    assert manifest.months(place) == ["2026-11"]


def test_packed_records_have_the_hash_of_their_lines(tmp_path: Path, run_file: Path) -> None:
    packed = tmp_path / "records.jsonl.gz"
    packed.write_bytes(gzip.compress(run_file.read_bytes()))
    place = places.at(str(tmp_path / "store"))
    one, two = (objects.push(place, path, now=NOW) for path in (run_file, packed))
    assert one.entry.sha256 == two.entry.sha256
    assert not two.new


def test_two_pushes_write_the_same_bytes(tmp_path: Path, run_file: Path) -> None:
    stored = [places.at(str(tmp_path / name)) for name in ("a", "b")]
    name = layout.run(objects.push(stored[0], run_file, now=NOW).entry.sha256)
    objects.push(stored[1], run_file)
    assert stored[0].get(name, 10**7) == stored[1].get(name, 10**7)


def test_what_a_push_left_half_done_is_finished_by_the_next(place: Place, run_file: Path) -> None:
    entry = objects.push(place, run_file, now=NOW).entry
    place.remove(layout.entry("2026-11", entry.sha256))
    assert objects.push(place, run_file, now=NOW).new
    place.put(layout.run(entry.sha256), b"rotten")
    with pytest.raises(StoreFault, match="is damaged"):
        objects.fetch(place, entry.sha256)
    objects.push(place, run_file, now=NOW)
    assert objects.fetch(place, entry.sha256) == run_file.read_bytes()
    assert len(manifest.read(place).entries) == 1


def test_a_run_without_an_end_is_sent_only_when_asked(tmp_path: Path) -> None:
    place = places.at(str(tmp_path / "store"))
    lines = builders.run(rounds=3)
    short = builders.write(tmp_path / "short.jsonl", lines[:40])
    with pytest.raises(NotForAStore, match=r"RESUME=yes.*--unfinished"):
        objects.push(place, short)
    assert not (tmp_path / "store").exists()
    assert not objects.push(place, short, unfinished=True).entry.ended


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"{}\n", "not a record file"),
        (b'{"kind":"end","at_s":1}\n', "does not begin with a run"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(content)
    with pytest.raises(NotForAStore, match=told):
        objects.push(places.at(str(tmp_path / "store")), path)


def test_a_bad_line_two_runs_and_a_bomb_are_refused(tmp_path: Path, run_file: Path) -> None:
    place = places.at(str(tmp_path / "store"))
    lines = run_file.read_bytes().splitlines(keepends=True)
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join([*lines[:5], b"{nothing\n", *lines[5:]]))
    with pytest.raises(NotForAStore, match="line 6, is no record"):
        objects.push(place, bad)
    other = json.loads(lines[0]) | {"run": "another"}
    bad.write_bytes(b"".join([*lines, json.dumps(other).encode(), b"\n"]))
    with pytest.raises(NotForAStore, match="more than one run"):
        objects.push(place, bad)
    bomb = tmp_path / "bomb.jsonl.gz"
    bomb.write_bytes(gzip.compress(bytes(2**25), 1))
    with pytest.raises(NotForAStore, match="compressed more than 100 times"):
        objects.push(place, bomb)


def test_an_object_with_other_records_is_not_believed(tmp_path: Path, run_file: Path) -> None:
    place = places.at(str(tmp_path / "store"))
    sha256 = objects.push(place, run_file).entry.sha256
    for packed, told in (
        (gzip.compress(b"other"), "another hash"),
        (gzip.compress(run_file.read_bytes())[:-9], "ends before its end"),
        (gzip.compress(run_file.read_bytes()) * 2, "another hash"),
    ):
        place.put(layout.run(sha256), packed)
        with pytest.raises(StoreFault, match=told):
            objects.fetch(place, sha256)


def test_runs_are_fetched_together_within_what_their_entries_say(
    place: Place, tmp_path: Path
) -> None:
    entries, made = [], builders.run(rounds=3)
    for number in range(3):
        lines = [structs.replace(made[0], run=f"run-{number}"), End(at_s=1.0)]
        path = builders.write(tmp_path / f"{number}.jsonl", lines)
        entries.append(objects.push(place, path, now=NOW).entry)
    entries[1] = structs.replace(entries[1], bytes=1)  # as a forged entry says
    place.put(layout.run(entries[2].sha256), b"rotten")
    found = [content for _, content in objects.fetch_each(place, entries)]
    assert found[0] == (tmp_path / "0.jsonl").read_bytes()
    assert isinstance(found[2], StoreFault)
    assert found[1] == (tmp_path / "1.jsonl").read_bytes()
    path = builders.write(tmp_path / "3.jsonl", builders.ended(made))
    forged = structs.replace(objects.push(place, path, now=NOW).entry, bytes=1)
    ((_, alone),) = objects.fetch_each(place, [forged])
    assert isinstance(alone, TooLarge)


def test_a_bomb_in_a_store_is_not_unpacked(tmp_path: Path, run_file: Path) -> None:
    place = places.at(str(tmp_path / "store"))
    entry = objects.push(place, run_file, now=NOW).entry
    place.put(layout.run(entry.sha256), gzip.compress(bytes(2**26), 9))
    with pytest.raises(StoreFault, match="compressed more than 100 times"):
        objects.fetch(place, entry.sha256)


@given(
    st.sampled_from(sorted(structs.asdict(ENTRY))),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
)
def test_any_value_of_a_field_is_one_or_told_to_be_none(name: str, value: object) -> None:
    content = msgspec.json.encode(structs.asdict(ENTRY) | {name: value})
    try:
        found = manifest.parse(content, ENTRY.sha256, "2026-11")
    except StoreFault:
        return
    kept = msgspec.json.decode(manifest.encode(found))
    assert kept.get(name) == value or not value


def test_a_place_that_is_no_store_or_a_later_one_is_told(tmp_path: Path, run_file: Path) -> None:
    place = places.at(str(tmp_path))
    with pytest.raises(StoreFault, match="is no store"):
        objects.check(place)
    place.put(layout.ROOT, b'{"format": 2}')
    for ask in (lambda: objects.check(place), lambda: objects.push(place, run_file)):
        with pytest.raises(StoreFault, match="git pull"):
            ask()


def test_a_damaged_entry_costs_itself_alone(tmp_path: Path, run_file: Path) -> None:
    place = places.at(str(tmp_path / "store"))
    entry = objects.push(place, run_file, now=NOW).entry
    place.put(layout.entry("2026-11", "0" * 64), manifest.encode(entry))
    place.put(layout.entry("2026-11", "1" * 64), b'{"sha256": 1}')
    found = manifest.read(place)
    assert found.entries == (entry,)
    assert [told[:40] for told in found.faults] == [
        "the manifest's entry of " + "0" * 16,
        *(["the manifest's entry of " + "1" * 16]),
    ]


def test_a_moment_that_is_none_is_no_entry() -> None:
    for said in ("soon", "2026-11-20T10:15:00", "2026-13-20T10:15:00+00:00"):
        content = manifest.encode(structs.replace(ENTRY, received_at=said))
        with pytest.raises(StoreFault, match="received_at is no moment"):
            manifest.parse(content, ENTRY.sha256, "2026-11")


def test_a_moment_to_come_or_of_another_month_is_none(tmp_path: Path, run_file: Path) -> None:
    place = places.at(str(tmp_path / "store"))
    future = datetime.now(UTC) + 2 * manifest.AHEAD
    sha256 = objects.push(place, run_file, now=future).entry.sha256
    moved = structs.replace(ENTRY, received_at="2024-01-20T12:00:00+00:00")
    place.put(layout.entry("2026-11", ENTRY.sha256), manifest.encode(moved))
    found = manifest.read(place)
    assert not found.entries
    assert {told.partition(": ")[2][:27] for told in found.faults} == {
        "received_at is yet to come:",
        "it lies in 2026-11, and rec",
    }
    again = objects.push(place, run_file)  # by a clock that is right
    assert again.month == layout.month(datetime.now(UTC))
    assert [entry.sha256 for entry in manifest.read(place).entries] == [sha256]


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_told_to_be_none(content: bytes) -> None:
    with pytest.raises(StoreFault):
        manifest.parse(content, "0" * 64, "2026-11")
