"""The page of a comparison: the answer first, every case once, bounded, and text stays text."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from bench.__main__ import app
from bench.schema import Runtime
from reports.compare import as_html, chart, facts, sides, words
from reports.compare.comparison import Comparison
from reports.compare.comparison import compare as made_of
from reports.compare.fail_on import outcome, parse
from tests.helpers import builders
from tests.helpers.comparisons import JAX, OLD, SLOW, TORCH, compare, records, runs

FASTER = replace(OLD, overhead_s=OLD.overhead_s * 1.1, flop_per_s=OLD.flop_per_s * 2)
"""Slower where steps are short, faster where they are long."""


def one_run(folder: Path, *models: builders.Model, rounds: int = 12) -> Comparison:
    path = records(folder, builders.run(models, rounds=rounds))
    a, b = sides.load(path, None, "", "")
    return made_of(a, b, threshold=0.01, named=True)


def two_runs(folder: Path, a: list[builders.Model], b: list[builders.Model]) -> Comparison:
    left, right = runs(folder, a, b)
    return made_of(*sides.load(Path(left), Path(right), "", ""), threshold=0.01, named=False)


def page(comparison: Comparison, limits: str = "") -> str:
    gates = parse(limits, comparison.threshold)
    return as_html.render(comparison, outcome(comparison, gates), gates)


class Seen(HTMLParser):
    """Tags of a page, and the text of each element of a class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_the_headline_is_the_summary_with_the_mean_of_all(tmp_path: Path) -> None:
    found = one_run(tmp_path, JAX, FASTER)
    said = words.summary(found)
    assert re.fullmatch(
        r"11 cases: jax==0\.4\.38 is slower in \d, faster in \d, the same in \d.*\. "
        r"On the whole jax==0\.4\.38 takes 0\.\d{3}x the time of jax \(0\.\d{3} to 0\.\d{3}\)\.",
        said,
    )
    assert f"<h1>{said}</h1>" in page(found)
    logs = [math.log(one.ratio.value) for one in found.compared]
    assert found.overall is not None
    assert math.log(found.overall.value) == pytest.approx(sum(logs) / len(logs))


def test_every_case_has_one_dot_under_its_word_the_largest_effect_first(tmp_path: Path) -> None:
    found = one_run(tmp_path, JAX, FASTER)
    groups = list(chart.groups(found))
    assert [group.word for group in groups][:2] == ["slower", "faster"]
    shown = [track.work for group in groups for track in group.open.tracks]
    assert sorted(shown) == sorted(chart.name(one, found) for one in found.compared)
    for group in groups:
        values = [
            abs(math.log(one.ratio.value))
            for one in chart.ordered(found)
            if one.word(0.01) == group.word
        ]
        assert values == sorted(values, reverse=True)
        one = group.open.one
        assert one is not None
        for track in group.open.tracks:
            assert (track.first > one) == (track.said > "1")
        assert group.open.band is not None
        assert group.open.band[0] < one < group.open.band[1]


def test_one_endless_interval_squashes_no_other(tmp_path: Path) -> None:
    found = one_run(tmp_path, JAX, SLOW)
    first, *rest = found.compared
    ratio = replace(first.ratio, interval=(0.001, 900.0))
    found = replace(found, compared=(replace(first, ratio=ratio), *rest))
    drawing = next(chart.groups(found)).open
    assert drawing.one is not None
    assert all(abs(track.first - drawing.one) > 10 for track in drawing.tracks)
    assert all(0 <= end <= 100 for track in drawing.tracks for end in track.ends)
    assert len(drawing.ticks) >= 2


@pytest.mark.parametrize("factor", [1.0, 1.002, 1.05, 3.0, 1e4, 1e9])
def test_an_axis_of_any_length_has_ticks_that_differ(tmp_path: Path, factor: float) -> None:
    other = replace(OLD, overhead_s=JAX.overhead_s * factor, noise=1e-4)
    found = one_run(tmp_path, replace(JAX, noise=1e-4), other)
    ticks = next(chart.groups(found)).open.ticks
    assert 1 <= len(ticks) <= 6
    assert len({text for _, text in ticks}) == len(ticks)


