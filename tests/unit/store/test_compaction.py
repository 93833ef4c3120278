"""Runs become tables: each once, whatever breaks off, and as if each were alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bench.store import layout, manifest, objects, places
from bench.store.places import Place
from reports.store import index, parquet, unpacking
from reports.store.schema import NAMES, SCHEMAS, Table
from reports.store.tables import compaction
from scripts.synthetic_store import runs
from scripts.synthetic_store.runs import Size
from tests.helpers import builders

SMALL = Size(contenders=3, cases=2, rounds=6, samples=2)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def filled(place: Place, machines: int = 6, each: int = 1) -> Place:
    runs.fill(place, machines, each, size=SMALL)
    return place


def tables(place: Place) -> dict[Table, list[dict[str, Any]]]:
    """All rows of the store, in an order of their own."""
    found: dict[Table, list[dict[str, Any]]] = {name: [] for name in NAMES}
    for month in index.months(place):
        for part in index.read(place, month).parts:
            for name, file in part.files.items():
                for rows in parquet.batches(place, month, name, file):
                    assert rows.schema == SCHEMAS[name]
                    found[name] += rows.to_pylist()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def test_every_run_is_in_the_tables_once(place: Place) -> None:
    filled(place, 3)
    assert index.waiting(place) == 3
    assert compaction.compact(place, now=NOW).runs == 3
    first = tables(place)
    assert len(first["machines"]) == 3
    assert len(first["cells"]) == 18
    assert {row["ratio"] > 0.9 for row in first["ratios"]} == {True}
    assert index.waiting(place) == 0
    again = compaction.compact(place, now=NOW)
    assert (again.runs, again.lost) == (0, {})
    assert tables(place) == first


def test_a_run_has_the_same_rows_alone_and_among_others(tmp_path: Path) -> None:
    first = builders.run(rounds=6, wrong=[("torch", "mlp/train/64")], others_cpu_s=0.15)
    second = builders.run([builders.noisy(model) for model in builders.FIVE], rounds=6)
    pair = [
        builders.write(tmp_path / name, builders.ended(lines))
        for name, lines in (("1.jsonl", first), ("2.jsonl", second))
    ]
    stores = [places.at(str(tmp_path / name)) for name in ("together", "apart")]
    for place, part in zip(stores, (10, 1), strict=True):
        for path in pair:
            objects.push(place, path, now=NOW)
        compaction.compact(place, now=NOW, part=part)
    together, apart = map(tables, stores)
    assert apart == together
    said = {row["severity"] for row in together["findings"]}
    assert {"wrong", "failed", "busy", "noisy"} <= said
    assert {row["word"] for row in together["ratios"]} >= {"slower", "unresolved"}
    assert all("(run " not in row["place"] for row in together["findings"])


class Stopped(Exception):
    """The machine went down."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[Table, list[dict[str, Any]]]:
    """The tables of two runs, made in one go."""
    place = filled(places.at(str(tmp_path_factory.mktemp("whole"))), 2)
    compaction.compact(place, now=NOW, part=1)
    return tables(place)


