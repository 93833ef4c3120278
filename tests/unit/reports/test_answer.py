"""The answer in fifteen lines: as it was, for one leader and several, at 80 and 60 columns."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bench.schema import Record
from reports import content
from reports.analysis import suite_leaders
from reports.analysis.ranking import Line
from reports.answer import advice, answer, strips
from reports.answer.answer import Answer
from reports.content import Content
from reports.findings.finding import Finding
from reports.frame import Results, read
from reports.front import headline, places, tally
from reports.render import terminal
from tests.helpers import builders
from tests.helpers.rankings import Section, case

TWO = builders.FIVE[:2]
ON_GPU = replace(
    builders.FIVE[1],
    device="cuda:0",
    device_name="NVIDIA H100",
    flop_per_s=20e12,
    bytes_per_s=1e12,
    overhead_s=20e-6,
)


def told(folder: Path, *runs: Sequence[Record], width: int = 80) -> Answer:
    files = [
        builders.write(folder / f"run-{number}" / "records.jsonl", lines)
        for number, lines in enumerate(runs)
    ]
    results = read(files)
    made = content.make(results)
    return answer.make(made, tally.tally(results), Path("/r/report.html"), width)


FIVE = """\
No single winner: jax for matrix products, forward passes and training, numpy
for inner products.

            fastest  within 2x   of   ■ fastest  ▓ 10 %  ▒ 2x  · slower  x wrong
  jax             6          8   11   ■■■■■■▒▒···
  numpy           5         10   10   ■■■■■▒▒▒▒▒
  torch           0          9   11   ▓▓▓▒▒▒▒▒▒··
  tf              0          5   11   ▒▒▒▒▒·····x
  mlx *           0          0   11   ··········x

  answers  52 right, 1 wrong, 1 failed: tf 1, mlx 1
  trust    * MLX on Linux: answers only
  next     make bench PRESET=quick   finer figures, more sizes
  report   file:///r/report.html"""


def test_five_frameworks_at_80_columns(tmp_path: Path) -> None:
    lines = builders.run((*builders.FIVE, builders.NULL), wrong=[("tf", "matmul/square/256")])
    made = told(tmp_path, lines)
    assert "\n".join(made.lines) == FIVE
    assert made.reason == "wrong answers (tf); failed (mlx)"


def test_at_60_columns_nothing_is_wider_but_what_is_copied(tmp_path: Path) -> None:
    made = told(tmp_path, builders.run(), width=60)
    copied = ("  next", "  report")
    assert max(len(line) for line in made.lines if not line.startswith(copied)) <= 60
    assert made.lines[0] == "No single winner: jax for matrix products, forward passes"


def test_on_a_gpu_it_begins_with_when_it_pays_off(tmp_path: Path) -> None:
    made = told(tmp_path, builders.run((*TWO, ON_GPU)))
    assert " ".join(made.lines[:2]) == (
        "The H100 pays off for torch in matrix products from about n = 106 on, and up to 86x; "
        "below that the CPU is faster; in training 38x."
    )
    assert made.reason == ""


def test_one_contender_alone_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    made = told(tmp_path, builders.run(builders.FIVE[:1]))
    assert made.lines[0] == "Only numpy was measured with right answers: nothing to compare."
    assert not [line for line in made.lines if "fastest" in line]


def test_a_single_fault_is_told_in_full(tmp_path: Path) -> None:
    made = told(tmp_path, builders.run(TWO, wrong=[("torch", "matmul/square/64")]))
    assert made.reason.startswith("torch")
    assert "wrong" in made.reason
    assert not made.reason.endswith(".")


def test_many_contenders_stay_within_fifteen_lines_and_are_counted(tmp_path: Path) -> None:
    many = [replace(TWO[1], spec=f"torch@{n}", flop_per_s=1e11 * n) for n in range(1, 15)]
    made = told(tmp_path, builders.run(many))
    assert len(made.lines) <= answer.MOST
    assert sum(line.startswith("  torch@") for line in made.lines) >= 3
    assert any(line.startswith("  and ") for line in made.lines)


def test_several_runs_have_a_line_each_and_no_table(tmp_path: Path) -> None:
    runs = [builders.run(TWO, name=f"20261120-10150{n}-ab12") for n in range(8)]
    made = told(tmp_path, *runs)
    assert sum("20261120-10150" in line for line in made.lines) == 6
    assert "and 2 more runs" in made.lines
    assert len(made.lines) <= answer.MOST


