"""What is asked of each machine, and the fleet that goes on."""

import pytest

from bench.fleet import hosts, note, plan
from bench.fleet.plan import Options
from suites.errors import UserError

MACHINES = hosts.machines("local:2")


def test_a_machine_has_its_own_way(tmp_path):
    machine = hosts.Machine(name="m", own={"framework": "torch", "suite": "mlp,cnn"})
    asked = Options(framework="jax", suite="lstm", preset="smoke").of(machine)
    assert asked.suites == ("mlp", "cnn")
    assert asked.flags == {"framework": "torch", "preset": "smoke"}


@pytest.mark.parametrize(
    "wrong",
    [{"suite": "mpl"}, {"suite": "./mine.py"}, {"framework": "./mine.py"}, {"preset": "smok"},
     {"time": "soon"}, {"precision": "float8"}, {"framework": "trch"}, {"device": "gpuu"},
     {"framework": "trch:/opt/python@compile"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_begins(wrong):
    with pytest.raises(UserError, match="Received"):
        Options(**wrong).of(MACHINES[0])


def test_a_python_of_that_machine_is_looked_for_there_alone():
    flags = {"framework": "torch:/opt/not-here/bin/python@compile", "device": "mps"}
    assert Options(**flags).of(MACHINES[0]).flags == dict(sorted(flags.items()))


def test_two_heads_are_kept_apart(tmp_path):
    begun = plan.begun(tmp_path, MACHINES, Options(suite="mlp"))
    with begun.held(), pytest.raises(plan.Busy, match=begun.fleet), begun.held():
        pass
    with begun.held():
        pass


def test_where_a_machine_keeps_its_part_does_not_name_it():
    there = plan.place_there("20990101-000000-abcd", "annas-mac")
    assert "anna" not in str(there)
    assert there != plan.place_there("20990101-000000-abcd", "bobs-mac")


def test_the_newest_fleet_asked_for_in_the_same_way_goes_on(tmp_path):
    options = Options(suite="mlp")
    with pytest.raises(plan.NothingToResume, match="Received: none"):
        plan.resumed(tmp_path, MACHINES, options)
    begun = plan.begun(tmp_path, MACHINES, options)
    assert plan.resumed(tmp_path, MACHINES, options).fleet == begun.fleet
    with pytest.raises(plan.NothingToResume, match="differs in its machines or options"):
        plan.resumed(tmp_path, MACHINES, Options(suite="cnn"))
    (begun.folder / note.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(plan.NothingToResume):
        plan.resumed(tmp_path, MACHINES, options)
