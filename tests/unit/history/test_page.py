"""The page of a history and its command: what changed is said, text stays text, all is bounded."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from bench.__main__ import app
from reports.history import changes, chart, page, store, words
from reports.history.store import Lost, Stored
from tests.helpers import builders, histories

NOWHERE = page.Place({}, {})
PLANTED = {"torch": {60: 1.03}, "jax": {100: 1 / 1.05}}
VERSIONS = {"torch": {0: "2.12.0", 60: "2.13.0"}, "jax": {0: "0.9"}}


def planted(runs: int = 120) -> changes.Trend:
    return changes.trend(histories.stored(runs, PLANTED, versions=VERSIONS))


class Elements(HTMLParser):
    """Names of the elements, addresses, and attributes that would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src")]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


def test_the_headline_says_what_changed_when_by_how_much_and_since_which_version():
    trend = changes.trend(histories.stored(120, {"torch": {60: 1.03}}, versions=VERSIONS))
    said = words.headline(trend)
    assert said.startswith("One change in 120 runs: torch on cpu takes 3.")
    assert said.endswith("longer since 30 April 2026, with torch 2.13.0")
    assert "2 changes in 120 runs. The latest: jax on cpu takes 4." in words.headline(planted())


@pytest.mark.parametrize(
    ("runs", "said"),
    [(0, "No run"), (1, "1 run so far"), (5, "from 6 on"), (40, "Nothing changed in 40 runs")],
)
def test_histories_without_changes_have_a_page_too(runs, said):
    stored = histories.stored(runs) if runs else Stored("", (), ())
    trend = changes.trend(stored)
    assert said in words.headline(trend)
    assert said in page.render(trend, NOWHERE)
    assert said in page.markdown(trend, NOWHERE)


def test_each_change_leads_to_its_two_runs_and_the_command():
    trend = planted()
    records = {run: Path(f"my results/{run}/records.jsonl") for run in trend.runs}
    reports = {run: f"../my%20results/{run}/report.html" for run in trend.runs}
    text = page.render(trend, page.Place(records, reports))
    links = [address for address in Elements(text).addresses if "report.html" in address]
    assert len(links) == 4
    assert "../my%20results/run-059/report.html" in links
    command = r"make compare A=&#39;my results/run-059&#39; B=&#39;my results/run-060&#39;"
    assert command in text
    assert "cannot be compared" not in text
    assert "cannot be compared" in page.render(trend, NOWHERE)


def test_versions_are_marked_and_steps_are_labelled():
    torch = next(line for line in planted().lines if line.last.framework == "torch")
    drawn = chart.draw(torch)
    assert [(mark.text, round(mark.at)) for mark in drawn.versions] == [("2.13.0", 50)]
    (step,) = drawn.steps
    assert step.tone == "slower"
    assert step.text.startswith(("+2.", "+3."))
    assert abs(step.at - 50) < 2
    assert "+" in drawn.description


def test_dots_stay_in_their_box_and_levels_are_seen():
    stored = histories.stored(60, {"torch": {30: 1.03}})
    odd = stored.entries[3]._replace(time_s=5.0, high_s=6.0)
    spoilt = Stored(stored.machine, (*stored.entries[:3], odd, *stored.entries[4:]), ())
    for line in changes.trend(spoilt).lines:
        drawn = chart.draw(line)
        places = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h0", drawn.dots)]
        assert len(places) == 60
        assert all(0 <= place <= 100 for place in places)
        low, high = (float(y) for y in re.findall(r" ([\d.]+)H", drawn.levels))
        assert abs(low - high) > 20


HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "'\"</style></svg><a href=javascript:alert(1)>",
    "\u202egnp\x1b[31m\x00| `x` $(touch /tmp/x)\nline",
    "torch/" * 200,
    "${{7*7}} {% raw %}",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile):
    stored = histories.stored(30, {"torch": {15: 1.2}})
    entries = tuple(
        entry._replace(
            run=entry.run + hostile,
            case=hostile + entry.case,
            suite=hostile,
            contender=hostile,
            framework=hostile,
            version=hostile + ("a" if entry.run < "run-015" else "b"),
            device_name=hostile,
            machine=hostile,
        )
        for entry in stored.entries
    )
    trend = changes.trend(Stored(hostile, entries, ()))
    records = {run: Path(f"results/{hostile[:40]}{n}/r") for n, run in enumerate(trend.runs)}
    place = page.Place(records, {})
    lost = [Lost(Path("x"), hostile)]
    text = page.render(trend, place, lost, [hostile])
    plain = page.render(planted(), NOWHERE)
    found = Elements(text)
    assert trend.changes
    assert found.tags.count("script") == Elements(plain).tags.count("script") == 1
    assert not {"img", "iframe"} & set(found.tags)
    assert not found.handlers
    assert all(address.startswith(("#", "data:")) for address in found.addresses)
    assert not re.search("[\x00\x1b\u202e]", text)
    markdown = page.markdown(trend, place, lost)
    assert not re.search("[\x00\x1b\u202e]|<", markdown)
    table = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {7}


