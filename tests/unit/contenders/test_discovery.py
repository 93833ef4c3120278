"""Frameworks are imported beside one another; who dies over it keeps nobody from a supervisor."""

import sys
from pathlib import Path

import psutil
import pytest

from bench.contenders import discovery
from bench.contenders import spec as contenders
from bench.contenders.worker_environment import variables
from bench.contenders.worker_process import WorkerProcess
from tests.helpers.patience import PATIENT_S

ADAPTER = """
import os, time
NAME = "fake"
def start(device, settings): pass
def build(workload, arrays): pass
def wait(outputs): pass
def to_numpy(array): pass
def memory(): pass
def devices():
    {body}
    from frameworks.interface import Device
    return [Device("cpu", "cpu", "a CPU")]
"""

MEETS = """
    open({mine!r}, "w").close()
    while not os.path.exists({other!r}):
        time.sleep(0.01)
"""
"""Returns once the other runs too."""


@pytest.fixture
def supervisors(tmp_path, monkeypatch):
    opened = []

    def open_worker(python, spec, threads, memory_bytes=None):
        opened.append(WorkerProcess(python, spec.module, variables({}, {}, None), threads))
        return opened[-1]

    monkeypatch.setattr(discovery, "open_worker", open_worker)

    def assembled(*bodies, timeout_s=PATIENT_S):
        specs = []
        for number, body in enumerate(bodies):
            path = tmp_path / f"adapter_{number}.py"
            path.write_text(ADAPTER.format(body=body.strip()))
            specs += contenders.parse([str(path)])
        wanted = discovery.ContenderSelection(
            specs=specs,
            device="cpu",
            precisions=("float32",),
            threads=None,
            timeout_s=timeout_s,
        )
        return discovery.discover(wanted, lambda name, say: Path(sys.executable), lambda line: None)

    assembled.opened = opened  # type: ignore[attr-defined]
    yield assembled
    for worker in opened:
        worker.kill()


def test_frameworks_are_imported_beside_one_another(supervisors, tmp_path):
    places = [str(tmp_path / name) for name in ("first", "second")]
    found = supervisors(
        MEETS.format(mine=places[0], other=places[1]),
        MEETS.format(mine=places[1], other=places[0]),
    )
    assert len(found.supervisors) == 2
    assert not found.absent


def test_one_that_dies_is_absent_and_the_others_sit(supervisors):
    found = supervisors("pass", "os._exit(3)", "pass")
    assert len(found.supervisors) == 2
    assert [record.stage for record in found.absent] == ["import"]


def test_an_interrupt_leaves_no_worker_behind(supervisors, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(discovery, "_claim_devices", interrupted)
    with pytest.raises(KeyboardInterrupt):
        supervisors("time.sleep(600)", "time.sleep(600)")
    assert len(supervisors.opened) == 2
    for worker in supervisors.opened:
        assert not psutil.pid_exists(worker.pid)


def test_two_devices_of_one_id_make_no_contender_twice(supervisors):
    found = supervisors(
        "from frameworks.interface import Device; return [Device('cpu', 'cpu', 'a')] * 2", "pass"
    )
    assert len(found.supervisors) == 1
    (record,) = found.absent
    assert record.reason == "its devices() names 'cpu' twice. Expected an id of its own for each"
