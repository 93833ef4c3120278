"""Published figures: the ones that come with us say what their sources say, and rank nowhere."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from bench.schema import Published
from reports import content, formatting
from reports.chapters import cpu_vs_gpu
from reports.content import Content
from reports.frame import read
from reports.ingest import published as elsewhere
from reports.render import charts, markdown
from tests.helpers import builders

CLI = CliRunner()
GOLDEN = Path(__file__).parents[2] / "data" / "published.md"


def study(name: str) -> Content:
    return content.make(read([elsewhere.FOLDER / f"{name}.jsonl"]))


def said(made: Content) -> list[str]:
    return [cpu_vs_gpu.sentence(contest) for contest in made.contests]


@pytest.mark.parametrize("path", elsewhere.shipped(), ids=lambda path: path.stem)
def test_every_file_of_ours_is_good(path: Path) -> None:
    assert elsewhere.problems(path) == ()


def test_there_is_a_file_for_each_source() -> None:
    assert [path.stem for path in elsewhere.shipped()] == ["s0", "s1", "s2", "s3", "s4"]


def test_s4_crosses_where_its_author_says_with_an_interval_from_rounding() -> None:
    (contest,) = study("s4").contests
    crossing = contest.crossing
    assert crossing.size is not None
    assert crossing.low is not None
    assert crossing.high is not None
    assert 2.3e6 < crossing.low < crossing.size < crossing.high < 3.3e6
    assert len(contest.points) == 9
    text = cpu_vs_gpu.sentence(contest)
    assert "the CPU is faster below 2.59 million parameters, the GPU above" in text
    assert "95 % interval by rounding alone: 2.4" in text


@pytest.mark.parametrize(
    ("model", "small", "large"),
    [
        ("vgg16", "5.19x", "6.10x"),
        ("alexnet", "3.36x", "3.63x"),
        ("resnet18", "2.26x", "6.12x"),
        ("mobilenet_v2", "4.95x", "25.5x"),
        ("efficientnet_b0", "3.40x", "19.2x"),
    ],
)
def test_s1_ratios_in_words(model: str, small: str, large: str) -> None:
    called = f"{model} train,".replace("_", " ")
    (text,) = [text for text in said(study("s1")) if text.startswith(called)]
    assert "no crossover in the range" in text
    assert f"The GPU is {small} faster at batch 4, {large} faster at batch 64." in text


def test_s2_has_the_wrong_accuracy_on_top_and_the_cpu_ahead() -> None:
    made = study("s2")
    assert made.findings[0].severity == "wrong"
    assert "accuracy is 0.0 % after each of 10 epochs" in made.findings[0].what
    assert "the CPU is faster" in said(made)[0]
    assert "The GPU is 1.44x slower at 60" in said(made)[0]
    learning = next(c for c in made.chapters if c.key == "learning")
    assert [plot.y_unit for plot in learning.parts[0].plots] == ["plain", "share"]
    table = learning.parts[0].data
    assert table is not None
    assert table.rows[-1][1:] == ("0.7859", "70.8 %", "0.7873", "0.0 %")


def test_markdown_of_the_published_figures_is_as_it_was() -> None:
    """A changed report shows as a diff of the golden file; WRITE_GOLDEN=1 accepts it."""
    made = content.make(read([], published=True))
    text = markdown.render(made, charts.illustrate(made))
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_s0_compares_versions() -> None:
    made = study("s0")
    assert "torch 2.1 mps: the GPU is faster" in said(made)[0]
    (part,) = next(c for c in made.chapters if c.key == "versions").parts
    assert any("mps: 2.1 is about 1.92x faster than 1.12" in text for text in part.text)
    assert any("cpu: 2.1 is about 1.04x slower than 1.12" in text for text in part.text)


def test_s3_is_told_though_it_has_no_figures() -> None:
    made = study("s3")
    assert made.contests == ()
    (part,) = next(c for c in made.chapters if c.key == "published").parts
    assert ("Its finding", "The GPU wins at large n only.") in part.pairs


def test_published_figures_are_in_no_ranking_and_can_be_left_out(tmp_path: Path) -> None:
    path = builders.write(tmp_path / "records.jsonl", builders.run())
    alone, beside = (content.make(read([path], published)) for published in (False, True))
    assert [s.rankings for s in alone.sections] == [s.rankings for s in beside.sections]
    assert len(read([path], published=True).cells) == 55
    assert not alone.contests
    assert not beside.contests  # nothing of it was measured here
    (chapter,) = (each for each in beside.chapters if each.key == "published")
    assert len(chapter.parts) == 5
    assert not [f for f in alone.findings if f.published]
    own = len(alone.findings)
    assert beside.findings[:own] == alone.findings
    assert all(finding.published for finding in beside.findings[own:])


def test_published_figures_stand_beside_the_same_work_by_their_own_steps(tmp_path: Path) -> None:
    """One time was 658 ms in one chapter and 65.8 ms in another."""
    given: dict[str, Any] = {"source": "a blog", "suite": "matmul", "name": "square", "size": 64}
    given |= {"framework": "torch", "machine": "a Mac"}
    lines = [
        Published(**given, device="cpu", time_s=4.33, steps=1),
        Published(**given, device="mps", time_s=6.58, steps=10),
        Published(**given | {"suite": "other"}, device="cpu", time_s=1.0),
        Published(**given | {"suite": "other"}, device="mps", time_s=1.0),
    ]
    path = builders.write(tmp_path / "records.jsonl", [*builders.run(), *lines])
    made = content.make(read([path]))
    (contest,) = made.contests
    assert contest.work == "matmul"
    assert (contest.points[0].cpu_s, contest.points[0].gpu_s) == pytest.approx((4.33, 0.658))
    assert math.exp(contest.points[0].log_ratio) == pytest.approx(0.658 / 4.33)
    (chapter,) = (each for each in made.chapters if each.key == "published")
    table = chapter.parts[0].data
    assert table is not None
    step = table.columns.index("one step")
    assert [row[step] for row in table.rows] == ["4.33 s", "658 ms", *[formatting.ABSENT] * 2]


def test_a_file_named_that_is_ours_counts_once() -> None:
    path = elsewhere.FOLDER / "s4.jsonl"
    assert len(read([path], published=True).published) == len(read([], published=True).published)


def test_the_command_line_reports_on_published_figures_alone(tmp_path: Path) -> None:
    source = str(elsewhere.FOLDER / "s4.jsonl")
    done = CLI.invoke(app, ["report", source, "--no-published", "--out", str(tmp_path)])
    assert done.exit_code == 0
    printed = " ".join(done.output.split())
    assert "below 2.59 million parameters" in printed
    assert "2.46 million to 2.73 million" in printed
    page = (tmp_path / "report.md").read_text()
    assert "vgg16" not in page
    assert "2.59 million" in page


def test_without_any_run_there_are_still_the_published_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CLI.invoke(app, ["report"])
    assert done.exit_code == 0
    assert "Nothing was measured here; the report shows 48 published figures" in " ".join(
        done.output.split()
    )
    refused = CLI.invoke(app, ["report", "--no-published"])
    assert refused.exit_code == 2
    unknown = CLI.invoke(app, ["report", "--baseline", "no such machine"])
    assert unknown.exit_code == 2
    assert "Expected part of one of" in unknown.stderr


# --- the checker, and what lies ---------------------------------------------------------------


def record(**changes: Any) -> dict[str, Any]:
    line = (elsewhere.FOLDER / "s4.jsonl").read_text().splitlines()[0]
    return {k: v for k, v in (json.loads(line) | changes).items() if v is not None}


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([record(protocol=None)], "misses protocol"),
        ([record(device="mps")], "device 'mps' is no cpu"),
        ([record(faults=["sloppy"])], "unknown faults ['sloppy']"),
        ([record(time_s=None)], "has no time_s"),
        ([record(time_s=-1)], "Line 1"),
        ([record(published_at="yesterday")], "is no date"),
        ([record(), record()], "2 records of one figure"),
        ([record(), record(study="S9", size=7)], "one file holds one source"),
        ([record(resolution_s=9.0)], "rounded to 9"),
        ([record(), {"kind": "cell", "contender": "a", "case": "b", "stopped": "", "rounds": 1,
                     "samples": 1}], "is of kind cell"),
        ([{"kind": "slice"}], "Line 1"),
    ],
)  # fmt: skip
def test_the_checker_names_every_problem(tmp_path: Path, lines: list[Any], words: str) -> None:
    assert words in "\n".join(elsewhere.problems(write(tmp_path / "x.jsonl", *lines)))


def test_a_figure_that_contradicts_itself_is_left_out_with_the_reason(tmp_path: Path) -> None:
    lies = [record(device="mps", size=5), record(), record(device="mps", device_kind="gpu")]
    made = content.make(read([write(tmp_path / "x.jsonl", *lies)]))
    (finding,) = [f for f in made.findings if f.severity == "left out"]
    assert "device 'mps' is no cpu" in finding.what
    assert len(made.contests) == 1


def test_a_published_record_cannot_pass_as_a_measured_one(tmp_path: Path) -> None:
    """Even inside a run's file, and though it calls itself by a contender's name."""
    path = builders.write(tmp_path / "records.jsonl", builders.run())
    forged = record(suite="matmul", name="square", size=64, framework="jax", time_s=1e-12)
    forged |= {"resolution_s": 0.0, "contender": "jax/cpu/float32", "case": "matmul/square/64"}
    before = read([path]).cells
    with path.open("a") as file:
        file.write(json.dumps(forged) + "\n")
    found = read([path])
    assert found.cells.equals(before)
    assert len(found.published) == 1
