"""What is wrong in a suite's file is told with its line and the work that was refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites import catalog

FILE = """from suites.layers import *
from suites.workload import *

SAME = {{"suite": "mine", "input_shape": (2, 3, 8, 8)}}


def cases(preset):
    for name, model in (("one", ReLU()), ("two", {model})):
        {body}
"""


def refused(tmp_path: Path, model: str = "ReLU()", body: str = "") -> str:
    path = tmp_path / "mine.py"
    body = body or "yield Forward(name=name, model=model, **SAME)"
    path.write_text(FILE.format(model=model, body=body), encoding="utf-8")
    with pytest.raises(catalog.UnknownSuite) as refusal:
        catalog.cases(str(path), "smoke")
    return str(refusal.value).removeprefix(f"suite file {path} ")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "Sequential(ReLU(), head=Sequential(Flatten(), Linear(4, 2)))",
            "two: layer head.1: Linear expects [..., 4]. Received: [2, 192]",
        ),
        ("[ReLU()]", "a model expects a layer at every place. Received: a list of them. Write "),
        ("Conv2d(3, 4, [3, 3])", "Conv2d expects kernel >= 1: a whole number, or a tuple"),
        ("Conv2d(3, 4, 3, padding='SAME')", 'axes, both sides alike, or "same". Received: '),
    ],
)
def test_the_line_and_the_work(tmp_path: Path, model: str, message: str) -> None:
    said = refused(tmp_path, model)
    assert said.startswith("fails in cases('smoke'), line 9, at mine/two: ")
    assert message in said


@pytest.mark.parametrize("model", ["ConvTranspose2d(3, 4, 2, 2, 'same')", "MaxPool(2, 2, 'same')"])
def test_same_is_offered_where_it_is_taken(tmp_path: Path, model: str) -> None:
    assert refused(tmp_path, model).endswith("one for each of 2 axes. Received: 'same'")


def test_an_error_of_the_file_itself_keeps_its_class(tmp_path: Path) -> None:
    said = refused(tmp_path, body="raise ValueError('mine')")
    assert said == "fails in cases('smoke'), line 9: ValueError('mine')"


def test_a_work_of_odd_names(tmp_path: Path) -> None:
    odd = "type('Odd', (), {'__str__': lambda self: 1 / 0})()"
    said = refused(
        tmp_path, "None", f"yield Forward(suite={odd}, name=1, model=model, input_shape=2)"
    )
    assert "line 9, at (what it says cannot be told: ZeroDivisionError): a model's input" in said


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    assert refused(tmp_path, body="yield =").startswith("does not load: line 9: ")


def test_cases_that_give_nothing(tmp_path: Path) -> None:
    said = refused(tmp_path, body="Forward(name=name, model=model, **SAME)")
    assert "Expected that cases(preset) yields " in said and said.endswith("Received: NoneType")
