"""A part of a report that fails costs that part alone, and says so in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from bench.schema import Run
from reports import build, content, context
from reports.answer import answer
from reports.build import Built
from reports.chapters import costs, table_of_contents
from reports.findings import guards, registry
from reports.frame import read
from reports.front import tally
from reports.isolation import FILE, STRICT, Attempts
from reports.render import html, markdown, matplotlib_svg
from reports.share import files
from suites.errors import UserError
from tests.helpers import builders

ERROR = "ZeroDivisionError: <b>planted</b>"
WORDS = "by a fault of Metalbench itself"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records of a small run; parts may fail as they do for users."""
    monkeypatch.delenv(STRICT)
    head, *rest = builders.run(builders.FIVE[1:3], rounds=3)
    assert isinstance(head, Run)
    cases = tuple(case for case in head.cases if case.suite == "matmul")
    kept = [each for each in rest if str(getattr(each, "case", "matmul")).startswith("matmul")]
    lines = [msgspec.structs.replace(head, cases=cases), *kept]
    return builders.write(tmp_path / "run" / "records.jsonl", lines)


def planted(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("<b>planted</b>")


def planted_finding(*_: Any) -> Iterator[Any]:
    yield from planted()


def chapter(patch: pytest.MonkeyPatch) -> None:
    chapters = [planted if each is costs.latency else each for each in table_of_contents.CHAPTERS]
    patch.setattr(table_of_contents, "CHAPTERS", chapters)


def finding(patch: pytest.MonkeyPatch) -> None:
    findings = [planted_finding if each is guards.flat else each for each in registry.FINDINGS]
    patch.setattr(registry, "FINDINGS", findings)


def export(patch: pytest.MonkeyPatch) -> None:
    def half(source: files.Source, path: Path) -> None:
        path.write_text("half of it")
        planted()

    patch.setitem(files.FILES, "cells.csv", half)


PLANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "a chapter": (chapter, "This chapter (planted)"),
    "a finding": (finding, "This finding (test isolation, planted finding)"),
    "an export": (export, "The file cells.csv"),
    "figures": (
        lambda patch: patch.setattr(matplotlib_svg, "render", planted),
        "This figure (matmul: times as long as the fastest)",
    ),
    "a run": (lambda patch: patch.setattr(context.ranking, "rank", planted), "The answer of run"),
    "pairs": (
        lambda patch: patch.setattr(context.cpu_gpu_pairs, "find", planted),
        "This chapter (cpu vs gpu)",
    ),
    "omissions": (
        lambda patch: patch.setattr(content.omissions, "find", planted),
        "What was left out",
    ),
    "a drawn chapter": (lambda patch: patch.setattr(html, "element", planted), "This chapter (The"),
}


def page_of(built: Built) -> str:
    return built.html.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PLANTS)
def test_a_part_that_fails_costs_that_part_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plant, part = PLANTS[name]
    plant(monkeypatch)
    built = build.build([source], tmp_path / "out", published=False)
    assert {fault.error for fault in built.faults} == {ERROR}
    told = [fault for fault in built.faults if fault.part.startswith(part)]
    assert told
    page, text = page_of(built), built.markdown.read_text(encoding="utf-8")
    assert WORDS in page
    assert "planted</b>" not in page
    assert WORDS in text or name in ("figures", "a drawn chapter")
    assert "How it was measured" in page  # what comes after it is there
    tracebacks = (tmp_path / "out" / FILE).read_text()
    assert "Traceback" in tracebacks
    assert "in planted" in tracebacks
    if name == "figures":
        assert not [
            path for path in (tmp_path / "out/figures").iterdir() if "<b>" in path.read_text()
        ]


def test_what_failed_once_leaves_nothing_behind_and_mends_itself(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    whole = build.build([source], out, published=False)
    assert whole.csv.exists()
    with monkeypatch.context() as patch:
        export(patch)
        build.build([source], out, published=False)
    assert not whole.csv.exists()  # an old one beside a new report would be taken for its figures
    assert whole.parquet.exists()
    assert not build.build([source], out, published=False).faults
    assert whole.csv.exists()
    assert not (out / FILE).exists()


@pytest.mark.parametrize("module", [html, markdown])
def test_a_page_that_cannot_be_drawn_says_so_itself(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    monkeypatch.setattr(module, "render", planted)
    built = build.build([source], tmp_path / "out", published=False)
    texts = page_of(built), built.markdown.read_text(encoding="utf-8")
    assert [WORDS in text for text in texts] == [
        module is html,
        module is markdown,
    ]
    assert len(built.faults) == 1
    assert built.csv.exists()


@pytest.mark.parametrize(
    ("place", "name"), [(answer, "make"), (tally, "tally"), (matplotlib_svg, "render")]
)
def test_the_terminal_says_once_that_parts_are_missing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    monkeypatch.setattr(place, name, planted)
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["report", str(source), "--out", str(out), "--no-published"])
    assert done.exit_code == 1
    assert done.output.count("of the report could not be made") == 1
    assert (out / FILE).as_uri() in done.output
    assert "report.html" in done.output
    assert "Traceback" in (out / FILE).read_text()


def test_tests_see_the_error_itself(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter(monkeypatch)
    monkeypatch.setenv(STRICT, "yes")
    with pytest.raises(ZeroDivisionError):
        content.make(read([source]))


@pytest.mark.parametrize("error", [UserError("no such machine"), OSError("disk full")])
def test_what_a_user_can_mend_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.delenv(STRICT)
    attempts = Attempts()

    def refused() -> str:
        raise error

    with pytest.raises(type(error)):
        attempts.of("This", refused, str)
    assert not attempts.faults


def test_a_traceback_steers_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STRICT)
    attempts = Attempts()

    def quoting() -> str:
        raise ValueError("\x1b[31m\u202e\ud800")

    attempts.of("This\x1b", quoting, str)
    attempts.save(tmp_path)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m\\u202e\\ud800" in text
