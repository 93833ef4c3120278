"""When the GPU pays off, in a sentence: only what an interval shows, never the sign of a ratio."""

from __future__ import annotations

import math

import pytest

from bench.statistics.estimates import Verdict
from reports.analysis import cpu_gpu_pairs
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.crossover import Crossing, Point
from reports.front import pays_off

F, S, U, E = "faster", "slower", "unresolved", "same"
Told = tuple[int, float, str | None]
PRODUCT = "matrix product"


def contest(
    *told: Told,
    kind: str = PRODUCT,
    who: str = "torch (GPU)",
    crossing: float | None = None,
    device: str = "NVIDIA H100 80GB HBM3",
) -> Contest:
    """Sizes, how many times as long the GPU takes, and what is shown by it."""
    points = tuple(Point(n, 1.0, r, math.log(r), None, word=_word(w)) for n, r, w in told)
    size_of = "n" if kind == PRODUCT else "batch"
    crossed = Crossing("mixed", crossing)
    return Contest(
        "here", "own", "own work", who, "torch", size_of, points, crossed, False, kind, device
    )


def _word(word: str | None) -> Verdict | None:
    return word  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (
            [(64, 4.0, S), (256, 0.25, F), (512, 0.1, F)],
            (
                "The H100 pays off for torch in matrix products from n = 256 on, and up to 10x; "
                "below that the CPU is faster."
            ),
        ),
        (
            [(64, 4.0, S), (128, 0.5, U), (256, 0.25, F)],
            (
                "The H100 pays off for torch in matrix products from n = 256 on, and up to 4.0x; "
                "the CPU is faster at n = 64; not decided at n = 128."
            ),
        ),
        (
            [(64, 0.5, U), (128, 0.25, U)],
            (
                "Nothing shows that the H100 pays off for torch in matrix products: not decided at "
                "n = 64 and 128."
            ),
        ),
        (
            [(64, 4.0, S), (128, 2.0, S)],
            (
                "The H100 does not pay off for torch in matrix products: the CPU is faster at "
                "every size, n = 64 to 128."
            ),
        ),
        (
            [(64, 0.5, F), (128, 1.0, E)],
            (
                "The H100 pays off for torch in matrix products at some sizes only: up to 2.0x at "
                "n = 64; no difference at n = 128."
            ),
        ),
        (
            [(64, 0.5, F), (128, 0.4, F)],
            (
                "The H100 pays off for torch in matrix products at every size, n = 64 to 128, up "
                "to 2.5x."
            ),
        ),
        ([], ""),
    ],
)
def test_only_what_is_shown_is_said(points: list[Told], sentence: str) -> None:
    assert pays_off.sentence([contest(*points)]) == sentence


def test_the_crossover_is_told_where_both_sides_of_it_are_decided() -> None:
    sure = contest((64, 4.0, S), (256, 0.25, F), crossing=129.4)
    assert "from about n = 129 on" in pays_off.sentence([sure])
    open_ = contest((64, 4.0, U), (256, 0.25, F), crossing=129.4)
    assert "from n = 256 on" in pays_off.sentence([open_])


@pytest.mark.parametrize(
    ("point", "ending"),
    [
        ((64, 0.5, F), "; in training 2.0x."),
        ((64, 2.0, S), "; in training the CPU is faster."),
        ((64, 0.5, U), "; in training not decided at batch 64."),
        ((64, 2.0, None), "; in training not decided at batch 64."),
    ],
)
def test_training_is_held_to_the_same(point: Told, ending: str) -> None:
    main = contest((64, 0.5, F), (128, 0.5, F))
    said = pays_off.sentence([main, contest(point, kind="training")])
    assert said.partition("up to 2.0x")[2] == ending


def test_the_record_says_which_work_is_told_not_its_name() -> None:
    product, forward = contest((64, 0.5, F)), contest((64, 0.1, F), kind="forward")
    for order in ([product, forward], [forward, product]):
        assert "in matrix products" in pays_off.sentence(order)
    assert "in own work" in pays_off.sentence([contest((64, 0.5, F), kind="")])


def test_a_contender_against_itself_is_told_before_the_best_of_each() -> None:
    best = contest((64, 0.1, F), who=cpu_gpu_pairs.BEST)
    assert "for torch" in pays_off.sentence([best, contest((64, 0.5, F))])
    assert pays_off.sentence([best]).startswith("The H100 pays off in matrix products at n = 64, ")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA A100-SXM4-40GB", "A100"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("Tesla V100-PCIE-16GB", "V100"),
        ("AMD Radeon Pro 560X", "Pro 560X"),
        ("Apple M2 Max", "Apple M2 Max"),
        ("cuda:0", "GPU"),
        ("gpu", "GPU"),
        ("", "GPU"),
    ],
)
def test_devices_have_short_names(name: str, short: str) -> None:
    assert pays_off.device(name) == short
