"""What a person sees of a run: lines that stay, what is running, and the time left."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench.terminal import case_line, figures, progress
from bench.terminal.case_outcome import CaseOutcome, Standing
from bench.terminal.progress import Bar, Clock, Plain

MATMUL = CaseOutcome(
    "matmul/square/512",
    "float32",
    (
        Standing("torch", 770e-6, None, "first"),
        Standing("numpy", 930e-6, 1.21, "slower"),
        Standing("jax", 780e-6, 1.01, "same"),
        Standing("mlx", 42e-3, 55.2, "slower"),
        Standing("tf", None, None, "wrong"),
    ),
)
SWEEP = CaseOutcome(
    "sweep/train/90902",
    "float32",
    (
        Standing("jax", 211e-6, None, "first"),
        Standing("torch", 290e-6, 1.374, "unresolved"),
        Standing("mlx", 1.05e-3, 5.0, "slower"),
        Standing("tf", None, None, "failed"),
        Standing("numpy", None, None, "skipped"),
    ),
)
WRONG = CaseOutcome("mlp/train/64", "bfloat16", (Standing("tf", None, None, "untimed"),))
NOBODY = CaseOutcome("mlp/train/64", "float32", (Standing("numpy", None, None, "skipped"),))


class Hands:
    """A clock that stands still unless it is moved."""

    at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


def log(width: int = 80, **more: object) -> tuple[Plain, io.StringIO]:
    file = io.StringIO()
    return Plain(Console(file=file, width=width), **more), file  # type: ignore[arg-type]


# --- the line of a case -----------------------------------------------------------------------


def test_lines_at_80_columns() -> None:
    shown, file = log(80)
    for ended in (MATMUL, SWEEP, WRONG, NOBODY):
        shown.ended(ended)
    assert file.getvalue().splitlines() == [
        "  matmul 512           torch  770 µs  numpy 1.21x  jax ~same  mlx 55x  tf wrong",
        "  sweep train 91k      jax    211 µs  torch ?? 1.4x  mlx 5.00x  tf failed",
        "  mlp train 64 bfloat16   tf untimed",
    ]


def test_at_60_columns_the_slowest_are_counted_and_what_is_wrong_stays() -> None:
    shown, file = log(60)
    shown.ended(MATMUL)
    assert file.getvalue() == "  matmul 512           torch  770 µs  tf wrong  +3 more\n"


words = st.sampled_from(
    ["first", "slower", "same", "unresolved", "wrong", "untimed", "failed", "withdrawn", "skipped"]
)
standings = st.builds(
    Standing,
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40),
    st.none() | st.floats(1e-9, 1e4),
    st.none() | st.floats(1, 1e6),
    words,
)


@given(st.lists(standings, max_size=12), st.integers(20, 200), st.integers(1, 10**9))
def test_no_line_is_wider_than_the_console(found: list[Standing], width: int, size: int) -> None:
    shown = case_line.Lines()
    for _ in range(2):
        line = shown.line(CaseOutcome(f"suite/name/{size}", "float32", tuple(found)), width)
        assert (line is None) == all(one.word == "skipped" for one in found)
        assert line is None or len(line) <= width


def test_a_name_says_no_more_than_it_must() -> None:
    named = {
        "matmul/square/64": "matmul 64",
        "mlp/train/1024": "mlp train 1024",
        "cnn/resnet18_train/4": "resnet18 train 4",
        "hackintosh/with_generation/100": "dot + drawing 100",
        "hackintosh/product_only/1000000": "dot product 1M",
        "mine": "mine",
    }
    for case, name in named.items():
        assert case_line.called(case) == name
    assert case_line.called("mlp/train/64", "float16") == "mlp train 64 float16"


def test_of_a_long_name_the_size_stays() -> None:
    shown, file = log()
    for size in (64, 256):
        shown.ended(
            CaseOutcome(f"transformer/forward_as_published/{size}", "float32", WRONG.standings)
        )
    assert file.getvalue().splitlines() == [
        "  transformer forward … 64   tf untimed",
        "  transformer forward… 256   tf untimed",
    ]


# --- what runs, and the time left -------------------------------------------------------------


def test_the_time_left_runs_down_and_never_below_nothing() -> None:
    hands = Hands()
    clock = Clock(hands)
    assert clock.words() == ""
    clock.begin(300)
    assert clock.words() == "  0 %  5 min left"
    hands.at_s += 150
    assert clock.words() == " 50 %  2 min left"
    clock.predict(450)
    assert clock.words() == " 25 %  8 min left"
    hands.at_s += 1000
    assert clock.words() == "100 %  a moment left"


def test_a_log_says_what_runs_where_nothing_else_was_said_and_not_more_often() -> None:
    hands = Hands()
    shown, file = log(clock=Clock(hands))
    shown.begin(41, 300, "quick", budgeted=True)
    shown.now("mlp train 64:  checking\ntf")
    for _ in range(4):
        hands.at_s += 25
        shown.beat()
    assert file.getvalue().splitlines() == [
        "quick: 41 cases, about 5 min. Ctrl-C keeps all.",
        " 17 %  4 min left  mlp train 64: checking tf",
        " 33 %  3 min left  mlp train 64: checking tf",
    ]


def test_a_log_that_waits_is_not_kept_from_its_end() -> None:
    shown, file = log()
    with shown:
        shown.say("begun")
    assert file.getvalue() == "begun\n"


def test_the_header_stands_above_the_first_line_once() -> None:
    shown, file = log(header=lambda: ["metalbench  a machine", "! it is hot"])
    shown.say("torch: building")
    shown.say("jax: building")
    assert file.getvalue() == "metalbench  a machine\n! it is hot\ntorch: building\njax: building\n"


def test_nothing_said_is_read_as_markup_and_a_pipe_gets_no_colour() -> None:
    shown, file = log()
    shown.say("[bold]1.5[/bold] 'x' \\")
    assert file.getvalue() == "[bold]1.5[/bold] 'x' \\\n"


def test_the_bar_keeps_its_line_within_the_console() -> None:
    file = io.StringIO()
    console = Console(file=file, width=60, force_terminal=True, color_system=None)
    with Bar(console) as bar:
        bar.begin(41, 300, "quick", budgeted=False)
        bar.now("transformer train 16: " + "checking " * 20)
        bar.ended(SWEEP)
    with console.capture() as captured:
        console.print(bar._drawn())
    (drawn,) = captured.get().splitlines()
    assert len(drawn.rstrip()) <= 60
    assert "5 min left" in drawn
    assert drawn.rstrip().endswith("…")
    text = re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", file.getvalue())
    assert "quick: 41 cases, about 5 min (TIME=5m: what fits in that). Ctrl-C keeps all." in text
    assert "sweep train 91k      jax" in text


def test_a_console_decides() -> None:
    assert isinstance(progress.for_console(Console(file=io.StringIO())), Plain)
    assert isinstance(progress.for_console(Console(force_terminal=True)), Bar)


# --- figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (770e-6, "770 µs"),
        (5.914e-3, "5.91 ms"),
        (0.9996, "1.00 s"),
        (43.44, "43.4 s"),
        (2e-10, "0.20 ns"),
    ],
)
def test_seconds(value: float, text: str) -> None:
    assert figures.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (512, "512"),
        (9999, "9999"),
        (90902, "91k"),
        (1443602, "1.4M"),
        (999_999, "1M"),
        (225045002, "225M"),
    ],
)
def test_sizes(value: int, text: str) -> None:
    assert figures.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "5 s"), (42, "40 s"), (89, "90 s"), (300, "5 min"), (5400, "1.5 h")]
)
def test_waits(value: float, text: str) -> None:
    assert figures.wait(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.005, "1.00x"), (9.996, "10x"), (154.2, "154x")])
def test_times(value: float, text: str) -> None:
    assert figures.times(value) == text
