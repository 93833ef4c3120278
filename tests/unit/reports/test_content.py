"""What a report says, and in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.schema import Failed, Record, Run, Runtime, Skipped
from reports import content, formatting
from reports.content import Content
from reports.frame import read
from reports.render import charts, html
from tests.helpers import builders


def make(folder: Path, lines: Sequence[Record], name: str = "run") -> Content:
    return content.make(read([builders.write(folder / name / "records.jsonl", lines)]))


def rows(made: Content) -> list[tuple[str, int, str]]:
    """Workload, size and label of everything ranked."""
    return [
        (ranking.title, group.size, row.label)
        for section in made.sections
        for ranking in section.rankings
        for group in ranking.groups
        for row in group.rows
    ]


def test_findings_come_in_order_of_gravity(tmp_path: Path) -> None:
    models = [builders.noisy(m, 0.6) if m.framework == "jax" else m for m in builders.FIVE]
    lines = builders.run(
        models, rounds=5, wrong=[("tf", "matmul/square/256")], interrupted_at="mlp/forward/64"
    )
    path = builders.write(tmp_path / "records.jsonl", lines)
    with path.open("a") as file:
        file.write('{"kind":"cell"')
    found = content.make(read([path])).findings
    assert [finding.severity for finding in found] == [
        *("wrong", "failed", "unfinished", "noisy", "left out", "note", "note")
    ]
    assert all(finding.where for finding in found)
    assert all(finding.action for finding in found if finding.severity != "note")
    assert found[0].what.startswith("tf is wrong")
    assert found[0].where == "matmul/square/256"
    assert found[1].what.endswith(
        "slice: the worker was ended by SIGKILL. It printed last: last words"
    )
    assert "memory runs out" in found[1].action
    assert "in the run's records" in found[1].action
    assert found[2].what == "10 of 55 results: the run ended early"
    assert "jax" in found[3].what
    assert "43 of 43 results have fewer than 6 rounds" in found[-2].what


def test_a_clean_run_has_no_findings(tmp_path: Path) -> None:
    models = [replace(model, notes=()) for model in builders.FIVE]
    made = make(tmp_path, builders.run(models, special=builders.no_special))
    assert made.findings == ()
    assert made.omissions == ()


@pytest.mark.parametrize(
    ("used_s", "busy"), [(0.16, True), (0.012, True), (0.006, False), (None, False)]
)
def test_a_busy_machine_is_a_finding_before_noise(
    tmp_path: Path, used_s: float | None, busy: bool
) -> None:
    models = [replace(builders.noisy(model, 0.6), notes=()) for model in builders.FIVE]
    lines = builders.run(models, special=builders.no_special, others_cpu_s=used_s)
    found = make(tmp_path, lines).findings
    assert [f.severity for f in found] == [*(["busy"] if busy else []), "noisy"]
    if busy:
        share = "1.6" if used_s == 0.16 else "0.12"
        assert f"other programs used {share} of 2 cores" in found[0].what
        assert "./metalbench run --preset smoke" in found[0].command


@pytest.mark.parametrize(
    ("failed", "what", "action"),
    [
        (
            Failed(contender="torch", stage="import", reason="gone", output_tail="gone\n"),
            "torch could not be used: import: gone",
            r"What it printed .* \./metalbench env remove torch; \./metalbench run --preset smoke",
        ),
        (
            Failed(contender="./mine.py", stage="import", reason="exited with code 7", exit_code=7),
            "./mine.py could not be used: import: exited with code 7",
            r"Try it alone to see why. make bench FRAMEWORK=\./mine\.py",
        ),
        (
            Failed(contender="torch", stage="start", reason="gone", exit_code=7),
            "torch could not be used: start: gone (exit code 7)",
            "Try it alone to see why. make bench FRAMEWORK=torch",
        ),
    ],
)
def test_a_contender_that_could_not_be_used_says_why(
    tmp_path: Path, failed: Failed, what: str, action: str
) -> None:
    found = make(tmp_path, [*builders.run(), failed]).findings
    (finding,) = [f for f in found if "could not be used" in f.what]
    assert finding.what == what
    said = f"{finding.action} {finding.command}"
    assert re.fullmatch(action, said), said


def test_a_whole_file_refused_is_not_called_partly_reported(tmp_path: Path) -> None:
    builders.write(tmp_path / "good" / "records.jsonl", builders.run())
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "records.jsonl").write_text("hello\n")
    found = content.make(read([tmp_path])).findings
    (finding,) = [f for f in found if f.severity == "left out"]
    assert finding.action.startswith("The whole file is left out. Expected")


def test_one_contender_alone_is_said_once(tmp_path: Path) -> None:
    comparison, *suites = make(tmp_path, builders.run(builders.FIVE[2:3])).sections[0].answers
    assert comparison.text == "tf alone was measured; there is nothing to compare."
    assert re.fullmatch(r"In the largest, matmul 1024, tf takes 1\d\.\d ms\.", suites[0].text)
    sizes = (64, 256, 1024)
    bad = [("jax", f"matmul/square/{n}") for n in sizes]
    both = make(tmp_path, builders.run(builders.FIVE[2:4], wrong=bad), "both").sections[0].answers
    assert both[0].text.startswith("Only tf has verified answers")


def test_a_wrong_cell_is_in_no_ranking_and_no_figure(tmp_path: Path) -> None:
    lines = builders.run(wrong=[("tf", "matmul/square/256"), ("tf", "matmul/square/64")])
    made = make(tmp_path, lines)
    ranked = [(size, label) for title, size, label in rows(made) if title.startswith("matmul")]
    assert (256, "tf") not in ranked
    assert (1024, "tf") in ranked
    (matmul, *_) = made.sections[0].rankings
    assert matmul.groups[1].missing == {"tf": "wrong"}


def test_a_contender_wrong_everywhere_has_no_column(tmp_path: Path) -> None:
    sizes = (64, 256, 1024)
    made = make(tmp_path, builders.run(wrong=[("tf", f"matmul/square/{n}") for n in sizes]))
    assert "tf" not in [line.label for line in made.sections[0].rankings[0].lines]


def test_the_null_adapter_is_labelled_and_never_ranked(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run((*builders.FIVE, builders.NULL)))
    assert not [label for _, _, label in rows(made) if "null" in label]
    assert not [answer for answer in made.sections[0].answers if "null" in answer.text]
    assert len(made.sections[0].overheads) == 11
    label = "null (prepared answers; measures the harness)"
    assert label in [setup.label for setup in made.sections[0].setups]


def test_precisions_are_never_ranked_together(tmp_path: Path) -> None:
    half = replace(builders.FIVE[1], precision="float16", flop_per_s=9e12)
    made = make(tmp_path, builders.run((*builders.FIVE, half)))
    titles = {title for title, _, label in rows(made) if label == "torch"}
    assert {"matmul", "matmul, float16"} <= titles
    lone = next(r for r in made.sections[0].rankings if r.precision == "float16")
    assert [row.standing for group in lone.groups for row in group.rows] == ["only one"] * 3


def test_a_note_stands_beside_the_figures_it_is_about(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run())
    section = made.sections[0]
    assert section.notes == (builders.MLX_NOTE,)
    marked = {r.label: r.notes for r in section.rankings[0].groups[0].rows}
    assert marked["mlx"] == (1,)
    assert marked["jax"] == ()


def test_what_was_skipped_is_grouped_by_reason_and_no_finding(tmp_path: Path) -> None:
    lines = [*builders.run(), Skipped(contender="mine", reason="no wheel for this system")]
    made = make(tmp_path, lines)
    assert [o.what for o in made.omissions] == [("numpy: mlp/train/64",), ("mine",)]
    assert not [f for f in made.findings if "differentiation" in f.what]


def test_the_answer_names_the_fastest_with_ratio_interval_and_verdict(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run())
    matmul = made.sections[0].answers[0]
    assert matmul.topic == "matmul"
    pattern = (
        r"jax is fastest in 2 of 3 cases, numpy in 1\. In the largest, matmul 1024, jax takes "
        r"6\.\d\d ms; next is torch, 1\.\d\dx slower \(1\.\d\dx to 1\.\d\dx\)\."
    )
    assert re.fullmatch(pattern, matmul.text), matmul.text


def test_equals_are_not_called_fastest(tmp_path: Path) -> None:
    twin = replace(builders.FIVE[3], spec="jax==0.4.38", noise=0.02)
    made = make(tmp_path, builders.run((builders.FIVE[3], twin), rounds=3))
    text = made.sections[0].answers[0].text
    assert text.startswith("Nobody is shown slower than the first in all 3 cases.")
    first = [group.rows[0].standing for group in made.sections[0].rankings[0].groups]
    assert first == ["leads"] * 3


def test_a_run_with_nothing_to_rank_still_reports(tmp_path: Path) -> None:
    lines = [line for line in builders.run() if isinstance(line, Run | Runtime)]
    made = make(tmp_path, lines)
    assert made.sections[0].rankings == ()
    assert [f.severity for f in made.findings] == ["unfinished", "note"]
    head = msgspec.structs.replace(lines[0], contenders=())
    empty = make(tmp_path, [head, Skipped(contender="mlx", reason="no wheel")], "empty")
    for each in (made, empty):
        page = html.render(each, charts.illustrate(each))
        assert "nothing to rank" in page


def test_devices_are_named_where_they_differ(tmp_path: Path) -> None:
    head, *rest = builders.run()
    assert isinstance(head, Run)
    first, *others = head.contenders
    gpu = msgspec.structs.replace(first, device="mps", device_kind="gpu")
    made = make(tmp_path, [msgspec.structs.replace(head, contenders=(gpu, *others)), *rest])
    assert {label for _, _, label in rows(made)} >= {"numpy (GPU)", "torch (CPU)"}


def test_long_paths_that_begin_alike_stay_apart(tmp_path: Path) -> None:
    head, *rest = builders.run()
    assert isinstance(head, Run)
    folder = "/a/very/long/path/" * 5
    contenders = tuple(
        msgspec.structs.replace(each, spec=f"{folder}{each.framework}.py")
        for each in head.contenders
    )
    made = make(tmp_path, [msgspec.structs.replace(head, contenders=contenders), *rest])
    for ranking in made.sections[0].rankings:
        assert len({line.label for line in ranking.lines}) == len(ranking.lines)


# --- numbers and words ------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (formatting.seconds(1.2345e-8), "12.3 ns"),
        (formatting.seconds(9.996e-7), "1.00 µs"),
        (formatting.seconds(0.0999), "99.9 ms"),
        (formatting.seconds(123.4), "123 s"),
        (formatting.seconds(3e-12), "0.00300 ns"),
        (formatting.seconds(5e-324), "4.94e-315 ns"),
        (formatting.seconds(None), formatting.ABSENT),
        (formatting.memory(312 * 2**20), "312 MiB"),
        (formatting.memory(0), "0 B"),
        (formatting.energy(0.0012), "1.20 mJ"),
        (formatting.power(8.2), "8.20 W"),
        (formatting.power(0.25), "250 mW"),
        (formatting.percent(0.0312), "3.1 %"),
        (formatting.direction(1.8249), "1.82x slower"),
        (formatting.direction(0.5), "2.00x faster"),
        (formatting.count(1_000_000), "1,000,000"),
        (formatting.count(4096), "4096"),
        (formatting.flop_rate(999.4e9), "999 GFLOP/s"),
        (formatting.flop_rate(999.6e9), "1.00 TFLOP/s"),
        (formatting.flop_rate(13.6e12), "13.6 TFLOP/s"),
        (formatting.digits(1e308), "1.00e+308"),
        (formatting.plain("a\u202eb\n\tc\x00d"), "ab cd"),
        (formatting.plain("a \x08 b \x08 "), "a b"),
        (formatting.plain("\x08 \ud7fc"), ""),
        (formatting.plain("x" * 500, 10), "xxxxxxxxxx…"),
    ],
)
def test_numbers_become_words(made: str, expected: str) -> None:
    assert made == expected
