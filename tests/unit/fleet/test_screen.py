"""What a person sees of a fleet: a line for each machine, and nothing that steers the terminal."""

import io

import pytest

from bench.fleet.copies import Copy
from bench.fleet.lane import FINISHED, MEASURING, Lane
from bench.fleet.screen import Screen
from bench.printable import Screen as Console
from bench.terminal.progress import QUIET_S

HOSTILE = "\x1b[2J[red]x[/red]\x07\u202e"


@pytest.fixture
def lanes(tmp_path):
    def lane(name):
        copies = {suite: Copy(tmp_path / name / suite) for suite in ("mlp", "cnn")}
        return Lane(name, copies, left=["mlp", "cnn"], state=MEASURING)

    return [lane("one"), lane("two")]


def test_a_pipe_gets_a_line_when_a_machine_moves_on(lanes):
    said, now = io.StringIO(), [0.0]
    with Screen(Console(file=said, width=200), lambda: now[0]) as screen:
        screen.lanes = lanes
        screen.look()
        screen.look()
        assert said.getvalue().splitlines() == [
            f"{name}  measuring  mlp (1 of 2)" for name in ("one", "two")
        ]
        lanes[0].left.remove("mlp")
        screen.look()
        assert said.getvalue().splitlines()[2:] == ["one  measuring  cnn (2 of 2)"]
        lanes[1].state, lanes[1].left = FINISHED, []
        screen.look()
        now[0] += QUIET_S + 1
        screen.look()
        assert said.getvalue().splitlines()[3:] == ["two  finished", "one  measuring  cnn (2 of 2)"]


@pytest.mark.parametrize("terminal", [False, True])
def test_what_machines_say_cannot_steer_the_terminal(lanes, terminal):
    said = io.StringIO()
    console = Console(file=said, width=200, force_terminal=terminal, color_system=None)
    with Screen(console) as screen:
        screen.lanes = lanes
        lanes[0].note = HOSTILE
        screen.look()
        screen.say(f"one: {HOSTILE}")
        if screen._live:
            screen._live.refresh()
    assert "[red]x[/red]" in said.getvalue()
    for sign in ("\x1b[2J", "\x07", "\u202e"):
        assert sign not in said.getvalue()
