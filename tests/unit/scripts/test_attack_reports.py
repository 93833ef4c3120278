"""The attack on reports: it changes files, finds what it looks for, and finds nothing in ours."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reports.render import charts
from scripts.attack import escapes, mutations, reports
from scripts.attack.counts import Asked


def test_files_are_changed_and_the_same_seed_gives_the_same() -> None:
    lines = [
        b'{"kind":"run","run":"one","schema":3}',
        b'{"kind":"slice","samples_s":[0.1],"round":1}',
    ]
    first, again = ([mutations.mutated(lines, dice) for _ in range(200)] for dice in _dice())
    assert first == again
    assert sum(each != lines for each in first) > 150
    assert lines[0].startswith(b'{"kind":"run"')  # what was given stays as it is


def _dice() -> tuple[random.Random, random.Random]:
    return random.Random(1), random.Random(1)


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (escapes.page, "<p><img src=x></p>"),
        (escapes.page, "<p onclick=x></p>"),
        (escapes.page, "<script></script><script></script>"),
        (escapes.page, '<a href="javascript:x">'),
        (escapes.page, '<a href="data:text/html;base64,x">'),
        (escapes.page, "\u202e"),
        (escapes.svg, "<svg><script/></svg>"),
        (escapes.svg, "<svg"),
        (escapes.svg, '<svg><use href="http://x"/></svg>'),
        (escapes.markdown, "[x](y)"),
        (escapes.markdown, "[x](report-tables.md#a)"),
        (escapes.markdown, "[All figures](https:x)"),
        (escapes.markdown, '<a id="a" onclick="x"></a>'),
        (escapes.markdown, "<b>"),
        (escapes.markdown, "  `make bench FRAMEWORK='`'<b>`"),
        (escapes.markdown, "  `make bench FRAMEWORK='a\n\n<b>'`"),
        (escapes.markdown, "  `make bench` <b>"),
        (escapes.markdown, "  `make bench FRAMEWORK=x` <b><br>"),
        (escapes.markdown, "see `make bench FRAMEWORK=x`"),
        (escapes.markdown, "http://x.example"),
        (escapes.report_json, '{"a": NaN}'),
        (escapes.report_json, '"\u00e9"'),
        (escapes.terminal, "\x1b[31m"),
    ],
)
def test_what_escapes_is_found(look: Callable[[str], Iterator[str]], text: str) -> None:
    assert list(look(text))


def test_a_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = reports.mutated_records(Asked(folder=tmp_path, inputs=3, seed=2))
    assert counts.inputs >= 3
    assert not counts.bad(), counts.notes
    monkeypatch.setattr(charts, "illustrate", lambda *_: 1 / 0)
    assert reports.mutated_records(Asked(folder=tmp_path, inputs=1, seed=2)).tracebacks


def test_a_command_of_ours_may_name_anything():
    own = "  `make bench FRAMEWORK='<b>$~[x](http://y)'`<br>\n  `` ./metalbench run --suite '`' ``"
    assert list(escapes.markdown(own)) == []


def test_a_reports_own_links_and_places_are_none() -> None:
    own = '[Show all 9 figures](report-tables.md#ranking-1-1)\n## <a id="ranking-1-1"></a>mlp'
    assert list(escapes.markdown(own)) == []