def test_many_cases_are_folded_and_the_rest_is_counted(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(chart, "OPEN", 2)
    monkeypatch.setattr(chart, "MOST", 9)
    found = one_run(tmp_path, JAX, SLOW)
    text = page(found)
    (first, *_) = chart.groups(found)
    assert len(first.open.tracks) == 2
    assert first.folded is not None
    assert f"{len(first.folded.tracks)} more, with smaller effects" in text
    assert "and 2 more cases" in text
    assert text.count('<span class="work">') == 9


def test_it_says_what_differs_and_folds_what_does_not(tmp_path: Path) -> None:
    newer = replace(TORCH, version="2.14.0")
    found = two_runs(tmp_path, [JAX, TORCH], [JAX, newer])
    known = {fact.what: fact for fact in facts.facts(found)}
    assert known["torch: torch's version"].differs
    assert (known["torch: torch's version"].a, known["torch: torch's version"].b) == (
        "2.13.0",
        "2.14.0",
    )
    assert not known["CPU"].differs
    assert known["Python"].a == "3.11.9"
    assert "run" in known
    text = page(found)
    assert text.index("torch: torch&#39;s version") < text.index("What is alike")
    assert text.index('<th scope="row">CPU</th>') > text.index("What is alike")


def test_packages_and_variables_that_differ_are_named(tmp_path: Path) -> None:
    def ran(line: builders.Record) -> builders.Record:
        if not isinstance(line, Runtime):
            return line
        old = line.contender.startswith("jax==")
        packages = ("jaxlib==0.4.38" if old else "jaxlib==0.10.2", "scipy==1.17.0")
        return structs.replace(
            line, packages=packages, environment={"XLA_FLAGS": "--x" if old else ""}
        )

    lines = [ran(line) for line in builders.run([JAX, OLD], rounds=6)]
    a, b = sides.load(records(tmp_path, lines), None, "", "")
    known = {fact.what: fact for fact in facts.facts(made_of(a, b, threshold=0.01, named=True))}
    assert (known["package jaxlib"].a, known["package jaxlib"].b) == ("0.10.2", "0.4.38")
    assert known["variable XLA_FLAGS"].differs
    assert not known["package scipy"].differs


@pytest.mark.parametrize(("limits", "answer"), [("slower:3%", "No"), ("slower:40%", "Yes")])
def test_a_limit_is_answered_first(tmp_path: Path, limits: str, answer: str) -> None:
    text = page(one_run(tmp_path, JAX, SLOW), limits)
    assert f'Is the limit kept?</p><p class="short">{answer}</p>' in text


def test_a_limit_is_not_kept_where_nobody_knows(tmp_path: Path) -> None:
    text = page(one_run(tmp_path, JAX, SLOW, rounds=4), "slower:3%")
    assert "Not shown in 11 of 11 cases" in text
    assert "On the whole" not in text, "four rounds tell no interval"


def test_a_single_case_has_no_mean(tmp_path: Path) -> None:
    found = one_run(tmp_path, JAX, SLOW)
    found = replace(found, compared=found.compared[:1])
    assert found.overall is None
    assert "On the whole" not in page(found)


def test_nothing_is_asked_of_the_network_and_few_stops_lie_open(tmp_path: Path) -> None:
    text = page(two_runs(tmp_path, list(builders.FIVE), list(builders.FIVE)))
    assert len(text) < 300_000
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert "default-src 'none'" in text
    assert Seen(text).tags.count("a") + Seen(text).tags.count("details") < 40


def test_the_page_goes_where_it_is_asked_to(tmp_path: Path, monkeypatch) -> None:
    path = str(records(tmp_path, builders.run([JAX, SLOW], rounds=12)))
    done = compare(path, "--out", str(tmp_path / "x" / "y"))
    page_at = tmp_path / "x" / "y" / "comparison.html"
    assert done.stdout.splitlines()[-1] == page_at.as_uri()
    assert list(page_at.parent.iterdir()) == [page_at], "nothing is left beside it"


def test_a_folder_that_cannot_be_written_is_an_error_where_it_was_asked_for(tmp_path: Path) -> None:
    path = str(records(tmp_path, builders.run([JAX, SLOW], rounds=12)))
    (tmp_path / "file").touch()
    done = compare(path, "--out", str(tmp_path / "file"))
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_the_usual_folder_out_of_reach_costs_the_page_alone(tmp_path: Path, monkeypatch) -> None:
    path = str(records(tmp_path, builders.run([JAX, SLOW], rounds=12)))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report").touch()
    done = CliRunner().invoke(app, ["compare", path])
    assert done.exit_code == 0
    assert "no page was written" in done.stderr
    assert "11 cases" in done.stdout


def test_standard_output_alone_writes_no_page(tmp_path: Path, monkeypatch) -> None:
    path = str(records(tmp_path, builders.run([JAX, SLOW], rounds=12)))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["compare", path, "--json", "-"]).exit_code == 0
    assert not (tmp_path / "report").exists()
    assert CliRunner().invoke(app, ["compare", path]).exit_code == 0
    assert (tmp_path / "report" / "comparison.html").exists()
