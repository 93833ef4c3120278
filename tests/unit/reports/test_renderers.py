"""Renderers and files: no text of a record can break them, nothing is half-written."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pandas as pd
import pytest
from rich.console import Console

from bench.schema import Record, Run, Runtime, Slice
from reports import build, content
from reports.content import Content
from reports.frame import read
from reports.render import charts, html, markdown, terminal
from reports.share import files
from tests.helpers import builders

GOLDEN = Path(__file__).parents[2] / "data" / "report.md"

EXTRA = replace(
    builders.FIVE[1], spec="torch@compile", execution="compile", overhead_s=7e-6, flop_per_s=210e9
)


def make(folder: Path, lines: Sequence[Record], name: str = "run") -> Content:
    return content.make(read([builders.write(folder / name / "records.jsonl", lines)]))


def test_markdown_is_as_it_was(tmp_path: Path) -> None:
    """A changed report shows as a diff of the golden file; WRITE_GOLDEN=1 accepts it."""
    models = (*builders.FIVE, EXTRA, builders.NULL)
    made = make(tmp_path, builders.run(models, wrong=[("tf", "matmul/square/256")]))
    text = markdown.render(made, charts.illustrate(made))
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.unscrolled = 0
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "table":
            self.unscrolled += "scroll" not in self._open
        if tag == "div":
            self._open.append(dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div":
            self._open.pop()


def test_the_page_stands_alone(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run((*builders.FIVE, builders.NULL)))
    text = html.render(made, charts.illustrate(made))
    page = Page(text)
    assert {"iframe", "object", "img", "base", "form", "link"} & set(page.tags) <= {"link"}
    assert page.tags.count("script") == 1  # ours, and the only one that the page's policy lets run
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    targets = [value or "" for name, value in page.attributes if name in ("href", "src")]
    assert all(target.startswith(("#", "data:,")) for target in targets)
    assert not re.search(r"url\((?!#)|@import|fetch\(|XMLHttp|innerHTML|eval\(", text)
    assert page.tags.count("figure") == 5
    assert page.unscrolled == 0
    assert re.search(r", after `make setup`", text)
    assert page.tags.count("details") >= 5
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "a|b`c`*d*_e_[f](http://example.org)![g](h)",
    "$x^2$ {{7*7}} {% raw %} [bold red]r[/] \\",
    "evil\u202egpj.exe\x1b[31m\x00\ud7ff\ufffe",
    "# heading\n\n- list\n```\n<!-- ",
    "]]></title></svg><style>*{display:none}</style>&amp;",
)


def hostile(lines: Sequence[Record], text: str) -> list[Record]:
    """The run with a text from outside wherever one can stand."""
    head, *rest = lines
    assert isinstance(head, Run)
    names = {each.contender: f"{each.contender}{text}" for each in head.contenders}
    cases = {each.case: f"{each.case}{text}" for each in head.cases}

    def turned(record: Any) -> Any:
        changes: dict[str, Any] = {}
        if getattr(record, "contender", None) in names:
            changes["contender"] = names[record.contender]
        if getattr(record, "case", None) in cases:
            changes["case"] = cases[record.case]
        for field in ("reason", "stopped", "python", "started_at", "run", "commit", "spec"):
            if isinstance(getattr(record, field, None), str):
                changes[field] = f"{getattr(record, field)}{text}"
        for field in ("suite", "name", "framework", "execution", "device_name", "label", "cpu"):
            if isinstance(getattr(record, field, None), str):
                changes[field] = f"{getattr(record, field)}{text}"
        if isinstance(record, Runtime):
            changes |= {"versions": {f"v{text}": text}, "notes": (text, f"b{text}")}
            changes |= {"environment": {text: text}, "packages": (text,)}
        return msgspec.structs.replace(record, **changes)

    head = msgspec.structs.replace(
        turned(head),
        machine=turned(head.machine),
        arguments=(text, f"--{text}"),
        settings={f"s{text}": text},
        cases=tuple(turned(each) for each in head.cases),
        contenders=tuple(turned(each) for each in head.contenders),
    )
    return [head, *(turned(each) for each in rest)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(tmp_path: Path, text: str) -> None:
    calm = make(tmp_path, builders.run(), "calm")
    made = make(tmp_path, hostile(builders.run(), text), "hostile")
    usual, page = (Page(html.render(each, charts.illustrate(each))) for each in (calm, made))
    assert set(page.tags) - {"wbr"} == set(usual.tags)  # where a path may break
    assert page.tags.count("table") == usual.tags.count("table")
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    images = charts.illustrate(made)
    written = html.render(made, images) + markdown.render(made, images)
    assert "49" not in re.findall(r"s\{\{7\*7\}\}|\b49\b(?=</dd>)", written)
    assert not set("\u202e\x1b\x00\ufffe") & set(written)
    for chart in (chart for each in images.values() for chart in each):
        assert re.fullmatch(r"[a-z0-9-]+", chart.key)
        tags = {
            element.tag.rpartition("}")[2] for element in ElementTree.fromstring(chart.svg).iter()
        }
        assert tags <= {
            "svg",
            "title",
            "desc",
            "defs",
            "g",
            "path",
            "use",
            "text",
            "rect",
            "clipPath",
        }


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text_in_markdown(tmp_path: Path, text: str) -> None:
    made = make(tmp_path, hostile(builders.run(), text))
    prose, fenced = [], False
    for line in markdown.render(made, charts.illustrate(made)).splitlines():
        if re.match("`{3,}", line):
            fenced = not fenced
        elif not fenced:
            prose.append(line)
    tables = [line for line in prose if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert widths == {len(re.findall(r"(?<!\\)\|", line)) for line in tables if "---" in line}
    commands = [line for line in prose if re.fullmatch(r"  (`+)( ?)(make|\./metalb).*\2\1", line)]
    prose = [line for line in prose if line not in commands]
    bare = "\n".join(prose).replace("<br>", "").replace("`make setup`", "")
    bare = re.sub(r"!\[(\\.|[^\]\\])*\]\(figures/[a-z0-9-]+\.svg\)", "", bare)
    bare = re.sub(r"\[(\\.|[^\]\\])*\]\(report-tables\.md#[a-z0-9-]+\)", "", bare)
    assert not re.search(r"(?<!\\)(\\\\)*[<`\[\]~$]", bare), "unescaped markup"
    assert "://" not in bare


def test_markdown_and_page_show_every_figure_once(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run())
    images = charts.illustrate(made)
    keys = [chart.key for each in images.values() for chart in each]
    text = markdown.render(made, images)
    assert re.findall(r"\(figures/([a-z0-9-]+)\.svg\)", text) == keys


def shown(made: Content, **options: Any) -> str:
    file = io.StringIO()
    terminal.show(made, Console(file=file, width=80, **options))
    return file.getvalue()


def test_the_terminal_needs_80_columns_and_no_colour(tmp_path: Path) -> None:
    models = (*builders.FIVE, EXTRA, builders.NULL)
    text = shown(make(tmp_path, builders.run(models, wrong=[("tf", "matmul/square/64")])))
    lines = [line for line in text.splitlines() if not line.startswith("  make bench ")]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in text
    assert text.startswith("wrong: tf is wrong by ")
    assert re.search(r"1024 +jax +6\.\d\d ms +torch@compile 1\.\d\dx", text)
    assert not [line for line in text.splitlines() if line.endswith(" ")]


def test_of_many_runs_the_terminal_prints_sentences_alone(tmp_path: Path) -> None:
    lines = builders.run(builders.FIVE[:2], rounds=3)
    paths = [builders.write(tmp_path / str(n) / "records.jsonl", lines) for n in range(11)]
    text = shown(content.make(read(paths)))
    assert "others" not in text
    assert len(re.findall(r"^matmul: ", text, re.MULTILINE)) == 11


def test_the_terminal_names_who_only_leads_and_who_is_lost(tmp_path: Path) -> None:
    twin = replace(builders.FIVE[3], spec="jax==0.4.38", noise=0.02)
    models = (builders.FIVE[3], twin, builders.FIVE[2], builders.FIVE[4])
    wrong = [("tf", "hackintosh/with_generation/1000000")]
    text = shown(make(tmp_path, builders.run(models, rounds=3, wrong=wrong)))
    assert re.search(r"n +first +time +others", text)
    assert re.search(r"64 +jax\S* \(leads\) +\d", text)
    others = " ".join(text.split())  # lines break where 80 columns end
    assert re.search(r"jax\S* (unresolved|same), tf wrong, mlx failed", others)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_terminal_reads_no_markup(tmp_path: Path, text: str) -> None:
    made = make(tmp_path, hostile(builders.run(), text))
    printed = shown(made, force_terminal=True, no_color=True)
    assert "\x1b[31m" not in printed
    assert ("[bold red]" in text) == ("[bold red]" in printed.replace("\n", ""))


@pytest.mark.parametrize("time_s", [5e-324, 1e9])
@pytest.mark.parametrize("flop", [0, 2**62])
def test_absurd_figures_are_reported_without_a_crash(
    tmp_path: Path, time_s: float, flop: int
) -> None:
    head, *rest = builders.run(rounds=3)
    assert isinstance(head, Run)
    cases = tuple(msgspec.structs.replace(c, flop=flop, traffic_bytes={}) for c in head.cases)
    lines = [
        msgspec.structs.replace(line, samples_s=(time_s if line.round else 1.0,), latencies_s=())
        if isinstance(line, Slice) and line.contender.startswith("torch")
        else line
        for line in rest
    ]
    # A CPU of which nothing is known: of any other, such figures would be beyond belief.
    machine = msgspec.structs.replace(head.machine, cores_physical=None, cores_logical=None)
    head = msgspec.structs.replace(head, cases=cases, machine=machine)
    made = make(tmp_path, [head, *lines])
    assert "torch" in shown(made)
    page = html.render(made, charts.illustrate(made))
    assert 'data-chart="ranking' in page


# --- files --------------------------------------------------------------------------------


def test_a_build_writes_everything_and_nothing_else(tmp_path: Path) -> None:
    source = builders.write(tmp_path / "run" / "records.jsonl", builders.run())
    built = build.build([source], tmp_path / "deep" / "out")
    out = tmp_path / "deep" / "out"
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    figures = {name for name in names if name.startswith("figures/")}
    assert names - figures == {"report.html", "report.md", "report-tables.md", *files.FILES}
    assert len(figures) > 3
    written = pd.read_csv(built.csv)
    pd.testing.assert_series_equal(written["time_s"], pd.read_parquet(built.parquet)["time_s"])
    assert len(written) == 55
    assert built.html.read_text().startswith("<!doctype html>")


def test_a_build_that_fails_leaves_nothing_half_written(tmp_path: Path) -> None:
    source = builders.write(tmp_path / "run" / "records.jsonl", builders.run())
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        build.build([source], tmp_path / "file")
    (tmp_path / "out" / "cells.csv").mkdir(parents=True)  # where a file must go
    with pytest.raises(OSError):
        build.build([source], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["cells.csv"]


def test_a_report_may_be_built_again_in_its_place(tmp_path: Path) -> None:
    source = builders.write(tmp_path / "records.jsonl", builders.run())
    first = build.build([source], tmp_path).html.read_bytes()
    assert build.build([source], tmp_path).html.read_bytes() == first
