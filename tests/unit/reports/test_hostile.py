"""Files made to harm: nothing executes, nothing hangs, and the report says what it left out."""

from __future__ import annotations

import gzip
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bench import bounded_lines, records
from bench.__main__ import app
from bench.schema import Curves, Published, Run
from reports import build, content
from reports.build import Built
from reports.chapters.table_of_contents import CHAPTERS
from reports.frame import read
from reports.ingest import published as elsewhere
from reports.render import charts, html, markdown
from tests.helpers import builders

ATTACKS = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "</title></svg><svg onload=alert(1)><style>*{display:none}</style>",
    "[click](javascript:alert(1)) ![x](http://example.org/x.png) | `a` <b>",
    "evil\u202egpj.exe\u2066\x1b[31m\x00",
    "{{7*7}} {% raw %} ${7*7} $x^2$ \\",
)


def report(folder: Path, *lines: bytes, name: str = "bad.jsonl") -> Built:
    """A report on a usual run with these raw lines after it."""
    path = builders.write(folder / name, builders.run(builders.FIVE[:2], rounds=3))
    with path.open("ab") as file:
        file.writelines(line + b"\n" for line in lines)
    return build.build([path], folder / "out", published=False)


def left_out(built: Built) -> str:
    return " ".join(f.what for f in built.content.findings if f.severity == "left out")


def published(**changes: Any) -> dict[str, Any]:
    line = (elsewhere.FOLDER / "s4.jsonl").read_text(encoding="utf-8").splitlines()[0]
    found: dict[str, Any] = json.loads(line)
    return found | changes


def line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


class Seen(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


SLICE = {
    "kind": "slice",
    "contender": "torch/cpu/float32",
    "case": "matmul/square/64",
    "round": 9,
    "steps_per_sample": 1,
    "samples_s": [1e-3],
}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (line(SLICE | {"samples_s": [1e308]}), "1000000000"),
        (line(SLICE).replace(b"0.001", b"NaN"), "malformed"),
        (line(SLICE).replace(b"0.001", b"1e999"), "Number out of range"),
        (line(SLICE | {"samples_s": [-1.0]}), "1e-12"),
        (line(SLICE | {"case": "x" * 3_000_000}), "4096"),
        (b"[" * 1_000_000, "malformed|recursion|object"),
        (b'{"kind":"slice","x":' + b'{"a":' * 100_000, "recursion|truncated"),
        (b"\xff\xfe\x00", "malformed|utf-8"),
        (line({"kind": "nonesuch"}), "nonesuch"),
        (line(published(time_s=1e308)), "1000000000"),
        (line(published(device="mps")), "contradicts itself"),
        (line(published(size=2**63)), "size"),
        (line(published(faults=["x"] * 1000)), "64"),
    ],
)
def test_what_cannot_be_is_left_out_and_said(tmp_path: Path, raw: bytes, words: str) -> None:
    built = report(tmp_path, raw)
    assert re.search(words, left_out(built), re.IGNORECASE), left_out(built)
    assert built.content.sections[0].rankings


@pytest.mark.parametrize(("lines", "code"), [([], 0), ([b"{"], 1)], ids=["whole", "damaged"])
def test_the_exit_code_tells_that_lines_were_left_out(
    tmp_path: Path, lines: list[bytes], code: int
) -> None:
    path = builders.write(tmp_path / "records.jsonl", builders.run(builders.FIVE[:1], rounds=3))
    path.write_bytes(path.read_bytes() + b"".join(line + b"\n" for line in lines))
    done = CliRunner().invoke(app, ["report", str(path), "--out", str(tmp_path / "out")])
    assert done.exit_code == code
    assert (tmp_path / "out" / "report.html").exists()


def test_a_line_of_10_mb_is_cut_where_it_is_text(tmp_path: Path) -> None:
    failed = {"kind": "failed", "contender": "torch", "stage": "s", "reason": "y" * 250_000}
    built = report(tmp_path, line(failed))
    assert built.html.stat().st_size < 2_000_000
    assert "y…" in built.html.read_text(encoding="utf-8")


