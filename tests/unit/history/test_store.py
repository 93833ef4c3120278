"""The store of runs: appended to once a run, read by others, never trusted."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from bench.records import NotRecords
from reports import frame
from reports.history import intake, store
from tests.helpers import builders


def results(folder: Path, name: str = "20261120-101500-ab12", **changed):
    """A run of three cases, as read from its records."""
    head, *rest = builders.run(builders.FIVE[:2], name=name, rounds=3)
    lines = [structs.replace(head, **changed), *rest]
    return frame.read([builders.write(folder / name / "records.jsonl", lines)])


def test_a_run_is_kept_and_read_back(tmp_path):
    made, folder = results(tmp_path), tmp_path / "history"
    assert store.keep(made, folder) == ""
    ((machine, paths),) = store.machines(folder).items()
    read = store.read(paths)
    cells = made.cells[made.cells["verified"]]
    assert read.machine == builders.MACHINE.label
    assert sorted(entry.time_s for entry in read.entries) == sorted(cells["time_s"])
    assert {entry.version for entry in read.entries} == {"2.4.6", "2.13.0"}
    assert not read.lost
    assert paths[0].parent.name == f"machine_id={machine}"


def test_others_read_it_as_a_partitioned_data_set(tmp_path):
    for name in ("a", "b"):
        store.add(results(tmp_path, name), tmp_path / "history")
    table = ds.dataset(tmp_path / "history", partitioning="hive").to_table()
    assert set(table["run"].to_pylist()) == {"a", "b"}
    assert set(table["machine"].to_pylist()) == {builders.MACHINE.label}
    assert len(set(table["machine_id"].to_pylist())) == 1


def test_the_same_run_counts_once_and_the_last_counts(tmp_path):
    made = results(tmp_path)
    for _ in range(2):
        store.add(made, tmp_path / "history")
    assert len(store.files(tmp_path / "history")) == 1


@pytest.mark.parametrize("name", ["../../outside", "/etc/x", ".hidden", "a/b", "é", "x" * 300, "-"])
def test_a_run_of_any_name_stays_in_the_store(tmp_path, name):
    made = results(tmp_path / "in")
    ((old, run),) = made.runs.items()
    file = store.file_name(name)
    assert Path(file).name == file and not file.startswith(".")
    assert len(file) < 120
    assert old == run.run


def test_machines_are_told_apart_by_their_parts_and_not_their_system(tmp_path):
    machine = builders.MACHINE
    assert store.identity(machine) == store.identity(structs.replace(machine, release="7"))
    assert store.identity(machine) != store.identity(structs.replace(machine, label="Other"))


def test_what_cannot_be_written_costs_a_line(tmp_path):
    (tmp_path / "history").write_text("a file is in the way")
    told = store.keep(results(tmp_path), tmp_path / "history")
    assert "lacks this run" in told
    assert "\n" not in told


def test_a_fault_of_ours_costs_a_line_too(tmp_path, monkeypatch):
    monkeypatch.delenv("METALBENCH_STRICT", raising=False)
    monkeypatch.setattr(store, "add", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in store.keep(results(tmp_path), tmp_path / "history")


def test_two_runs_at_once_do_not_harm_each_other(tmp_path):
    made = [results(tmp_path, f"run-{number}") for number in range(2)]
    folder = tmp_path / "history"
    writers = [
        threading.Thread(target=lambda one=one: [store.add(one, folder) for _ in range(10)])
        for one in (*made, made[0])
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ((_, paths),) = store.machines(folder).items()
    assert len(paths) == 2
    assert not store.read(paths).lost
    assert sorted(path.suffix for path in paths[0].parent.iterdir()) == [".parquet"] * 2


# --- what is read is not trusted --------------------------------------------------------------


def stored(tmp_path) -> Path:
    store.add(results(tmp_path), tmp_path / "history")
    ((_, (path,)),) = store.machines(tmp_path / "history").items()
    return path


def refusal(path: Path, change) -> str:
    table = pq.read_table(path, partitioning=None)
    pq.write_table(change(table), path)
    with pytest.raises(store.Damaged) as raised:
        store.of_file(path)
    return str(raised.value)


def column(name, values):
    """A change of a table: one column has these values instead."""
    return lambda table: table.set_column(
        table.schema.get_field_index(name), name, pa.array([values] * len(table))
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("time_s", -1.0, "time of -1.0"),
        ("time_s", float("nan"), "time of nan"),
        ("time_s", float("inf"), "time of inf"),
        ("time_s", "text", "Parquet"),
        ("low_s", 0.0, "time of 0.0"),
        ("case", 3, "no text"),
        ("started_at", "yesterday", "Parquet"),
        ("run", None, ""),
        ("case", "x" * 10_000_000, "too much text"),
    ],
)
def test_values_that_no_run_writes_are_refused(tmp_path, name, value, told):
    assert told in refusal(stored(tmp_path), column(name, value))


def test_a_column_that_lacks_and_a_second_run_are_refused(tmp_path):
    path = stored(tmp_path)
    assert "no column time_s" in refusal(path, lambda table: table.drop_columns(["time_s"]))
    store.add(results(tmp_path / "again"), tmp_path / "history")

    def doubled(table):
        names = pa.array(["other"] * len(table))
        at = table.schema.get_field_index("run")
        return pa.concat_tables([table, table.set_column(at, table.schema.field("run"), names)])

    assert "more than one run" in refusal(path, doubled)


def test_a_column_more_is_of_a_later_version(tmp_path):
    path = stored(tmp_path)
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.append_column("later", pa.array([1] * len(table))), path)
    assert len(store.of_file(path)) == len(table)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"not parquet at all", None])
def test_a_damaged_file_costs_that_file_alone(tmp_path, damage):
    folder = tmp_path / "history"
    for name in ("a", "b"):
        store.add(results(tmp_path, name), folder)
    ((_, (bad, good)),) = store.machines(folder).items()
    bad.write_bytes(bad.read_bytes()[:-20] if damage is None else damage)
    read = store.read([bad, good])
    assert {entry.run for entry in read.entries} == {"a"}
    assert [lost.path for lost in read.lost] == [bad]


# --- runs that were made before ---------------------------------------------------------------


def test_runs_that_the_store_lacks_are_taken_in_once(tmp_path):
    for name in ("a", "b"):
        results(tmp_path, name)
    folder = tmp_path / "history"
    first = intake.take_in([tmp_path], folder)
    assert (first.new, sorted(first.records)) == (2, ["a", "b"])
    assert intake.take_in([tmp_path], folder).new == 0


def test_a_run_that_was_resumed_is_taken_in_again(tmp_path):
    results(tmp_path, "a")
    folder = tmp_path / "history"
    intake.take_in([tmp_path], folder)
    later = next(iter(store.files(folder).values())) + 10
    os.utime(tmp_path / "a" / "records.jsonl", (later, later))
    assert intake.take_in([tmp_path], folder).new == 1


def test_records_that_cannot_be_read_are_named(tmp_path):
    results(tmp_path, "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "records.jsonl").write_text("nonsense\n")
    taken = intake.take_in([tmp_path], tmp_path / "history")
    assert (taken.new, [lost.path.parent.name for lost in taken.lost]) == (1, ["b"])


def test_figures_outlive_their_records(tmp_path):
    store.add(results(tmp_path / "gone"), tmp_path / "history")
    assert intake.take_in([tmp_path], tmp_path / "history").records == {}
    with pytest.raises(NotRecords):
        intake.take_in([tmp_path / "nowhere"], tmp_path / "elsewhere")


def test_a_run_without_any_figure_is_known_too(tmp_path):
    results(tmp_path, "a", started_at="no time at all")
    folder = tmp_path / "history"
    assert intake.take_in([tmp_path], folder).new == 1
    assert intake.take_in([tmp_path], folder).new == 0
    ((_, paths),) = store.machines(folder).items()
    assert store.read(paths).entries == ()


def test_a_report_on_all_folders_there_passes_the_history_over(tmp_path):
    store.add(results(tmp_path, "a"), tmp_path / "history")
    assert list(frame.read([tmp_path / "history", tmp_path / "a"]).runs) == ["a"]
    with pytest.raises(NotRecords, match="is a history"):
        frame.read([tmp_path / "history"])