def test_a_large_history_has_a_small_page():
    cases = [f"mlp/train/{size}" for size in range(150)]
    trend = changes.trend(histories.stored(60, {"torch": {30: 1.2}, "jax": {}}, cases=cases))
    text = page.render(trend, NOWHERE)
    assert len(text) < 1_500_000
    assert text.count("<figure") <= page.MOST_CHARTS + page.MOST_CHANGES
    assert Elements(text).tags.count("section") == len(trend.changes) == 1


def test_many_changes_are_cut():
    steps = {at: 1.5 if at % 20 else 1 / 1.5 for at in range(10, 990, 10)}
    trend = changes.trend(histories.stored(1000, {"torch": steps}, cases=["a/b/1"]))
    assert len(trend.changes) > page.MOST_CHANGES
    text = page.render(trend, NOWHERE)
    assert text.count('<section class="change') == page.MOST_CHANGES
    assert "earlier changes" in text


# --- the command ------------------------------------------------------------------------------


def run_of(folder: Path, name: str, model: builders.Model = builders.FIVE[0], **head) -> None:
    first, *rest = builders.run([model], name=name, rounds=6)
    lines = [structs.replace(first, **head), *rest]
    builders.write(folder / name / "records.jsonl", lines)


def trend(*words: object):
    return CliRunner().invoke(app, ["trend", *map(str, words)])


def test_runs_made_before_the_store_are_shown(tmp_path):
    for number in range(3):
        run_of(tmp_path / "results", f"r{number}")
    done = trend(tmp_path / "results", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "1 run so far" not in done.output
    assert "3 runs so far" in done.output
    assert (tmp_path / "out" / "trend.html").is_file()
    assert len(store.files(tmp_path / "results" / "history")) == 3


def test_a_change_in_real_records_leads_to_a_comparison_that_works(tmp_path):
    results = tmp_path / "results"
    old = builders.FIVE[1]
    new = replace(old, version="2.14.0", overhead_s=2 * old.overhead_s, flop_per_s=100e9)
    for number in range(9):
        began = f"2026-11-{number + 1:02d}T10:00:00+00:00"
        run_of(results, f"r{number}", new if number >= 6 else old, started_at=began)
    (results / "r6" / "report.html").write_text("a report")
    done = trend(results, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "since 7 November 2026, with torch 2.14.0" in done.output
    text = (tmp_path / "out" / "trend.html").read_text("utf-8")
    assert 'href="../results/r6/report.html"' in text
    (command,) = {html.unescape(one) for one in re.findall("<code>(make compare.*?)</code>", text)}
    a, b = (word.partition("=")[2] for word in shlex.split(command)[2:])
    assert (Path(a).name, Path(b).name) == ("r5", "r6")
    compared = CliRunner().invoke(app, ["compare", a, b, "--out", str(tmp_path / "out")])
    assert compared.exit_code == 0
    assert "slower" in compared.output


def test_a_damaged_file_is_named_and_the_rest_is_shown(tmp_path):
    results = tmp_path / "results"
    for number in range(2):
        run_of(results, f"r{number}")
    assert trend(results, "--out", tmp_path / "out").exit_code == 0
    bad = next(path for path in store.files(results / "history") if path.stem == "r1")
    bad.write_bytes(b"PAR1 nothing")
    done = trend(results, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "1 run so far" in done.output
    assert "r1.parquet" in done.output
    assert "r1.parquet" in (tmp_path / "out" / "trend.html").read_text("utf-8")


def test_bad_input_is_told_in_a_line(tmp_path):
    run_of(tmp_path / "results", "r0")
    done = trend(tmp_path / "results", "--machine", "no such", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "Expected part of one of: Example CPU" in done.output
    assert trend(tmp_path / "nowhere").exit_code == 2
    assert not (tmp_path / "nowhere").exists()