def test_two_runs_have_room_for_their_sentences(tmp_path: Path) -> None:
    made = told(tmp_path, *(builders.run(TWO, name=f"20261120-10150{n}-ab12") for n in range(2)))
    assert sum(" …" in line for line in made.lines) == 0
    assert not [line for line in made.lines if line.startswith("  next")]


def test_without_a_run_there_is_what_others_published() -> None:
    results = read([], published=True)
    made = answer.make(content.make(results), tally.tally(results), Path("/r/report.html"), 80)
    assert made.lines[0].startswith("Nothing was measured here; ")
    assert any("GPU" in line for line in made.lines)
    assert "  next     make bench   measures this machine" in made.lines
    assert len(made.lines) <= answer.MOST


def doubted(tmp_path: Path, contender: str) -> tuple[Results, Content]:
    """A run of four, and its content with six of this contender's cells suspect."""
    results = read([builders.write(tmp_path / "records.jsonl", builders.run(builders.FIVE[1:]))])
    cells = frozenset(("run", contender, f"case {number}") for number in range(6))
    doubt = Finding("suspect", "beyond any device", "", "", cells=cells)
    return results, replace(content.make(results), findings=(doubt,))


def test_a_leader_that_is_suspect_is_not_named_without_the_word(tmp_path: Path) -> None:
    results, made = doubted(tmp_path, "jax/cpu/float32")
    lines = answer.make(made, tally.tally(results), Path("/r/report.html"), 80).lines
    assert "jax (suspect) for matrix products" in lines[0]
    assert "tf (suspect)" not in lines[0]
    (doubt,) = made.findings
    few = replace(made, findings=(replace(doubt, cells=frozenset(list(doubt.cells)[:1])),))
    lines = answer.make(few, tally.tally(results), Path("/r/report.html"), 80).lines
    assert "(suspect)" not in lines[0]


def test_a_contender_that_is_not_named_as_ours_are_is_no_error(tmp_path: Path) -> None:
    results, made = doubted(tmp_path, "x")
    lines = answer.make(made, tally.tally(results), Path("/r/report.html"), 80).lines
    assert "(suspect)" not in lines[0]
    named = {"x": "jax"}
    made = replace(made, sections=(replace(made.sections[0], labels=named),))
    lines = answer.make(made, tally.tally(results), Path("/r/report.html"), 80).lines
    assert "jax (suspect)" in lines[0]


# --- who leads --------------------------------------------------------------------------------


SLOWER = {"jax": (1.5, "slower"), "tf": (2.0, "slower")}
LEVEL = {"jax": (1.02, "unresolved"), "tf": (3.1, "slower")}
JAX = {"torch": (1.5, "slower"), "tf": (2.0, "slower")}


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (
            Section(matmul__square=[case("torch", **SLOWER)] * 3),
            "torch is fastest in all 3 cases; everything else is 1.5x slower or more.",
        ),
        (
            Section(matmul__square=[case("torch", **LEVEL)] * 2),
            "torch and jax lead in both cases; everything else is 3.1x slower or more.",
        ),
        (
            Section(matmul__square=[case("torch", **SLOWER)] * 11, mlp__train=[case("jax", **JAX)]),
            "torch leads in 11 of 12 cases; everything else is 1.5x slower or more.",
        ),
        (
            Section(
                matmul__square=[case("torch", **SLOWER)],
                mlp__forward=[case("torch", **SLOWER)],
                mlp__train=[case("jax", **JAX)],
                learn__epochs_2=[case("jax", **JAX)],
            ),
            "No single winner: torch for matrix products and forward passes, jax for training.",
        ),
        (
            Section(matmul__square=[case("torch", **SLOWER), case("jax", **JAX)]),
            "No single winner: torch leads in 1 of 2 cases, jax in 1.",
        ),
        (
            Section(matmul__square=[case("torch", jax=(1.2, "unresolved"))] * 2),
            "Too close to call: no contender is shown slower than another in these 2 cases.",
        ),
        (
            Section(
                matmul__square=[
                    case("torch", jax=(1.5, "unresolved"), tf=(9.0, "slower")),
                    case("torch", jax=(1.2, "slower"), tf=(5.0, "unresolved")),
                ]
            ),
            "torch leads in both cases.",
        ),
        (Section(), "Nothing was measured that can be compared."),
    ],
)
def test_headlines(section: Section, sentence: str) -> None:
    assert headline.of(section) == sentence  # type: ignore[arg-type]


