"""Records become rows: what is right, wrong, missing or foreign is told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from bench.records import NotRecords
from bench.schema import Cell, Failed, Record, Run, Runtime, Skipped, Slice, Verified
from reports import content
from reports.analysis import ranking
from reports.chapters import ranking_tables
from reports.frame import Results, read
from suites import catalog
from tests.helpers import builders

CASE = "matmul/square/64"


def results(folder: Path, lines: list[Record]) -> Results:
    return read([builders.write(folder / "records.jsonl", lines)])


def cell(found: Results, framework: str, case: str = CASE) -> pd.Series:
    cells = found.cells
    (row,) = cells[(cells["framework"] == framework) & (cells["case"] == case)].index
    return cells.loc[row]


def test_several_starts_are_what_a_time_and_its_interval_rest_on(tmp_path: Path) -> None:
    """A start that is slow throughout counts once, however many rounds it had."""
    lines = builders.in_starts(builders.run(builders.FIVE[:2], rounds=28), rounds=4)
    slow = [
        msgspec.structs.replace(line, samples_s=tuple(2 * s for s in line.samples_s))
        if isinstance(line, Slice) and line.start == 3
        else line
        for line in lines
    ]
    row = cell(results(tmp_path, slow), "torch")
    plain = cell(results(tmp_path / "one", builders.run(builders.FIVE[:2], rounds=28)), "torch")
    assert (row["rounds"], row["starts"], plain["starts"]) == (28, 7, 1)
    assert row["time_s"] == pytest.approx(plain["time_s"], rel=0.02)
    assert row["high_s"] > 1.2 * row["time_s"]  # seven starts do not outvote one at 95 %
    assert plain["high_s"] < 1.1 * plain["time_s"]


def test_few_starts_are_told_as_such(tmp_path: Path) -> None:
    lines = builders.in_starts(builders.run(builders.FIVE[:2], rounds=9), rounds=3)
    whats = [found.what for found in content.make(results(tmp_path, lines)).findings]
    assert any("have fewer than 6 starts, too few for a 95 % interval" in what for what in whats)


def test_what_starting_anew_cost_is_said(tmp_path: Path) -> None:
    head, *rest = builders.run(builders.FIVE[:2])
    asked = msgspec.structs.replace(head, settings=head.settings | {"isolated": True})
    rest = [
        msgspec.structs.replace(line, start_s=1.5) if isinstance(line, Runtime) else line
        for line in rest
    ]
    for lines, said in (([asked, *rest], True), ([head, *rest], False)):
        folder = tmp_path / str(said)
        whats = [found.what for found in content.make(results(folder, lines)).findings]
        assert any("2 starts took 3.00 s" in what for what in whats) == said


def test_tokens_a_second_stand_where_work_is_with_tokens(tmp_path: Path) -> None:
    head, *rest = builders.run()
    assert isinstance(head, Run)
    cases = tuple(
        msgspec.structs.replace(each, tokens=96 if each.case == CASE else None)
        for each in head.cases
    )
    found = results(tmp_path, [msgspec.structs.replace(head, cases=cases), *rest])
    row = cell(found, "jax")
    assert row["tokens_per_s"] == 96 / row["time_s"]
    assert found.cells["tokens_per_s"].notna().sum() < len(found.cells)
    rankings, _ = ranking.rank(found, head.run, ranking.labels(head), {})
    tables = [ranking_tables.details(each).columns for each in rankings]
    assert {"tokens/s" in columns for columns in tables} == {True, False}


def test_a_row_holds_what_its_records_say(tmp_path: Path) -> None:
    found = results(tmp_path, builders.run())
    row = cell(found, "jax")
    expected_s = builders.FIVE[3].time_s(catalog.find("matmul", "smoke", CASE))
    assert row["time_s"] == pytest.approx(expected_s, rel=0.05)
    assert row["low_s"] <= row["time_s"] <= row["high_s"]
    assert row["flop_per_s"] == 2 * 64**3 / row["time_s"]
    assert row["bytes_per_s"] == 3 * 4 * 64**2 / row["time_s"]
    assert (row["version"], row["threads"]) == ("0.10.2", 2)
    assert (row["rounds"], row["samples"], row["stopped"]) == (7, 35, "all 7 rounds done")
    assert row["cpu_user_s"] == pytest.approx(7 * 0.18)
    assert row["peak_resident_bytes"] == 300 * 2**20
    assert pd.isna(row["device_peak_bytes"])
    assert (row["status"], row["verified"]) == ("ok", True)


def test_every_planned_cell_has_a_row_and_a_status(tmp_path: Path) -> None:
    found = results(
        tmp_path,
        builders.run(wrong=[("tf", CASE)], interrupted_at="mlp/forward/64"),
    )
    assert len(found.cells) == 5 * 11
    status = found.cells["status"].value_counts().to_dict()
    assert status == {"ok": 43, "incomplete": 10, "wrong": 1, "failed": 1}
    assert found.cells["verified"].sum() == 43
    assert "SIGKILL" in cell(found, "mlx", "hackintosh/with_generation/1000000")["reason"]


def change(lines: list[Record], kind: type, **values: object) -> list[Record]:
    """The records with JAX's first case altered in all records of a kind."""
    return [
        msgspec.structs.replace(line, **values)
        if isinstance(line, kind) and line.contender.startswith("jax") and line.case == CASE
        else line
        for line in lines
    ]


