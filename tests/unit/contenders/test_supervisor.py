"""A supervisor: what a later start of its worker does not find out again."""

import random
import sys
from pathlib import Path

import pytest

from bench.contenders import spec, supervisor
from bench.contenders.spec import Contender
from bench.contenders.supervisor import TRIED_AGAIN, Supervisor
from frameworks.interface import Device

CPU = Device(id="cpu", kind="cpu", name="cpu")

NEVER_WAITS = """


NAME = "lazy"
ENVIRONMENT = "host"

from frameworks.numpy.adapter import devices, memory, start, to_numpy
from frameworks.numpy import adapter as plain
from frameworks.interface import parts


class Later:
    def __init__(self, step):
        self._done, self._step = None, step

    def array(self):
        if self._done is None:
            self._done = self._step()["product"]
        return self._done


def build(workload, arrays):
    step, _ = parts(plain.build(workload, arrays))
    return lambda: {"product": Later(step)}


def wait(outputs):
    pass


def to_numpy(array):
    return array.array()
"""


@pytest.fixture
def lazy(tmp_path):
    """A contender whose work is done when it is looked at."""
    path = tmp_path / "lazy.py"
    path.write_text(NEVER_WAITS)
    (one,) = spec.parse([str(path)])
    made = Supervisor(Contender(one, CPU, "float32", 1), Path(sys.executable), 60.0, None)
    yield made
    made.close()


def start(lazy, drawn, monkeypatch):
    monkeypatch.setattr(random, "random", lambda: drawn)
    lazy.start()
    lazy.close()
    return lazy.probed


def test_a_later_start_is_not_tried_out_and_keeps_what_was_found(lazy, monkeypatch):
    found = start(lazy, 0.99, monkeypatch)
    assert found, "the first start is tried out, whatever is drawn"
    assert start(lazy, 0.99, monkeypatch) == found


def test_now_and_then_it_is_tried_out_again(lazy, monkeypatch):
    found = start(lazy, 0.99, monkeypatch)
    again = start(lazy, TRIED_AGAIN / 2, monkeypatch)
    assert len(again) == 2 * len(found)
    assert supervisor.TRIED_AGAIN > 0
