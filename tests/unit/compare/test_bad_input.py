"""Comparing what is damaged, forged or wrong: named, left out, told by the exit code."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from bench.bounded_lines import MAX_LINE_BYTES
from bench.schema import Run, Slice, Verified
from reports.ingest import published
from tests.helpers import builders
from tests.helpers.comparisons import CASE, JAX, TORCH, compare, records, runs, told, verdicts


def edited(path: str, edit: Callable[[dict[str, Any]], None], kind: str, at: int = 0) -> int:
    """One line of a kind edited by hand; its number."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    numbers = [n for n, line in enumerate(lines) if json.loads(line)["kind"] == kind]
    value = json.loads(lines[numbers[at]])
    edit(value)
    lines[numbers[at]] = json.dumps(value)
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return numbers[at] + 1


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return runs(tmp_path, [JAX], [JAX])


# --- lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"samples_s": [-1.0]},
        {"samples_s": [float("nan")]},
        {"samples_s": [1e300]},
        {"samples_s": []},
        {"round": -1},
        {"steps_per_sample": 0},
        {"contender": "x" * 5000},
        {"kind": "slcie"},
    ],
)
@pytest.mark.parametrize("side", [0, 1])
def test_a_line_that_cannot_be_is_named_and_the_rest_used(
    files: list[str], changes: dict[str, Any], side: int
) -> None:
    number = edited(files[side], lambda value: value.update(changes), "slice", at=3)
    found = told(*files)
    (left,) = found["left_out"]
    assert (left["path"], left["line"]) == (str(Path(files[side]).resolve()), number)
    assert (len(found["cases"]), found["exit_code"]) == (11, 1)
    assert f"line {number}" in re.sub(r"\s+", " ", compare(*files).stdout)


