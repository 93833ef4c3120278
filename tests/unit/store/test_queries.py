"""What a store is asked, and what no question can do."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from msgspec import structs

from bench.commands import query
from bench.records import NotRecords
from bench.schema import Run
from bench.store import objects, places
from bench.store.places import Place
from bench.values import BadValue
from reports import frame
from reports.store import bounded, files, queries, schema, selection, versions
from reports.store.queries import BadQuery
from reports.store.tables import compaction
from scripts.synthetic_store import runs
from scripts.synthetic_store.runs import Size
from tests.helpers import builders

DOCS = Path(__file__).resolve().parents[3] / "docs"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A store in a folder whose name means something to a shell, and to a pattern."""
    place = places.at(str(tmp_path_factory.mktemp("it's [a] *store?")))
    runs.fill(place, 4, 2, size=Size(contenders=3, cases=2, rounds=6, samples=2))
    compaction.compact(place, now=NOW)
    return place


def asked(found: queries.Opened, sql: str, *values: object) -> list[tuple]:
    with found.ask(sql, values) as answer:
        return answer.fetchall()


@pytest.fixture
def opened(store: Place) -> Iterator[queries.Opened]:
    with queries.opened(store) as found:
        yield found


def test_the_views_hold_what_the_tables_do(store: Place, opened: queries.Opened) -> None:
    assert asked(opened, "select count(*), count(distinct sha256) from cells") == [(48, 8)]
    assert asked(opened, "select count(*) from machines") == [(8,)]
    for name, columns in schema.SCHEMAS.items():
        described = asked(opened, f"describe {name}")
        assert sorted(row[0] for row in described) == sorted(columns.names)


def test_a_pair_stands_both_ways_round(opened: queries.Opened) -> None:
    columns = 'select sha256, "case", contender, base_contender, ratio, low, high, word from '
    stored = asked(opened, f"{columns} stored_ratios where word = 'slower'")
    assert len(asked(opened, "select 1 from ratios")) == 2 * len(
        asked(opened, "select 1 from stored_ratios")
    )
    every = asked(opened, f"{columns} ratios")
    for sha256, case, own, base, ratio, low, high, _ in stored:
        (turned,) = (row for row in every if row[:4] == (sha256, case, base, own))
        assert turned[4:7] == pytest.approx((1 / ratio, 1 / high, 1 / low))
        assert turned[7] == "faster"
    assert stored


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/proc/self/environ')",
        "select * from glob('/etc/*')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from read_parquet('https://example.org/x.parquet')",
        "select * from 's3://bucket/x.parquet'",
        "copy (select 1) to '{trap}'",
        "copy cells to '{trap}'",
        "attach '{trap}'",
        "export database '{trap}'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '100GB'",
        "pragma enable_profiling",
        "create table x as select 1",
        "drop view cells",
        "explain analyze copy cells to '{trap}'",
        "select 1; copy cells to '{trap}'",
        "call enable_logging()",
        "",
        "nothing",
    ],
)
def test_a_question_reads_the_views_and_nothing_else(
    opened: queries.Opened, tmp_path: Path, sql: str
) -> None:
    trap = tmp_path / "trap"
    with pytest.raises(BadQuery) as raised:
        asked(opened, sql.format(trap=trap))
    assert "root:" not in str(raised.value)
    assert not trap.exists()


def test_a_stores_own_files_cannot_be_written_over(store: Place, opened: queries.Opened) -> None:
    (first, *_) = files.local(store)["cells"]
    before = first.read_bytes()
    with pytest.raises(BadQuery, match="a query reads"):
        asked(opened, f"copy (select 1) to {bounded.text(first)}")
    assert first.read_bytes() == before


def test_what_is_wrong_is_said(opened: queries.Opened) -> None:
    with pytest.raises(BadQuery, match=r"(?s)nothing.*describe cells"):
        asked(opened, "select * from nothing")
    with pytest.raises(BadQuery, match="no file, address or extension"):
        asked(opened, "select * from read_csv('/etc/passwd')")