@pytest.mark.parametrize("kill", [1, 4, 5, 8])
def test_what_breaks_off_at_any_write_is_made_again(
    whole: dict[Table, list[dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kill: int,
) -> None:
    broken = filled(places.at(str(tmp_path / "broken")), 2)
    put, writes = Place.put, iter(range(1, 10_000))

    def stopping(self: Place, name: str, content: bytes) -> None:
        if next(writes) == kill:
            raise Stopped
        put(self, name, content)

    with monkeypatch.context() as patched:
        patched.setattr(Place, "put", stopping)
        with pytest.raises(Stopped):
            compaction.compact(broken, now=NOW, part=1)
    compaction.compact(broken, now=NOW, part=1)
    assert tables(broken) == whole


def test_two_at_once_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = filled(places.at(str(tmp_path / "store")), 2)
    put, other = Place.put, []

    def beside(self: Place, name: str, content: bytes) -> None:
        if name.endswith(".parquet") and not other:
            other.append(True)
            compaction.compact(place, now=NOW)
        put(self, name, content)

    with monkeypatch.context() as patched:
        patched.setattr(Place, "put", beside)
        compaction.compact(place, now=NOW)
    compaction.compact(place, now=NOW)
    assert len(tables(place)["machines"]) == 2
    assert index.waiting(place) == 0


def test_an_index_that_another_replaced_is_mended_by_the_next(tmp_path: Path) -> None:
    place = filled(places.at(str(tmp_path / "store")), 2)
    compaction.compact(place, now=NOW)
    expected = tables(place)
    for month in index.months(place):
        index.write(place, month, index.Index())
    compaction.compact(place, now=NOW)
    assert tables(place) == expected


def test_a_damaged_run_costs_itself_alone_until_it_is_sent_again(tmp_path: Path) -> None:
    place = filled(places.at(str(tmp_path / "store")), 3)
    sha256 = manifest.read(place).entries[0].sha256
    records = tmp_path / "records.jsonl"
    records.write_bytes(objects.fetch(place, sha256))
    place.put(layout.run(sha256), b"rotten")
    done = compaction.compact(place, now=NOW)
    assert (done.runs, set(done.lost)) == (2, {sha256})
    assert "damaged" in done.lost[sha256]
    objects.push(place, records)
    assert compaction.compact(place, now=NOW).runs == 1


def test_what_an_entry_says_of_the_records_does_not_count(tmp_path: Path) -> None:
    place = filled(places.at(str(tmp_path / "store")), 1)
    (entry,) = manifest.read(place).entries
    (month,) = manifest.months(place)
    forged = structs.replace(
        entry, machine_id="0" * 12, records=10**6, ended=False, frameworks={"none": ()}, suites=()
    )
    place.put(layout.entry(month, entry.sha256), manifest.encode(forged))
    compaction.compact(place, now=NOW)
    (row,) = tables(place)["machines"]
    assert (row["machine_id"], row["records"]) == (entry.machine_id, entry.records)
    assert row["ended"]
    assert row["suites"] == ", ".join(entry.suites)
    assert "torch" in row["frameworks"]


def test_runs_are_in_memory_together_as_far_as_they_are_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = filled(places.at(str(tmp_path / "store")), 3)
    entries = manifest.read(place).entries
    asked: list[tuple[int, int]] = []
    get_each = Place.get_each

    def counted(self: Place, names: list[str], most: int) -> list[Any]:
        asked.append((len(names), most))
        return get_each(self, names, most)

    monkeypatch.setattr(Place, "get_each", counted)
    monkeypatch.setattr(objects, "_TOGETHER_BYTES", 1)
    monkeypatch.setattr(unpacking, "_BATCH_BYTES", 1)
    assert [len(batch) for batch in unpacking.batches(place, entries, {})] == [1, 1, 1]
    assert {count for count, _ in asked} == {1}
    lying = [structs.replace(entry, bytes=2**40) for entry in entries]
    asked.clear()
    assert sum(len(batch) for batch in unpacking.batches(place, lying, {})) == 3
    assert {most for _, most in asked} == {objects.MAX_PACKED_BYTES}


def test_many_parts_of_a_month_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = places.at(str(tmp_path / "store"))
    monkeypatch.setattr(runs, "received", lambda *_: NOW.replace(month=10))
    runs.fill(place, 4, 1, size=SMALL)
    monkeypatch.setattr(compaction, "MOST_PARTS", 3)
    done = compaction.compact(place, now=NOW, part=1)
    assert (done.runs, done.merged) == (4, 4)
    assert len(index.read(place, "2026-10").parts) == 1
    assert len(tables(place)["machines"]) == 4
    assert len(place.names("tables/2026-10")) == 16  # those of the parts stay for a day
    monkeypatch.setattr(compaction, "_KEPT_S", -1)
    assert compaction.compact(place, now=NOW).removed == 12
    assert len(tables(place)["machines"]) == 4


def test_a_damaged_table_and_a_damaged_index_are_told(tmp_path: Path) -> None:
    place = filled(places.at(str(tmp_path / "store")), 1)
    compaction.compact(place, now=NOW)
    (month,) = index.months(place)
    file = index.read(place, month).parts[0].files["cells"]
    place.put(parquet.path(month, file), b"x" * file.bytes)
    with pytest.raises(parquet.StoreFault, match="another hash"):
        parquet.fetch(place, month, file)
    for content in (b"{", b'{"parts": [{"runs": ["' + b"0" * 64 + b'"], "files": {}}]}'):
        place.put(layout.index(month), content)
        with pytest.raises(parquet.StoreFault, match="makes the month's tables anew"):
            compaction.compact(place, now=NOW)
