"""Waiting: only time in which the host itself ran counts against a worker."""

import os
import signal
import subprocess
import sys
import time

import pytest

from bench.contenders.patience import STEP_S, Patience
from tests.helpers import hostile_workers
from tests.helpers.patience import PATIENT_S


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_silence_ends_when_its_limit_has_passed(clock):
    patience, waited_s = Patience(10.0, clock), 0.0
    while not patience.over:
        waited_s += patience.step_s
        clock.now_s += patience.step_s
        patience.count()
    assert waited_s == pytest.approx(10.0)
    assert patience.stood_still_s == 0


def test_what_was_overslept_is_nobodys_silence(clock):
    patience = Patience(10.0, clock)
    clock.now_s += 3600.0
    patience.count()
    assert not patience.over
    assert patience.stood_still_s == pytest.approx(3600.0 - STEP_S)


def test_a_busy_machine_that_wakes_it_late_lengthens_nothing(clock):
    patience, steps = Patience(10.0, clock), 0
    while not patience.over:
        clock.now_s += 1.5 * patience.step_s
        patience.count()
        steps += 1
    assert clock.now_s < 11.0
    assert patience.stood_still_s == 0


def test_the_shortest_limit_outlasts_a_pause(clock):
    patience = Patience(1.0, clock)
    clock.now_s += 60.0
    patience.count()
    assert not patience.over


HOST = """
import sys
from pathlib import Path
from bench.contenders.replies import Devices
from tests.helpers import hostile_workers
worker = hostile_workers.worker(Path(sys.argv[1]))
try:
    worker.ask(Devices, 60)
    print("begun", flush=True)
    print(worker.ask(Devices, 4), worker.stood_still_s > 4)
finally:
    worker.kill()
"""


WAITS = """
from pathlib import Path
global calls
calls = globals().get("calls", 0) + 1
if calls == 2:
    Path("{folder}", "asked").touch()
    while not Path("{folder}", "answer").exists():
        time.sleep(0.01)
"""
"""It answers at once, then only when it is told to."""


@pytest.mark.skipif(sys.platform != "linux", reason="what a process began is found through /proc")
def test_a_run_suspended_for_longer_than_its_timeout_goes_on(tmp_path):
    path = hostile_workers.adapter(tmp_path, WAITS.format(folder=str(tmp_path)))
    host = subprocess.Popen([sys.executable, "-c", HOST, str(path)], stdout=subprocess.PIPE)
    assert host.stdout.readline() == b"begun\n"
    _appears(tmp_path / "asked")
    every = [host.pid, *hostile_workers.below(host.pid)]
    for pid in every[::-1]:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(6)
    (tmp_path / "answer").touch()
    for pid in every:
        os.kill(pid, signal.SIGCONT)
    told, _ = host.communicate(timeout=PATIENT_S)
    assert told == b"Devices(devices=()) True\n"


def _appears(file):
    """Return once it is there, and whoever made it has had time to wait for what follows."""
    while not file.exists():
        time.sleep(0.01)
    time.sleep(0.5)
