"""Learning curves: a sentence where contenders learn alike, curves where they do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.schema import Curves, Record, Verified
from reports.analysis.learning_curves import Learned
from reports.chapters import learning
from tests.helpers import builders
from tests.unit.reports.test_chapters import change, chapter, make


def learned(accuracy: Sequence[float], last: float = 0.9) -> list[Record]:
    """`last` is the first contender's loss at the end, the other's is 0.9."""
    curves = Curves(test_loss=(2.1, 1.5, 0.9), accuracy=tuple(accuracy))
    first = change(curves, test_loss=(2.1, 1.5, last))
    return [
        change(line, curves=first if line.contender.startswith("torch") else curves)
        if isinstance(line, Verified) and line.case == "mlp/train/64" and line.phase == "after"
        else line
        for line in builders.run(builders.FIVE[1:3])
    ]


def test_those_who_learn_alike_are_a_sentence(tmp_path: Path) -> None:
    told = chapter(make(tmp_path, learned((0.3, 0.5, 0.7), last=0.901)), "learning")
    (part,) = told.parts
    assert told.answer == "All contenders learn alike."
    assert (part.text, part.plots) == (("All 2 end within 2 % of each other.",), ())
    assert part.data is not None


@pytest.mark.parametrize("last", [0.8, math.nan, math.inf, -math.inf])
def test_they_disagree_where_one_ends_elsewhere_or_nowhere(last: float) -> None:
    ends = [0.9, last, 0.9]
    mine = [Learned("", "", "", "", Curves(test_loss=(2.1, end))) for end in ends]
    assert learning.disagree(mine)
    assert not learning.disagree([mine[0], mine[2]])
    assert not learning.disagree([])


def test_learning_curves_are_shown_where_contenders_disagree(tmp_path: Path) -> None:
    made = make(tmp_path, learned((0.3, 0.5, 0.7), last=0.8))
    (part,) = chapter(made, "learning").parts
    assert chapter(made, "learning").answer == "0 of 1 workloads learn alike."
    assert [series.label for series in part.plots[0].series] == ["torch", "tf"]
    assert part.data is not None
    assert part.data.rows[2][2:4] == ("70.0 %", "0.9000")
    assert not [finding for finding in made.findings if "accuracy" in finding.what]


@pytest.mark.parametrize(("accuracy", "wrong"), [((0, 0, 0), True), ((0, 0, 0.1), False)])
def test_no_accuracy_with_a_falling_loss_is_wrong(
    tmp_path: Path, accuracy: Any, wrong: bool
) -> None:
    found = make(tmp_path, learned(accuracy)).findings
    assert [f.severity for f in found if "accuracy is 0.0 %" in f.what] == ["wrong"] * 2 * wrong


def test_without_curves_there_is_no_chapter(tmp_path: Path) -> None:
    assert chapter(make(tmp_path, builders.run()), "learning").parts == ()
