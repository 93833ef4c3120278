"""What others named is text in a terminal, and everything that is printed goes through here."""

import io
import re
from pathlib import Path

import pytest
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench import printable

CHECKOUT = Path(__file__).parents[2]
STEERING = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202eevil"


def shown(renderable, **how) -> str:
    file = io.StringIO()
    printable.Screen(file=file, width=100, **how).print(renderable, soft_wrap=True)
    return file.getvalue()


def in_a_table() -> Table:
    table = Table(STEERING)
    table.add_row(STEERING)
    return table


MADE = {
    "a string": STEERING,
    "a text": Text(STEERING),
    "a block": Padding(Text(STEERING)),
    "a table": in_a_table(),
}


@pytest.mark.parametrize("what", MADE)
def test_nothing_printed_steers_the_terminal(what) -> None:
    assert set(shown(MADE[what])).isdisjoint("\x1b\x07\x9b\u202e")


def test_our_own_colours_still_do() -> None:
    told = shown(Text("red", style="red"), force_terminal=True, color_system="standard")
    assert told == "\x1b[31mred\x1b[0m\n"


def test_lines_tables_and_joined_emoji_stay() -> None:
    text = "a\n\N{MAN}\u200d\N{PERSONAL COMPUTER} é\u00a0½"
    assert shown(Text(text)) == f"{text}\n"


def test_a_line_of_a_description_is_one_line() -> None:
    assert printable.printable("a\nb\x1b") == "a?b?"


def test_a_line_on_standard_error_steers_nothing(capsys) -> None:
    printable.tell("a\x1b[31m\nb")
    assert capsys.readouterr().err == "a?[31m\nb\n"


def test_nobody_prints_past_it() -> None:
    """`print` to standard error and consoles of rich itself are for this module alone."""
    past = re.compile(r"[^\w.]Console\(|file=sys\.stderr|sys\.stderr\.write")
    allowed = {"bench/printable.py", "bench/boot.py"}  # boot runs before rich is installed
    found = [
        str(path.relative_to(CHECKOUT))
        for folder in ("bench", "reports")
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
        if past.search(path.read_text())
    ]
    assert [name for name in found if name not in allowed] == []
