"""A page shows as many cells as it can hold, and says what it leaves out."""

from __future__ import annotations

import pytest
from msgspec import structs

from bench.schema import Run
from reports import content, selection
from reports.frame import Results, read
from reports.front import tally
from tests.helpers import builders

CELLS = 22
"""Of one run."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Three runs of one machine and, the oldest of all, one of another."""
    folder = tmp_path_factory.mktemp("runs")
    for day in range(1, 5):
        head, *rest = builders.run(builders.FIVE[:2], name=f"run-{day}", rounds=3)
        assert isinstance(head, Run)
        machine = structs.replace(head.machine, label="another" if day == 1 else "one")
        head = structs.replace(head, machine=machine, started_at=f"2026-01-0{day}")
        builders.write(folder / str(day) / "records.jsonl", [head, *rest])
    return read([folder])


def test_few_cells_are_all_shown(results: Results) -> None:
    selected = selection.select(results, most=4 * CELLS)
    assert selected.results is results
    assert selected.omission is None


@pytest.mark.parametrize(
    ("room", "shown"),
    [(3, ["run-1", "run-3", "run-4"]), (2, ["run-1", "run-4"]), (1, ["run-4"])],
)
def test_the_newest_run_of_each_machine_comes_first(
    results: Results, room: int, shown: list[str]
) -> None:
    selected = selection.select(results, most=room * CELLS + 3)
    kept, omission = selected.results, selected.omission
    assert list(kept.runs) == shown
    assert set(kept.cells["run"]) == set(kept.slices["run"]) == set(shown)
    assert {run for run, _ in kept.runtimes} == set(shown)
    assert omission is not None
    assert f"{(4 - room) * CELLS} of {4 * CELLS} cells are not on this page" in omission.reason
    assert sum("run run-" in each for each in omission.what) == 4 - room


def test_of_a_single_large_run_its_first_cases_are_shown(results: Results) -> None:
    selected = selection.select(results, most=5)
    (run,) = selected.results.runs.values()
    assert (run.run, len(run.cases), len(selected.results.cells)) == ("run-4", 2, 4)


def test_what_a_page_leaves_out_is_said_on_it_and_still_counts(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content.make(results)
    monkeypatch.setattr(selection.select, "__defaults__", (2 * CELLS,))
    made = content.make(results)
    assert [section.run for section in made.sections] == ["run-1", "run-4"]
    assert "44 of 88 cells are not on this page" in made.omissions[0].reason
    assert not any("not on this page" in each.reason for each in whole.omissions)
    assert made.summary == whole.summary
    assert "4 runs on 2 machines" in made.summary
    assert len(tally.tally(results)) == 4
