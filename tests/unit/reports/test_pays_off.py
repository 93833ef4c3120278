"""When the GPU pays off, in a sentence: only what an interval shows, never the sign of a ratio."""

from __future__ import annotations

import math

import pytest

from bench.statistics.estimates import Verdict
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.crossover import Crossing, Point
from reports.front import headline

F, S, U, E = "faster", "slower", "unresolved", "same"


def contest(*told: tuple[int, float, str | None], work: str = "matmul square") -> Contest:
    """Sizes, how many times as long the GPU takes, and what is shown by it."""
    points = tuple(Point(n, 1.0, r, math.log(r), None, word=_word(w)) for n, r, w in told)
    suite, size_of = work.partition(" ")[0], "n" if work.startswith("matmul") else "batch"
    return Contest("here", suite, work, "torch", "torch", size_of, points, Crossing("mixed"))


def _word(word: str | None) -> Verdict | None:
    return word  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (
            [(64, 4.0, S), (128, 0.5, U), (256, 0.25, F), (512, 0.1, F)],
            (
                "The GPU pays off from n = 256 up (matmul, torch): 4.0x at 256, 10x at 512, the "
                "CPU is faster at 64, not decided at n = 128."
            ),
        ),
        (
            [(64, 0.5, U), (128, 0.25, U)],
            ("Nothing shows that the GPU pays off (matmul, torch): not decided at n = 64 and 128."),
        ),
        (
            [(64, 4.0, S), (128, 1.1, U)],
            (
                "Nothing shows that the GPU pays off (matmul, torch): the CPU is faster at 64, "
                "not decided at n = 128."
            ),
        ),
        (
            [(64, 4.0, S), (128, 2.0, S)],
            "The GPU does not pay off (matmul, torch): the CPU is faster at every size.",
        ),
        (
            [(64, 0.5, F), (128, 1.0, E)],
            (
                "The GPU pays off at some sizes (matmul, torch): 2.0x at 64, no difference at "
                "n = 128."
            ),
        ),
        (
            [(64, 0.5, F), (128, 0.5, F)],
            "The GPU pays off at every size (matmul, torch): 2.0x at 64, 2.0x at 128.",
        ),
        ([], ""),
    ],
)
def test_only_what_is_shown_is_said(
    points: list[tuple[int, float, str | None]], sentence: str
) -> None:
    assert headline._pays_off([contest(*points)]) == sentence


@pytest.mark.parametrize(
    ("point", "ending"),
    [
        ((64, 0.5, F), "; in training 2.0x."),
        ((64, 2.0, S), "; in training the CPU is faster."),
        ((64, 0.5, U), "; in training not decided at batch 64."),
        ((64, 2.0, None), "; in training not decided at batch 64."),
    ],
)
def test_training_is_held_to_the_same(point: tuple[int, float, str | None], ending: str) -> None:
    main = contest((64, 0.5, F), (128, 0.5, F))
    said = headline._pays_off([main, contest(point, work="mlp train")])
    assert said.partition(" at 128")[2] == ending