def without(lines: list[Record], kind: type, **match: object) -> list[Record]:
    return [
        line
        for line in lines
        if not (
            isinstance(line, kind)
            and line.contender.startswith("jax")
            and line.case == CASE
            and all(getattr(line, name) == value for name, value in match.items())
        )
    ]


def test_a_record_that_claims_to_pass_is_held_to_its_own_checks(tmp_path: Path) -> None:
    bad = builders.schema.Check(name="rows", error=2.0, limit=1.0)
    lines = change(builders.run(), Verified, checks=(bad,))
    assert cell(results(tmp_path / "a", lines), "jax")["status"] == "wrong"
    nothing_checked = change(builders.run(), Verified, checks=())
    assert cell(results(tmp_path / "b", nothing_checked), "jax")["status"] == "wrong"


@pytest.mark.parametrize("phase", ["before", "after"])
def test_one_verification_is_not_enough(tmp_path: Path, phase: str) -> None:
    row = cell(results(tmp_path, without(builders.run(), Verified, phase=phase)), "jax")
    assert (row["status"], row["verified"]) == ("incomplete", False)


def test_a_cell_without_its_end_or_its_slices_does_not_rank(tmp_path: Path) -> None:
    for number, kind in enumerate((Cell, Slice)):
        row = cell(results(tmp_path / str(number), without(builders.run(), kind)), "jax")
        assert (row["status"], row["verified"]) == ("incomplete", False)


def test_a_failure_of_the_whole_contender_reaches_its_unfinished_cells(tmp_path: Path) -> None:
    lines = without(builders.run(), Cell)
    lines.append(Failed(contender="jax/cpu/float32", stage="start", reason="gone"))
    found = results(tmp_path, lines)
    assert cell(found, "jax")["status"] == "failed"
    assert cell(found, "jax", "matmul/square/256")["status"] == "ok"


def test_a_round_measured_again_counts_once(tmp_path: Path) -> None:
    lines = builders.run()
    again = [line for line in lines if isinstance(line, Slice) and line.case == CASE]
    slower = [msgspec.structs.replace(line, samples_s=(1.0,)) for line in again]
    done = [line for line in lines if isinstance(line, Cell) and line.case == CASE]
    row = cell(results(tmp_path, [*lines, *slower, *done]), "jax")
    assert (row["rounds"], row["time_s"]) == (7, 1.0)


def test_a_second_visit_that_broke_off_counts_nothing(tmp_path: Path) -> None:
    """Its slices were taken, but not proven again."""
    lines = builders.run()
    again = [line for line in lines if isinstance(line, Slice) and line.case == CASE]
    later = [
        msgspec.structs.replace(line, round=line.round + 100, samples_s=(1.0,)) for line in again
    ]
    before, row = (
        cell(results(tmp_path / n, made), "jax")
        for n, made in (
            ("before", lines),
            ("after", [*lines, *later]),
        )
    )
    assert (row["rounds"], row["time_s"]) == (before["rounds"], before["time_s"])
    assert row["status"] == "ok"


def test_what_there_was_no_time_for_counts_once_it_was_measured(tmp_path: Path) -> None:
    lines = builders.run()
    (at,) = [
        n
        for n, line in enumerate(lines)
        if isinstance(line, Cell) and line.case == CASE and line.contender == "jax/cpu/float32"
    ]
    left = Skipped(contender="jax/cpu/float32", case=CASE, reason="no time: ...", no_time=True)
    early = cell(results(tmp_path / "early", [*lines[:at], left, *lines[at:]]), "jax")
    assert early["status"] == "ok"
    without_end = [line for n, line in enumerate(lines) if n != at]
    assert cell(results(tmp_path / "never", [*without_end, left]), "jax")["status"] == "no time"


