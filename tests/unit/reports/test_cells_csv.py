"""The CSV of a report: numbers come back exactly, and no text is run or makes a row."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.render import cells_csv
from scripts.attack import escapes

FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\x00=1", "\ufeff=1", "'=1", '"=1'),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "\u200d-1", "\xa0=1", "-", "--option"),
)
NAMES = st.text(max_size=20) | st.sampled_from(FORMULAS)
NUMBERS = st.floats(allow_nan=True, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float)


def written(folder: Path, texts: list[str | None], numbers: list[float]) -> Path:
    frame = pd.DataFrame(
        {
            "name": pd.Series(texts, dtype="str"),
            "time_s": pd.Series(numbers, dtype="float64"),
            "reason": pd.Series(texts, dtype=object),
        }
    )
    cells_csv.write(frame, folder / "cells.csv")
    return folder / "cells.csv"


@settings(max_examples=200)
@given(st.lists(st.tuples(st.none() | NAMES, NUMBERS), min_size=1, max_size=8))
@example([("a\rb", -1.5), ("a\r\nb", -0.0), ("a\u2028b\x0b\x85", 1e-300), ("", 5e-324)])
@example([(text, -1.0) for text in FORMULAS])
def test_any_texts_and_numbers(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, float]]
) -> None:
    texts, numbers = [text for text, _ in rows], [number for _, number in rows]
    path = written(tmp_path_factory.mktemp("csv"), texts, numbers)
    text = path.read_bytes().decode()
    assert not list(escapes.table(text))
    assert len(text.splitlines()) == 1 + len(rows)
    back = pd.read_csv(path, keep_default_na=False, na_values={"time_s": ""})
    assert len(back) == len(rows)
    assert back["time_s"].dtype == "float64"
    exact = [float(row["time_s"] or "nan") for row in csv.DictReader(text.splitlines())]
    assert repr(exact) == repr(numbers)
    for found, expected in zip(back["name"], texts, strict=True):
        assert (found == "") == (expected in (None, ""))


@pytest.mark.parametrize("text", FORMULAS)
def test_what_may_be_a_formula_gets_an_apostrophe(tmp_path: Path, text: str) -> None:
    with written(tmp_path, [text], [-2.5]).open(newline="") as file:
        _, (name, number, _) = csv.reader(file)
    assert name.startswith("'")
    assert name.endswith(text[-1])
    assert number == "-2.5"


@pytest.mark.parametrize(
    "text", ["torch==2.13.0", "a-b", "mail@example", "matmul/square/64", "é=1"]
)
def test_a_usual_text_stays_as_it_is(tmp_path: Path, text: str) -> None:
    with written(tmp_path, [text], [1.0]).open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1][0] == text


@pytest.mark.parametrize("text", ["a\n=1\n", "a\n=1,2\n", 'a\n"b\rc"\n', "a\n\t1\n", "a,b\n1\n"])
def test_the_search_for_formulas_can_fail(text: str) -> None:
    assert list(escapes.table(text))