def test_half_a_file_is_used_as_far_as_it_goes(files: list[str]) -> None:
    whole = Path(files[1]).read_bytes()
    Path(files[1]).write_bytes(whole[: len(whole) * 2 // 3])
    found = told(*files)
    assert found["left_out"][0]["line"] == len(whole[: len(whole) * 2 // 3].splitlines())
    assert 0 < len(found["cases"]) < 11
    assert any("unfinished" in each["why"] for each in found["excluded"])
    assert found["exit_code"] == 1


@pytest.mark.parametrize("kind", ["run", "slice"])
def test_a_line_that_stands_there_twice_counts_once(files: list[str], kind: str) -> None:
    before = told(*files)
    lines = Path(files[1]).read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if json.loads(line)["kind"] == kind)
    lines.insert(number + 1, lines[number])
    Path(files[1]).write_text("".join(lines), encoding="utf-8")
    found = told(*files)
    assert [left["line"] for left in found["left_out"]] == [number + 2]
    assert (found["cases"], found["exit_code"]) == (before["cases"], 1)


def test_a_file_that_holds_itself_twice_is_read_once(files: list[str]) -> None:
    before = told(*files)
    text = Path(files[0]).read_text(encoding="utf-8")
    Path(files[0]).write_text(text + text, encoding="utf-8")
    found = told(*files)
    assert found["cases"] == before["cases"]
    assert len(found["left_out"]) == 1


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.binary(min_size=1, max_size=40), st.floats(0, 1))
def test_no_damage_ends_in_a_traceback(files: list[str], junk: bytes, share: float) -> None:
    base, damaged = Path(files[0]), Path(files[1]).with_name("damaged.jsonl")
    content = Path(files[1]).read_bytes()
    at = int(share * len(content))
    damaged.write_bytes(content[:at] + junk + content[at + len(junk) :])
    done = compare(str(base), str(damaged), "--json", "-")
    assert done.exit_code in (0, 1, 2)
    if done.exit_code == 2:
        assert done.stderr.startswith("metalbench: ")
    else:
        json.loads(done.stdout, parse_constant=lambda word: pytest.fail(word))


# --- files ----------------------------------------------------------------------------------


def refused(*arguments: str) -> str:
    done = compare(*arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    return str(done.stderr)


def test_a_file_of_a_newer_schema_is_refused(files: list[str]) -> None:
    edited(files[1], lambda head: head.update(schema=99), "run")
    assert "schema 99" in refused(*files)


def test_files_of_an_older_schema_compare(files: list[str]) -> None:
    edited(files[0], lambda head: head.update(schema=1), "run")
    assert told(*files)["exit_code"] == 0


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}", b"[]\n", b"\x00" * 100, b"not records\n", b"\x1f\x8b\x08\x00"]
)
def test_what_is_no_record_file_is_refused(files: list[str], content: bytes) -> None:
    Path(files[1]).write_bytes(content)
    assert files[1] in refused(*files)


def test_a_first_line_edited_by_hand_is_refused(files: list[str]) -> None:
    edited(files[1], lambda head: head["cases"][0].update(definition_sha256="abc"), "run")
    assert "definition_sha256" in refused(*files)


def test_an_endless_line_is_refused(files: list[str]) -> None:
    Path(files[1]).write_bytes(b"x" * (MAX_LINE_BYTES + 1))
    assert "not a record file" in refused(*files) or "longer than" in refused(*files)


def test_a_copy_is_no_second_run(tmp_path: Path, files: list[str]) -> None:
    shutil.copy(files[0], tmp_path / "copy.jsonl")
    assert "two copies of run" in refused(files[0], str(tmp_path / "copy.jsonl"))
    assert "Expected a second run" in refused(files[0], files[0])
    assert "Expected a second run" in refused(files[0], str(Path(files[0]).parent))


def test_a_side_is_one_run(tmp_path: Path, files: list[str]) -> None:
    assert "holds 2 runs" in refused(str(tmp_path), files[0])
    assert "published figures alone" in refused(str(published.FOLDER / "s4.jsonl"), files[0])


# --- answers --------------------------------------------------------------------------------


def test_a_wrong_answer_has_no_ratio_and_is_told(tmp_path: Path) -> None:
    found = told(*runs(tmp_path, [JAX, TORCH], [JAX, TORCH], wrong=[("jax", CASE)]))
    assert len(found["cases"]) == 21
    (wrong,) = found["excluded"]
    assert wrong["what"] == f"B: jax/cpu/float32, {CASE}"
    assert wrong["why"].startswith("wrong: rows is off by 1200x the limit")
    assert found["exit_code"] == 1


@pytest.mark.parametrize("phase", ["before", "after"])
def test_an_answer_checked_once_has_no_ratio(tmp_path: Path, phase: str) -> None:
    lines = [
        line
        for line in builders.run([JAX])
        if not (isinstance(line, Verified) and (line.case, line.phase) == (CASE, phase))
    ]
    files = runs(tmp_path, [JAX], [JAX], rounds=7)
    found = told(files[0], str(records(tmp_path, lines, "c")))
    assert CASE not in verdicts(found)
    assert found["exit_code"] == 1


def test_what_was_skipped_is_listed_and_no_failure(tmp_path: Path) -> None:
    found = told(*runs(tmp_path, [builders.FIVE[0]], [builders.FIVE[0]]))
    assert "A and B" in found["excluded"][0]["what"]
    assert "automatic differentiation" in found["excluded"][0]["why"]
    assert found["exit_code"] == 0


# --- text of others -------------------------------------------------------------------------

HOSTILE = "[bold red]x[/] |a|`b`*c* <b>d</b> \x1b[31m\x9b31m\u202e[e](http://example.org) @all"


def test_text_of_records_does_nothing_anywhere(tmp_path: Path) -> None:
    lines = builders.run([JAX], rounds=7)
    head = lines[0]
    assert isinstance(head, Run)
    cases = tuple(structs.replace(case, name=HOSTILE, suite=HOSTILE) for case in head.cases)
    contenders = tuple(structs.replace(each, spec=HOSTILE) for each in head.contenders)
    machine = structs.replace(head.machine, label=HOSTILE)
    changes = {"cases": cases, "contenders": contenders, "machine": machine, "commit": HOSTILE}
    files = [
        str(
            records(
                tmp_path,
                [structs.replace(head, run=f"{name}{HOSTILE}", **changes), *lines[1:]],
                name,
            )
        )
        for name in "ab"
    ]
    with Path(files[1]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": HOSTILE}) + "\n")
    shown, markdown, program = (
        compare(*files, *more).stdout for more in ((), ("--markdown", "-"), ("--json", "-"))
    )
    for text in (shown, markdown, program):
        assert not set("\x1b\x9b\u202e") & set(text)
    assert "[bold red]" in shown
    for line in markdown.splitlines():
        assert len(re.findall(r"(?<!\\)\|", line)) in (0, 7)
        assert not re.search(r"<b>|(?<!\\)[`\]]|@|://", line)
    assert json.loads(program)["a"]["machine"] == HOSTILE


def test_forged_times_give_finite_figures(files: list[str]) -> None:
    for file in files:  # a CPU whose cores are not told, so that nothing is beyond it
        edited(file, lambda value: value["machine"].pop("cores_physical", None), "run")
        edited(file, lambda value: value["machine"].pop("cores_logical", None), "run")
    for number in range(7):
        edited(files[0], lambda value: value.update(samples_s=[1e-12]), "slice", at=number)
        edited(files[1], lambda value: value.update(samples_s=[1e9]), "slice", at=number)
    assert compare(*files).exit_code == 0
    assert compare(*files, "--markdown", "-").exit_code == 0
    assert max(one["ratio"] for one in told(*files)["cases"]) == pytest.approx(1e21)


def test_slices_of_cases_that_were_never_planned_are_no_cases(tmp_path: Path) -> None:
    lines = [*builders.run([JAX])]
    stray = next(line for line in lines if isinstance(line, Slice))
    lines.append(structs.replace(stray, case="none/none/1"))
    found = told(runs(tmp_path, [JAX], [JAX])[0], str(records(tmp_path, lines, "c")))
    assert len(found["cases"]) == 11
