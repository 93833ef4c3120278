"""Whatever a peer pickles: the one task is called, and nothing else runs."""

import os
import pickle

import pytest

from bench.fleet import quiet, task, unpickling


class Evil:
    """Runs a command where it is unpickled."""

    def __init__(self, trap):
        self._trap = trap

    def __reduce__(self):
        return os.system, (f"touch {self._trap}",)


class Building:
    """Sets what it likes on an object that is not its own."""

    def __reduce__(self):
        return Evil, ("x",), {"a": 1}, iter([1]), iter([(1, 2)])


def test_a_pickle_that_runs_a_command_runs_nothing(tmp_path):
    trap = tmp_path / "trap"
    pickle.loads(pickle.dumps(Evil(trap)))
    assert trap.exists()  # it would
    trap.unlink()
    assert isinstance(unpickling.loads(pickle.dumps([Evil(trap)]))[0], unpickling.Inert)
    assert not trap.exists()


@pytest.mark.parametrize("what", [Building(), ValueError("x"), os.system, pytest.raises])
def test_anything_else_becomes_nothing(what):
    assert unpickling.loads(pickle.dumps(what)) is not None


def test_the_task_is_what_it_is():
    assert unpickling.loads(pickle.dumps(task.measure)) is task.measure
    assert unpickling.loads(pickle.dumps({"a": [1, b"x", None]})) == {"a": [1, b"x", None]}


def test_what_dask_calls_is_ours(monkeypatch):
    import importlib

    from distributed import protocol

    modules = [importlib.import_module(name) for name in unpickling.MODULES]
    for module in modules:
        monkeypatch.setattr(module, "loads", module.loads)
    unpickling.restrict()
    frames = protocol.dumps({"x": protocol.to_serialize(ValueError("x"))})
    assert isinstance(protocol.loads(frames)["x"], unpickling.Inert)


def test_an_idle_worker_says_that_it_lives_four_times_a_minute():
    from distributed import scheduler

    quiet.settle()
    assert scheduler.heartbeat_interval(3) == quiet.HEARTBEAT_S  # its own word is half a second


def test_every_setting_is_one_that_dask_knows():
    import dask
    import distributed

    assert distributed.__version__
    unknown = []
    for name in quiet.SETTINGS:
        try:
            dask.config.get(name)
        except KeyError:
            unknown.append(name)
    assert not unknown
