"""The head with Dask as it is: a worker of its own, whose machine has measured already."""

import hashlib
import io

import msgspec
import pytest

from bench.fleet import head, hosts, plan
from bench.fleet.lane import FINISHED, Lane
from bench.fleet.screen import Screen
from bench.printable import Screen as Console
from bench.schema import End
from tests.helpers import builders

LINES = [msgspec.json.encode(record) + b"\n" for record in [*builders.run(), End(at_s=1.0)]]
WHOLE = b"".join(LINES)
MACHINES = hosts.machines("local:1")


@pytest.fixture
def fleet(tmp_path):
    """A plan of two suites on one slot, and what makes its machine's part."""
    begun = plan.begun(tmp_path, MACHINES, plan.Options(suite="mlp,cnn"))

    def ran(suite, content=WHOLE):
        place = (
            begun.slots
            / "slot-1"
            / plan.place_there(begun.fleet, "slot-1")
            / suite
            / "20990101-000000-abcd"
        )
        place.mkdir(parents=True)
        (place / "records.jsonl").write_bytes(content)

    return begun, ran


def gone_on(begun):
    said = io.StringIO()
    lanes = head.lanes(begun)
    with Screen(Console(file=said, width=200)) as screen:
        assert head.Fleet(begun, MACHINES, lanes, screen).go() is None
    return lanes[0], said.getvalue()


def test_what_a_machine_has_comes_home_whole_whatever_was_there(fleet):
    begun, ran = fleet
    ran("mlp")
    ran("cnn")
    begun.place("slot-1", "mlp").mkdir(parents=True)
    (begun.place("slot-1", "mlp") / "records.jsonl").write_bytes(LINES[0] + LINES[1] + b'{"ki')
    other = msgspec.json.encode(msgspec.structs.replace(builders.run()[0], run="other")) + b"\n"
    begun.place("slot-1", "cnn").mkdir(parents=True)
    (begun.place("slot-1", "cnn") / "records.jsonl").write_bytes(other)
    lane, said = gone_on(begun)
    assert (lane.state, lane.troubles) == (FINISHED, []), said
    for suite in ("mlp", "cnn"):
        assert lane.copies[suite].path.read_bytes() == WHOLE
        assert lane.copies[suite].finished
    (apart,) = begun.folder.glob("slot-1/cnn.*/records.jsonl")
    assert apart.read_bytes() == other
    lane, said = gone_on(begun)  # nothing is left to do, and no worker is started
    assert lane.state == FINISHED
    assert "preparing" not in said


def test_lines_that_are_no_records_are_said_and_not_kept(fleet):
    begun, ran = fleet
    ran("mlp", LINES[0] + b'{"kind":"slice"}\x1b[2J\n' + b"".join(LINES[1:]))
    ran("cnn")
    lane, said = gone_on(begun)
    assert lane.state == FINISHED
    (sentence,) = lane.troubles
    assert sentence.startswith("slot-1: mlp: what it sent is no record: line 2")
    assert "\x1b" not in said
    assert lane.copies["mlp"].path.read_bytes() == LINES[0]
    assert not lane.copies["mlp"].finished
    assert lane.copies["cnn"].finished


def test_what_cannot_be_kept_costs_its_suite_alone(fleet, monkeypatch):
    begun, ran = fleet
    ran("mlp")
    ran("cnn")

    def full(copy, *_):
        if copy.path.parent.name == "mlp":
            raise OSError(28, "No space left on device")
        return end(copy, *_)

    end = head.Copy.end
    monkeypatch.setattr(head.Copy, "end", full)
    lane, _ = gone_on(begun)
    (sentence,) = lane.troubles
    assert sentence.startswith("slot-1: mlp: what it sent cannot be kept: ")
    assert lane.copies["cnn"].finished


def test_where_a_machine_is_stands_on_one_line(fleet):
    begun, _ = fleet
    (lane,) = head.lanes(begun)
    assert lane.where == "mlp (1 of 2)"
    lane.copies["mlp"].take(0, b"".join(LINES[:-1]))
    assert lane.where.startswith("mlp (1 of 2)  case ")
    assert hashlib.sha256(b"".join(LINES[:-1])).hexdigest() == lane.copies["mlp"].have[1]
    assert "RESUME" not in lane.lose("ssh: no route to host")
    assert "no route" not in lane.copies["mlp"].path.read_text(encoding="utf-8")
    assert isinstance(lane, Lane)