def test_runs_of_one_id_stay_apart_and_one_file_counts_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        builders.write(tmp_path / name / "records.jsonl", builders.run())
    found = read([tmp_path, tmp_path / "a", tmp_path / "a" / "records.jsonl"])
    assert list(found.runs) == ["20261120-101500-ab12", "20261120-101500-ab12 (2)"]
    assert len(found.cells) == 2 * 55


def test_a_run_without_contenders_has_no_rows(tmp_path: Path) -> None:
    head = builders.run()[0]
    assert isinstance(head, Run)
    found = results(tmp_path, [msgspec.structs.replace(head, contenders=())])
    assert found.cells.empty
    assert found.slices.empty


def test_precision_belongs_to_the_contender(tmp_path: Path) -> None:
    half = replace(builders.FIVE[1], precision="float16")
    found = results(tmp_path, builders.run((builders.FIVE[1], half)))
    row = found.cells[(found.cells["precision"] == "float16") & (found.cells["case"] == CASE)]
    assert row["traffic_bytes"].tolist() == [3 * 2 * 64**2]


def test_energy_of_a_step_is_the_power_of_the_metered_slices_times_its_time(tmp_path: Path) -> None:
    lines = [
        msgspec.structs.replace(line, energy_j=1.0, wall_s=0.25)
        if isinstance(line, Slice) and line.round == 0
        else line
        for line in builders.run(builders.FIVE[:1])
    ]
    cells = results(tmp_path, lines).cells.dropna(subset="time_s")
    assert np.allclose(cells["energy_per_step_j"], 4.0 * cells["time_s"])


@pytest.mark.parametrize("unmeasured", [{"energy_j": None}, {"wall_s": None}, {"wall_s": 0.0}])
def test_energy_without_a_meter_or_a_span_is_absent(
    tmp_path: Path, unmeasured: dict[str, float | None]
) -> None:
    lines = [
        msgspec.structs.replace(line, **({"energy_j": 1.0} | unmeasured))
        if isinstance(line, Slice)
        else line
        for line in builders.run(builders.FIVE[:1])
    ]
    assert results(tmp_path, lines).cells["energy_per_step_j"].isna().all()


# --- input that is not ours --------------------------------------------------------------------


def test_nothing_missing_and_foreign_input_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "records.jsonl").write_text("hello\n")
    (tmp_path / "blank.jsonl").write_text("")
    for paths, words in (
        ([], "nothing to report on"),
        ([tmp_path / "nowhere"], "does not exist"),
        ([tmp_path / "empty"], "holds no records"),
        ([tmp_path / "text"], "is not a record file"),
        ([tmp_path / "blank.jsonl"], "holds no records"),
    ):
        with pytest.raises(NotRecords, match=words) as caught:
            read(paths)
        assert "make bench" in str(caught.value)


def test_a_broken_file_among_runs_is_left_out_with_a_reason(tmp_path: Path) -> None:
    builders.write(tmp_path / "good" / "records.jsonl", builders.run())
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "records.jsonl").write_text("")
    found = read([tmp_path])
    assert len(found.cells) == 55
    assert [left.path.parent.name for left in found.left_out] == ["bad"]


def test_a_line_that_cannot_be_read_is_left_out_by_number(tmp_path: Path) -> None:
    path = builders.write(tmp_path / "records.jsonl", builders.run())
    with path.open("a") as file:
        file.write('{"kind":"slice","samples_s":[-1]}\n{"kind":"cell","cont')
    found = read([path])
    last = len(path.read_text().splitlines())
    assert [left.line for left in found.left_out] == [last - 1, last]


def test_an_absurd_plan_is_refused_before_it_is_laid_out(tmp_path: Path) -> None:
    head = builders.run()[0]
    assert isinstance(head, Run)
    contenders = tuple(
        msgspec.structs.replace(head.contenders[0], contender=str(n)) for n in range(1000)
    )
    cases = tuple(msgspec.structs.replace(head.cases[0], case=str(n)) for n in range(1000))
    with pytest.raises(NotRecords, match="at most"):
        results(tmp_path, [msgspec.structs.replace(head, contenders=contenders, cases=cases)])