def test_who_is_only_asked_for_right_answers_leads_nothing() -> None:
    """MLX's build for Linux, first in a tiny case, was called the fastest there."""
    tiny, large = case("mlx", torch=(2.0, "slower")), case("torch", mlx=(9.0, "slower"))
    section = Section(lifecycle__tiny=[tiny], matmul__square=[large])
    assert "mlx for training" in headline.of(section)  # type: ignore[arg-type]
    section.notes = (builders.MLX_NOTE,)
    lines = (Line("mlx", "mlx", (1,)),)
    section.rankings = tuple(replace(each, lines=lines) for each in section.rankings)
    assert headline.of(section) == "No single winner: torch for matrix products."  # type: ignore[arg-type]


def test_a_slower_one_is_not_near_and_an_unresolved_one_far_off_is_not_first() -> None:
    groups = [case("torch", jax=(1.05, "slower"), tf=(3.0, "unresolved"), mlx=(1.0, "same"))]
    section = Section(matmul__square=groups)
    who = {label: Counter[str]() for label in ("torch", "jax", "tf", "mlx")}
    found = {bar.label: bar for bar in places.bars(section, who)}  # type: ignore[arg-type]
    assert (found["torch"].fastest, found["mlx"].fastest) == (1, 1)
    assert found["jax"].counts == {"close": 1}
    assert found["tf"].counts == {"slower": 1}


def test_what_is_open_beside_a_large_ratio_is_not_called_close() -> None:
    near, far = {"jax": (1.2, "unresolved")}, {"jax": (4.46, "unresolved")}
    section = Section(matmul__square=[case("torch", **near)] * 2 + [case("torch", **far)])
    made = SimpleNamespace(findings=(), sections=(section,), fronts=())
    (line,) = answer._trust(made)  # type: ignore[arg-type]
    assert line == "2 of 3 too close; 1 of 3 with too few rounds to tell"
    assert advice._few(section)  # type: ignore[arg-type]
    assert not advice._few(Section(matmul__square=[case("torch", **near)]))  # type: ignore[arg-type]


def test_cases_that_were_named_are_repeated_as_they_were() -> None:
    """In a finer preset, or in one suite of several, not all of them need be there."""
    section = Section(matmul__square=[case("torch", jax=(1.2, "unresolved"))])
    for named, again in (
        ({}, "SUITE=matmul PRESET=quick"),
        ({"CASE": "a,b"}, "SUITE=mlp CASE=a,b"),
    ):
        asked = {"SUITE": "mlp", "PRESET": "smoke"} | named
        vars(section).update(fault=None, settings={"preset": "smoke"}, to_type={}, asked=asked)
        assert again in advice.command(SimpleNamespace(sections=(section,)), {})[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((1.2, "unresolved"), "jax is too close to call"),
        ((47.0, "unresolved"), "too few rounds to tell jax from it"),
        ((0.5, "unresolved"), "too few rounds to tell jax from it"),
        ((1.0, "same"), "jax is the same within 1 %"),
    ],
)
def test_the_largest_case_says_why_it_is_open(told: tuple[float, str], words: str) -> None:
    (said,) = suite_leaders.answer(Section(matmul__square=[case("torch", jax=told)]).rankings)
    assert said.text.endswith(f"{words}.")


# --- on the terminal --------------------------------------------------------------------------


def test_a_pipe_gets_no_colour_and_no_folded_line() -> None:
    file = io.StringIO()
    long = "  next     make bench FRAMEWORK=" + ",".join(["torch"] * 20)
    terminal.conclude(["[bold]who[/bold] leads", long], Console(file=file, width=80))
    assert file.getvalue() == f"[bold]who[/bold] leads\n{long}\n"


hostile = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=30)


@settings(max_examples=25)
@given(hostile)
def test_a_hostile_label_stays_text(label: str) -> None:
    section = Section(matmul__square=[case(label, **LEVEL)])
    bars = places.bars(section, {who: Counter() for who in (label, *LEVEL)})  # type: ignore[arg-type]
    lines = list(strips.table(bars, 80, 9))
    assert len(lines) == 1 + len({label, *LEVEL})
    assert max(map(len, lines)) <= 80