def test_memory_and_time_are_bounded(
    opened: queries.Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "select value from duckdb_settings() where name = ?"
    assert asked(opened, settings, "memory_limit") == [("953.6 MiB",)]
    assert asked(opened, settings, "threads") == [("2",)]
    monkeypatch.setattr(queries, "LONGEST_S", 0.2)
    with pytest.raises(BadQuery, match=r"longer than 0\.2 s"):
        asked(opened, "select sum(a.range * b.range) from range(10000000) a, range(10000000) b")


def test_ctrl_c_ends_a_question(opened: queries.Opened) -> None:
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        asked(opened, "select sum(a.range * b.range) from range(10000000) a, range(10000000) b")


def test_an_empty_store_has_empty_views(tmp_path: Path) -> None:
    place = places.at(str(tmp_path))
    objects.create(place)
    with queries.opened(place) as found:
        assert asked(found, "select * from ratios where word = 'slower'") == []
        for name, columns in schema.SCHEMAS.items():
            kinds = {row[0]: row[1] for row in asked(found, f"describe {name}")}
            assert sorted(kinds) == sorted(columns.names)


def test_a_version_that_broke_off_gives_way_to_one_that_ended_else_to_a_longer_one(
    tmp_path: Path,
) -> None:
    place = places.at(str(tmp_path / "store"))
    lines = builders.run(rounds=3)
    whole = builders.ended(lines)
    lost = [*lines, *[lines[-1]] * 9]  # a head's words on each cell of a machine that it lost
    copied = builders.ended([*lines, *lines[40:60]])  # a longer copy hides no run that ended
    for name, some in (("short", lines[:40]), ("lost", lost)):
        path = builders.write(tmp_path / f"{name}.jsonl", some)
        objects.push(place, path, unfinished=True, now=NOW)
    compaction.compact(place, now=NOW)
    with queries.opened(place) as found:
        assert asked(found, "select records from machines") == [(len(lost),)]
    for name, some in (("whole", whole), ("copied", copied)):
        objects.push(place, builders.write(tmp_path / f"{name}.jsonl", some), now=NOW)
    compaction.compact(place, now=NOW)
    with queries.opened(place) as found:
        assert asked(found, "select ended from machines") == [(True,), (True,)]
        assert asked(found, "select count(distinct sha256) from cells") == [(2,)]


def test_what_a_key_signed_gives_way_to_what_the_same_key_signed_alone() -> None:
    rows = [
        {"sha256": name, "run": "r", "machine_id": "m", "records": records, "ended": ended}
        for name, records, ended in (
            ("signed", 10, False),
            ("its end", 20, True),
            ("copied", 30, True),
            ("unsigned", 10, False),
        )
    ]
    machines = pa.Table.from_pylist(rows)
    keys = {"signed": "alice", "its end": "alice"}
    assert versions.superseded(machines, keys) == {"signed", "unsigned"}
    assert versions.superseded(machines, {"signed": "alice"}) == {"unsigned"}
    assert versions.superseded(machines, {"signed": "alice", "copied": "mallory"}) == {"unsigned"}
    assert versions.superseded(machines.slice(0, 0), {}) == set()


def test_another_place_is_read_through_a_cache(s3_url: str, tmp_path: Path) -> None:
    place = places.at(s3_url)
    runs.fill(place, 1, 1, size=Size(contenders=3, cases=1, rounds=6, samples=2))
    compaction.compact(place, now=NOW)
    cache = tmp_path / "cache"
    for _ in range(2):
        with queries.opened(place, cache) as found:
            assert asked(found, "select count(*) from cells") == [(3,)]
    kept = sorted(cache.glob("*.parquet"))
    assert len(kept) == 3  # nothing was found about this run
    os.truncate(kept[0], 10)
    with queries.opened(place, cache) as found:
        assert asked(found, "select count(*) from cells") == [(3,)]


# --- the command, the frame and the report -----------------------------------------------------


def test_answers_as_files(store: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "select '=1+1' as \"=a\", null as b, 2.5 as c, ended from machines limit 2"
    for format in query.NAMES:
        assert query.run(sql, store.root, format, tmp_path / f"out.{format}") == 0
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[:2] == [["'=a", "b", "c", "ended"], ["'=1+1", "", "2.5", "True"]]
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert found == [{"=a": "=1+1", "c": 2.5, "ended": True}] * 2
    assert pd.read_parquet(tmp_path / "out.parquet")["c"].tolist() == [2.5, 2.5]
    assert query.run("select 1 as one from cells", store.root, "", None) == 0
    assert "one" in capsys.readouterr().out
    with pytest.raises(BadValue, match="Expected both FORMAT"):
        query.run(sql, store.root, "csv", None)
    with pytest.raises(BadValue, match=r"one of csv, json, parquet.*For example: FORMAT=csv"):
        query.run(sql, store.root, "cvs", tmp_path / "out")
    with pytest.raises(BadValue, match="folder that exists"):
        query.run(sql, store.root, "csv", tmp_path / "none" / "out.csv")


def test_runs_that_are_in_no_table_are_counted(
    tmp_path: Path, run_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    objects.push(places.at(str(tmp_path / "store")), run_file)
    assert query.run("select count(*) from cells", str(tmp_path / "store"), "", None) == 0
    assert "1 more run in no table yet: ./metalbench store compact" in capsys.readouterr().err


def test_the_frame_loads_a_part_of_a_store(store: Place) -> None:
    cells = frame.load(store.root, where="framework = 'torch'", columns=["case", "time_s"])
    assert list(cells.columns) == ["case", "time_s"]
    assert 0 < len(cells) < 48
    assert set(frame.load(store.root).columns) == set(schema.SCHEMAS["cells"].names)
    with pytest.raises(BadValue, match="unknown column"):
        frame.load(store.root, columns=["tme_s"])
    with pytest.raises(BadQuery):
        frame.load(store.root, where="1); copy cells to '/tmp/x' --")
    with pytest.raises(NotRecords, match="are of a store"):
        frame.load([store.root], where="true")


def test_the_records_of_a_selection_are_the_newest(store: Place, tmp_path: Path) -> None:
    found = selection.fetched(store, "chip = 'Apple M1'", tmp_path, most=1)
    assert (len(found.received_at), found.of) == (1, 2)
    results = frame.read(list(found.received_at))
    (run,) = results.runs.values()
    assert isinstance(run, Run)
    assert run.machine.cpu == "Apple M1"
    assert structs.asdict(run)["run"]


def test_docs_name_every_column() -> None:
    page = (DOCS / "fleet.md").read_text(encoding="utf-8")
    cells = (DOCS / "frame.md").read_text(encoding="utf-8")
    section = page.partition("### What can be asked")[2].partition("\n### ")[0]
    named = set(re.findall(r"`(\w+)`", section))
    for name, columns in schema.SCHEMAS.items():
        known = named | (set(re.findall(r"`(\w+)`", cells)) if name == "cells" else set())
        assert not set(columns.names) - known, name