def test_a_gzip_bomb_is_left_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte that unpacks to a hundred megabytes; the limit is lowered to make it quick."""
    monkeypatch.setattr(bounded_lines, "MAX_FILE_BYTES", 20_000_000)
    plain = builders.write(tmp_path / "records.jsonl", builders.run(builders.FIVE[:2], rounds=3))
    bomb = tmp_path / "bomb.jsonl.gz"
    with gzip.open(bomb, "wb", compresslevel=9) as file:
        file.write(plain.read_bytes())
        for _ in range(100):
            file.write(b" " * 1_000_000 + b"\n")
    assert bomb.stat().st_size < 1_000_000
    built = build.build([bomb], tmp_path / "out", published=False)
    assert "rest unread" in left_out(built)
    assert built.content.sections[0].rankings


def test_what_is_no_file_is_left_out_of_a_folder_and_refused_by_name(tmp_path: Path) -> None:
    """Neither a pipe nor links that lead round hold up a report on the runs beside them."""
    builders.write(tmp_path / "good.jsonl", builders.run(builders.FIVE[:1], rounds=3))
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "round.jsonl").symlink_to("round.jsonl")
    (tmp_path / "zeros.jsonl").symlink_to("/dev/zero")
    results = read([tmp_path])
    assert len(results.runs) == 1
    reasons = " ".join(left.reason for left in results.left_out)
    for words in ("is a pipe", "is a device", "symbolic links"):
        assert words in reasons
    for name in ("pipe.jsonl", "zeros.jsonl", "round.jsonl"):
        command = ["report", str(tmp_path / name), "--out", str(tmp_path / "out")]
        done = CliRunner().invoke(app, command)
        assert (done.exit_code, "Traceback" in done.output) == (2, False)


def test_times_of_the_year_9999_and_beyond_are_only_text(tmp_path: Path) -> None:
    head, *rest = builders.run(builders.FIVE[:2], rounds=3)
    assert isinstance(head, Run)
    for number, date in enumerate(("9999-12-31T23:59:59+00:00", "+99999-01-01", "", "x" * 4096)):
        lines = [msgspec.structs.replace(head, started_at=date), *rest]
        path = builders.write(tmp_path / str(number) / "records.jsonl", lines)
        built = build.build([path], tmp_path / "out")
        assert date[:30] in built.html.read_text(encoding="utf-8")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_published_figure_stays_text_everywhere(tmp_path: Path, attack: str) -> None:
    texts = dict.fromkeys(
        (
            *("source", "suite", "name", "framework", "machine", "version", "study"),
            *("size_of", "device_name", "work", "protocol", "finding", "published_at"),
        ),
        attack,
    )
    curves = {"test_loss": [2.0, 1.0], "accuracy": [0.0, 0.0]}
    lines = [
        published(**texts, size=size, time_s=time_s, notes=[attack], faults=[attack], **more)
        | {"curves": curves}
        for size in (10, 1000)
        for time_s, more in (
            (1.0 + size / 100, {"device": "cpu"}),
            (4.0, {"device": f"mps{attack}", "device_kind": "gpu"}),
        )
    ]
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(map(line, lines)))
    made = content.make(read([path]))
    images = charts.illustrate(made)
    assert images
    page, text = html.render(made, images), markdown.render(made, images)
    seen = Seen(page)
    assert not {"img", "iframe", "object", "b"} & set(seen.tags)
    assert seen.tags.count("script") == 1
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert not set("\u202e\u2066\x1b\x00") & set(page + text)
    assert not re.search(r"(?<!\\)(\\\\)*\]\(javascript|(?<!\\)<(script|img|svg)", text)
    for chart in (chart for each in images.values() for chart in each):
        found = {e.tag.rpartition("}")[2] for e in ElementTree.fromstring(chart.inline).iter()}
        assert found <= {*("svg", "title", "desc", "defs", "g", "path", "use", "text", "tspan"),
                         *("rect", "clipPath")}  # fmt: skip


def test_a_flood_of_published_figures_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.ingest.reading.MAX_PUBLISHED", 50)
    lines = [published(size=size, machine=f"machine {size}") for size in range(1, 200)]
    built = report(tmp_path, *map(line, lines))
    assert "149 published figures beyond the first 50" in left_out(built)
    assert len(read([tmp_path / "bad.jsonl"]).published) == 50


def test_forged_extremes_are_reported_without_a_crash(tmp_path: Path) -> None:
    measured_too = {"suite": "matmul", "name": "square"}
    lines = [
        published(size=size, time_s=time_s, device=device, device_kind=kind, **measured_too)
        for size in (1, 2**53)
        for device, kind in (("cpu", "cpu"), ("mps", "gpu"))
        for time_s in ((1e-12 if device == "cpu" else 1e9),)
    ]
    for entry in lines:
        entry.pop("resolution_s", None)
    built = report(tmp_path, *map(line, lines))
    assert len(built.content.contests) == 1
    assert built.html.exists()


def test_very_many_machines_and_cases_end_in_time(tmp_path: Path) -> None:
    """Ten thousand figures of as many machines: nothing is compared pairwise."""
    lines = [
        published(size=1 + at % 7, machine=f"machine {at}", suite=f"suite {at % 50}")
        for at in range(10_000)
    ]
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(map(line, lines)))
    made = content.make(read([path]))
    assert len(made.chapters) == len(CHAPTERS)


TEXT = st.text(max_size=30)
FIGURES = st.builds(
    Published,
    source=TEXT,
    suite=st.sampled_from(["a", "b"]),
    name=st.sampled_from(["x", "y"]),
    size=st.integers(1, 2**53),
    framework=TEXT,
    device=st.sampled_from(["cpu", "mps", "/gpu:0"]),
    machine=st.sampled_from(["one", "two"]),
    time_s=st.none() | st.floats(1e-12, 1e9),
    resolution_s=st.none() | st.floats(0, 1e9),
    study=st.none() | TEXT,
    version=st.none() | TEXT,
    steps=st.none() | st.integers(1, 2**53),
    device_kind=st.none() | st.sampled_from(["cpu", "gpu"]),
    curves=st.none()
    | st.builds(
        Curves,
        test_loss=st.lists(st.floats(0, 1e308), max_size=4).map(tuple),
        accuracy=st.lists(st.floats(0, 1), max_size=4).map(tuple),
    ),
)


@settings(max_examples=30)
@given(st.lists(FIGURES, min_size=1, max_size=6))
def test_any_published_figures_make_a_report(
    tmp_path_factory: pytest.TempPathFactory, figures: list[Published]
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, figures)))
    try:
        made = content.make(read([path]))
    except records.NotRecords:
        return
    images = charts.illustrate(made)
    assert html.render(made, images)
    assert markdown.render(made, images)
