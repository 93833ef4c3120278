"""The oracle with runs that are made up: how often it looks, what it asks for, what it refuses."""

from types import SimpleNamespace
from typing import Any

import pytest

from bench.bisect import oracle as oracles
from bench.bisect.oracle import MOST_LOOKS, Ended, Oracle, Question, Told, Unmeasurable
from bench.environments import manager
from bench.run import runner
from tests.unit.bisect.test_evidence import measured

VERSIONS = ("1", "2", "3")


class Shelf:
    """Has every environment but those it is told to lack."""

    def __init__(self, *lacking):
        self.lacking = lacking

    def have(self, version, place, needed):
        assert VERSIONS[place] == version
        assert version in needed
        if version in self.lacking:
            raise manager.Unavailable(f"no wheel of {version}")


@pytest.fixture
def ask(monkeypatch):
    """An oracle over runs that show these contenders, a (base, other) for each look."""

    def made(looks, *, wrong=False, shelf=None, signal=None):
        left = list(looks)
        seen = []

        def ran(wanted, progress):
            seen.append(left.pop(0))
            return SimpleNamespace(signal=signal, broken=None, records=len(seen) - 1)

        monkeypatch.setattr(runner, "run", ran)
        monkeypatch.setattr(oracles.dataclasses, "replace", lambda wanted, **_: wanted)
        monkeypatch.setattr(
            oracles.evidence, "of_run", lambda at: dict(zip("ab", seen[at], strict=True))
        )
        specs = [SimpleNamespace(text=text) for text in "ab"]
        wanted: Any = SimpleNamespace(contenders=SimpleNamespace(specs=specs), resume=False)
        question = Question(versions=VERSIONS, asked=lambda _: wanted, threshold=0.03, wrong=wrong)
        told: list[Told] = []
        environments: Any = shelf or Shelf()
        progress: Any = None
        return Oracle(question, environments, progress, told.append), seen

    return made


STEADY = [1.0, 1.001, 0.999, 1.0, 1.001, 0.999]


def times(middle):
    return measured([middle * each for each in STEADY])


def unsteady(middle):
    return measured([middle * each for each in (0.5, 2.0, 1.0, 3.0, 0.3, 1.2)])


def test_one_look_is_enough_where_it_tells(ask):
    oracle, seen = ask([(times(1.0), times(1.0501))])
    assert oracle.decide("1", "2") == "slower"
    assert oracle.decide("1", "2") == "slower"  # known by now
    assert len(seen) == 1


def test_it_looks_again_until_it_is_told_and_not_for_ever(ask):
    oracle, seen = ask([(times(1.0), unsteady(1.0))] * MOST_LOOKS)
    assert oracle.decide("1", "2") == "unknown"
    assert len(seen) == MOST_LOOKS


def test_what_cannot_be_installed_or_measured_is_skipped_with_its_reason(ask):
    oracle, seen = ask([], shelf=Shelf("2"))
    assert oracle.decide("1", "2") == "untestable"
    assert (oracle.told["1", "2"].reason, seen) == ("no wheel of 2", [])
    failed = measured([1.0])
    failed.state, failed.reason = "unmeasured", "it crashed"
    oracle, _ = ask([(times(1.0), failed)])
    assert oracle.decide("1", "3") == "untestable"


def test_without_its_base_nothing_can_be_told(ask):
    oracle, _ = ask([], shelf=Shelf("1"))
    with pytest.raises(Unmeasurable, match="no wheel of 1"):
        oracle.decide("1", "2")
    failed = measured([1.0])
    failed.state, failed.reason = "wrong", "far off"
    oracle, _ = ask([(failed, times(1.0))], wrong=True)
    with pytest.raises(Unmeasurable, match="far off"):
        oracle.decide("1", "2")


def test_wrong_answers_may_be_what_is_looked_for(ask):
    wrong = measured([1.0])
    wrong.state, wrong.reason = "wrong", "far off"
    assert ask([(times(1.0), wrong)], wrong=True)[0].decide("1", "2") == "wrong"
    assert ask([(times(1.0), wrong)])[0].decide("1", "2") == "untestable"
    assert ask([(times(1.0), times(9.0))], wrong=True)[0].decide("1", "2") == "same"


def test_an_interrupted_run_ends_it(ask):
    oracle, _ = ask([(times(1.0), times(1.0))], signal=2)
    with pytest.raises(Ended) as end:
        oracle.decide("1", "2")
    assert end.value.signal == 2
