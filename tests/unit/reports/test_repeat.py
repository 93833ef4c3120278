"""The command that is advised next: what was asked for stays asked for, and time never shrinks."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from bench import values
from bench.schema import Failed, Record, Run, Skipped
from reports import content, context, repeat
from reports.answer import answer
from reports.content import Content
from reports.findings import omissions, outcomes
from reports.frame import Results, read
from reports.front import tally
from suites.workload import Workload
from tests.helpers import builders
from tests.helpers.makefile import takes

TYPED = ("--framework", "torch,jax", "--suite=matmul,mlp", "--preset", "smoke", "--device", "cpu")
MORE = ("--precision", "float16", "--threads", "2", "--time", "1h", "--seed", "3", "--resume")
ASKED = "FRAMEWORK=torch,jax SUITE=matmul,mlp DEVICE=cpu PRECISION=float16 PRESET=smoke THREADS=2"


def late(model: builders.Model, workload: Workload) -> Record | None:
    if workload.suite != "mlp":
        return None
    return Skipped(model.id, "the run's time", workload.case, no_time=True)


def made(special: builders.Special = late, **changes: Any) -> Run:
    head = builders.run(special=special)[0]
    assert isinstance(head, Run)
    return structs.replace(head, **changes)


def told(folder: Path, special: builders.Special, **changes: Any) -> tuple[Results, Content]:
    _, *others = builders.run(builders.FIVE[1:4], special=special)
    head = structs.replace(builders.run(builders.FIVE[1:4])[0], **changes)
    results = read([builders.write(folder / "records.jsonl", [head, *others])])
    return results, content.make(results)


def advised(results: Results, report: Content) -> str:
    lines = answer.make(report, tally.tally(results), Path("/r"), 80).lines
    return next(line for line in lines if line.startswith("  next"))


def test_time_for_more_is_asked_for_everywhere_by_the_same_command(tmp_path: Path) -> None:
    settings = {"preset": "smoke", "preset_time_s": 3600.0}
    changes = {"arguments": ("run", *TYPED, *MORE), "settings": settings}
    results, report = told(tmp_path, late, **changes)
    expected = f"make bench {ASKED} TIME=2h"
    (omission,) = omissions.find(context.of(results))
    assert omission.reason.endswith(f": {expected}")
    assert advised(results, report).removeprefix("  next").strip() == expected


def test_finer_figures_are_of_the_same_contenders(tmp_path: Path) -> None:
    results, report = told(tmp_path, builders.no_special, arguments=("run", *TYPED, *MORE))
    finer = advised(results, report)
    assert "SUITE=matmul,mlp DEVICE=cpu PRECISION=float16 PRESET=quick THREADS=2" in finer
    assert "TIME" not in finer


def test_a_folder_that_the_record_does_not_tell_is_left_to_the_reader() -> None:
    assert repeat.asked(made(arguments=("run", "--out", "mine")))["OUT"] == "mine"
    assert "OUT" not in repeat.asked(made(arguments=("run", "--out=<folder>")))


def in_a_python(folder: Path, **changes: Any) -> tuple[Results, Content]:
    """A run of torch beside the one in ~/my env, of which `special` may say how it ended."""
    models = (builders.FIVE[1], replace(builders.FIVE[1], spec="torch:my-env"))
    head, *others = builders.run(models, special=changes.pop("special", builders.no_special))
    assert isinstance(head, Run)
    own = structs.replace(head.contenders[1], typed="torch:~/my env")
    head = structs.replace(head, contenders=(head.contenders[0], own), **changes)
    results = read([builders.write(folder / "records.jsonl", [head, *others])])
    return results, content.make(results)


def test_a_python_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    def broken(model: builders.Model, workload: Workload) -> Record | None:
        return Failed(model.id, "timing", "oh", workload.case) if ":" in model.spec else None

    results, _ = in_a_python(tmp_path / "broken", special=broken)
    (finding,) = outcomes.failed(context.of(results))
    assert "FRAMEWORK='torch:~/my env'" in finding.command
    results, report = in_a_python(tmp_path / "whole")
    assert "torch:~/my env" in advised(results, report)


def test_one_that_cannot_be_imported_is_not_to_be_removed(tmp_path: Path) -> None:
    records = builders.run(builders.FIVE[1:2])
    broken = Failed("torch:my-env", "import", "no libcuda")
    head = structs.replace(records[0], arguments=("run", "--framework", "torch,torch:~/my env"))
    path = builders.write(tmp_path / "records.jsonl", [head, broken, *records[1:]])
    (finding,) = outcomes.absent(context.of(read([path])))
    assert finding.action.endswith("When that is mended:")
    assert finding.command == "./metalbench run --framework 'torch,torch:~/my env'"


def test_every_command_names_the_machine_that_the_run_was_of(tmp_path: Path) -> None:
    """Without its label the same machine would be another in records, reports and stores."""

    def broken(model: builders.Model, workload: Workload) -> Record | None:
        return Failed(model.id, "timing", "oh", workload.case) if "jax" in model.spec else None

    changes: dict[str, Any] = {"arguments": ("run", *TYPED, "--label", "mini-3", "--time", "30s")}
    results, report = told(tmp_path / "late", late, **changes)
    assert advised(results, report).endswith("DEVICE=cpu PRESET=smoke LABEL=mini-3 TIME=30m")
    results, _ = told(tmp_path / "broken", broken, **changes)
    assert [each.command for each in outcomes.failed(context.of(results))] == [
        repeat.again(results, results.cells[results.cells["spec"] == "jax"])
    ]
    assert repeat.again(results, results.cells).endswith(" LABEL=mini-3")
    assert repeat.alone(made(**changes), "jax") == "make bench FRAMEWORK=jax LABEL=mini-3"


def test_settings_tell_what_nobody_typed() -> None:
    settings = {"preset": "standard", "device": "gpu", "threads": 4, "preset_time_s": 60}
    run = made(arguments=("run",), settings=settings)
    assert repeat.longer(run) == "make bench DEVICE=gpu PRESET=standard THREADS=4 TIME=30m"
    usual = {"preset": "quick", "device": "all", "threads": None}
    assert repeat.longer(made(arguments=("run",), settings=usual)) == "make bench TIME=30m"


@given(st.one_of(st.none(), st.text(), st.booleans(), st.integers(), st.floats()))
@example(10**400)
@example(math.inf)
@example(3600)
def test_the_time_advised_is_twice_what_there_was_or_more(had_s: Any) -> None:
    command = repeat.longer(made(arguments=("run",), settings={"preset_time_s": had_s}))
    time_s = values.seconds(command.partition("TIME=")[2])
    assert time_s >= 1800
    if isinstance(had_s, int | float) and 0 < had_s <= 302400:
        assert time_s >= 2 * had_s


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=20), max_size=8))
@example(["--suite"])
@example(["--suite", "$(rm -r x); y"])
def test_hostile_arguments_stay_one_word_each(arguments: list[str]) -> None:
    command = repeat.longer(made(arguments=tuple(arguments)))
    make, bench, *options = shlex.split(command)
    assert (make, bench) == ("make", "bench")
    assert all(re.match(r"[A-Z_]+=", option) for option in options)


@pytest.mark.parametrize("name", [*repeat._WORK, *repeat._LENGTH, *repeat._REST])
def test_make_knows_the_options(name: str) -> None:
    assert name in takes()["bench"]
