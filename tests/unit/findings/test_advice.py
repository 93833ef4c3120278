"""A finding without advice leaves nothing in its place, in any of the renderers."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from reports import content
from reports.answer import advice
from reports.content import Content
from reports.findings.finding import Finding
from reports.frame import read
from reports.render import html, markdown, terminal
from tests.helpers import builders


def shown(made: Content) -> str:
    file = io.StringIO()
    terminal.show(made, Console(file=file, width=80))
    return file.getvalue()


def test_a_finding_without_advice_leaves_no_empty_line(tmp_path: Path) -> None:
    made = content.make(read([builders.write(tmp_path / "records.jsonl", builders.run())]))
    made = replace(made, findings=(Finding("noisy", "it varies", "in one place", ""),))
    assert 'class="action"' not in html.render(made, {})
    assert "Where: in one place\n" in markdown.render(made, {})
    assert re.search(r"noisy: it varies\n  in one place *\n\S|in one place *\n\n\S", shown(made))
    advised = replace(made, findings=(Finding("noisy", "it varies", "there", "Plug it in."),))
    assert 'class="action">Plug it in.' in html.render(advised, {})
    assert "Where: there<br>\n  Plug it in." in markdown.render(advised, {})
    assert "Plug it in." in shown(advised)


@pytest.mark.parametrize(
    ("text", "code"), [("a b", "`a b`"), ("a`b", "`` a`b ``"), ("``a", "``` ``a ```")]
)
def test_a_command_ends_no_code_by_itself(text: str, code: str) -> None:
    assert markdown._code(text) == code


def test_a_path_with_a_space_is_one_contender() -> None:
    known = ["numpy", "numpy:./my wheels/a.whl"]
    assert advice._contender("numpy:./my wheels/a.whl cpu", known) == known[1]
    assert advice._contender("numpy cpu float32", known) == "numpy"
    assert advice._contender("torch cpu", known) == "torch"
