"""How the command `fleet` ends: each reason once, what helps, and machines that look alike."""

import secrets

import msgspec
import pytest

from bench.commands import fleet
from bench.fleet.copies import Copy
from bench.fleet.lane import FINISHED, LOST, Lane
from bench.schema import Run
from tests.helpers import builders

RUN = builders.run()[0]


@pytest.fixture
def lanes(tmp_path):
    """Lanes that are finished, each with the run that it is given or with none."""

    def made(*runs):
        found = []
        for number, run in enumerate(runs):
            copy = Copy(tmp_path / secrets.token_hex(4) / f"m{number}" / "mlp")
            if run:
                copy.take(0, msgspec.json.encode(run) + b"\n")
            found.append(Lane(f"m{number}", {"mlp": copy}, FINISHED))
        return found

    return made


def labelled(label):
    assert isinstance(RUN, Run)
    machine = msgspec.structs.replace(RUN.machine, label=label)
    return msgspec.structs.replace(RUN, machine=machine)


def test_equal_machines_are_named_with_what_tells_them_apart(lanes):
    assert fleet._alike(lanes(labelled("a"), labelled("b"), None, None)) == ""
    told = fleet._alike(lanes(labelled("a"), labelled("b"), labelled("a"), None))
    assert told.startswith("One machine, as far as their records tell: m0, m2. `label`")


def test_it_ends_with_one_line_that_says_what_helps(lanes, capsys):
    assert fleet._code(lanes(RUN), []) == 0
    found = lanes(RUN, None)
    found[1].state = LOST
    assert fleet._code(found, []) == 1
    found[0].troubles = ["m0: mlp: no room"]
    assert fleet._code(found, ["no report"]) == 1
    nothing = lanes(None)
    nothing[0].state = LOST
    assert fleet._code(nothing, []) == 1
    on = fleet.GO_ON
    assert capsys.readouterr().err.splitlines() == [
        f"exit 1: 1 of 2 machines were lost (m1); {on}",
        f"exit 1: 1 of 2 machines were lost (m1); suites were not finished on m0; {on}; no report",
        f"exit 1: 1 of 1 machines were lost (m0); {fleet.ANEW}",
    ]
