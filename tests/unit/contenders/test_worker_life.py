"""A worker's life and end: what of it is noticed, and that nothing of it is ever left behind."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time

import psutil
import pytest

from bench.contenders import worker_life, worker_process
from bench.contenders.process_tree import ProcessTree
from bench.contenders.replies import Devices
from bench.contenders.worker_process import WorkerDied
from bench.meters.cpu_load import Load
from tests.helpers import hostile_workers
from tests.helpers.patience import PATIENT_S

WAYS = ["adopts", "marks"]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """How orphans are found: as on Linux, and as on any other system."""
    if request.param == "adopts" and sys.platform != "linux":
        pytest.skip("only Linux gives a process its descendants' orphans for children")
    monkeypatch.setattr(worker_life, "ORPHANS", request.param)
    return request.param


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    hostile_workers.end(tmp_path)


@contextlib.contextmanager
def running(folder, body, memory_bytes=None):
    worker = hostile_workers.worker(hostile_workers.adapter(folder, body), memory_bytes)
    try:
        yield worker
    finally:
        worker.kill()


SEGFAULT = "os.kill(os.getpid(), signal.SIGSEGV)"

LEFT = {
    "holds its pipes": "forked()",
    "left its session and parent": "forked(detached=True)",
    "fills the pipe of replies": "forked(flood)",
    "is stopped": "forked(lambda: os.kill(os.getpid(), signal.SIGSTOP))",
}


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_a_death_is_noticed_though_a_child_lives_and_the_child_is_ended(folder, way, body):
    with running(folder, f"{body}\n{SEGFAULT}") as worker:
        with pytest.raises(WorkerDied, match="SIGSEGV") as died:
            worker.ask(Devices, PATIENT_S)
        assert died.value.signal_name == "SIGSEGV"
        assert hostile_workers.alive(folder) == []


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_what_a_worker_began_ends_with_it(folder, way, body):
    with running(folder, body) as worker:
        with contextlib.suppress(WorkerDied):  # the flood is no reply
            worker.ask(Devices, PATIENT_S)
        worker.kill()
        assert hostile_workers.alive(folder) == []


HUNG = {
    "holds its interpreter's lock": "re.match('(a+)+b', 'a' * 60)",
    "is stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    **{f"has a child that {what}": f"{body}\ntime.sleep(600)" for what, body in LEFT.items()},
}

HOST = """
import sys
from pathlib import Path
from bench.contenders import worker_life
from bench.contenders.replies import Devices
from tests.helpers import hostile_workers
worker_life.ORPHANS = sys.argv[2]
hostile_workers.worker(Path(sys.argv[1])).ask(Devices, 600)
"""


def killed_host(folder, way, body):
    """A host whose worker does that, killed."""
    path = hostile_workers.adapter(folder, body)
    host = subprocess.Popen([sys.executable, "-c", HOST, str(path), way])
    hostile_workers.noted(folder, 2 if "forked" in body or "cleared" in body else 1)
    time.sleep(0.2)  # until it hangs
    host.kill()
    host.wait()


@pytest.mark.parametrize("body", HUNG.values(), ids=HUNG)
def test_nothing_outlives_a_killed_host(folder, way, body):
    killed_host(folder, way, body)
    assert hostile_workers.alive(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing tells whose orphan it is")
def test_nor_does_an_orphan_that_hides_where_it_came_from(folder):
    killed_host(folder, "adopts", "cleared()\ntime.sleep(600)")
    assert hostile_workers.alive(folder) == []


@pytest.mark.parametrize("body", ["forked(detached=True)", "pass"])
def test_a_killed_keeper_is_told_and_leaves_nothing(folder, way, body):
    with running(folder, f"{body}\ntime.sleep(600)") as worker:
        worker.post(Devices)
        worker.pid  # noqa: B018  it has started
        hostile_workers.noted(folder, 2 if "forked" in body else 1)
        worker._life._keeper.kill()
        with pytest.raises(WorkerDied, match="keeper was ended by SIGKILL"):
            worker.reply(Devices, PATIENT_S)
        assert hostile_workers.alive(folder) == []


def test_a_worker_that_closes_its_pipes_and_lives_on_is_ended(folder, monkeypatch):
    monkeypatch.setattr(worker_process, "FAREWELL_S", 0.1)
    with running(folder, "os.closerange(3, 99)\ntime.sleep(600)") as worker:
        with pytest.raises(WorkerDied, match="closed its pipes and lived on"):
            worker.ask(Devices, PATIENT_S)
        assert hostile_workers.alive(folder) == []


def test_a_last_answer_is_heard_and_then_the_death(folder):
    leaves = "import threading; threading.Timer(0.2, lambda: os._exit(7)).start()"
    with running(folder, leaves) as worker:
        worker.post(Devices)
        worker._life.wait(PATIENT_S)
        assert worker.reply(Devices, PATIENT_S) == Devices(devices=())
        with pytest.raises(WorkerDied, match="code 7") as died:
            worker.ask(Devices, PATIENT_S)
        assert died.value.exit_code == 7


def test_a_python_that_is_not_there_is_told(folder, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    with pytest.raises(WorkerDied, match=r"does not start: .*No such file"), running(folder, ""):
        pass


def test_no_descriptors_left_is_a_death_that_leaks_none(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    mine = psutil.Process().num_fds
    before = mine()
    try:
        for more in range(1, 11):
            resource.setrlimit(resource.RLIMIT_NOFILE, (before + more, hard))
            with pytest.raises(WorkerDied, match=r"does not start: .*Too many open files"):
                hostile_workers.worker(hostile_workers.adapter(folder, "pass"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert mine() == before


HOARD = "(lambda: globals().update(hoard=b'x' * 300 * 2**20))"


@pytest.mark.parametrize("detached", [False, True], ids=["a child", "an orphan elsewhere"])
def test_memory_is_that_of_all_it_began(folder, way, detached):
    body = f"forked({HOARD}, detached={detached})\ntime.sleep(600)"
    with running(folder, body, memory_bytes=250 * 2**20) as worker:
        with pytest.raises(WorkerDied, match=r"GiB of memory, 0.24 allowed \(--memory\)"):
            worker.ask(Devices, PATIENT_S)
        assert hostile_workers.alive(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how many share a page")
def test_memory_that_processes_share_is_counted_once(folder):
    shares = (
        "shared = mmap.mmap(-1, 200 * 2**20)\n"
        "[shared.write(bytes(2**20)) for _ in range(200)]\n"
        "ready, done = os.pipe()\n"
        "[forked(lambda: (shared[::4096], os.write(done, b'x'))) for _ in range(3)]\n"
        "[os.read(ready, 1) for _ in range(3)]"
    )
    with running(folder, shares, memory_bytes=500 * 2**20) as worker:
        assert worker.ask(Devices, PATIENT_S) == Devices(devices=())
        tree = worker._life._tree
        assert sum(each.memory_info().rss for each in tree.members()) > 600 * 2**20


@pytest.fixture
def sleeper():
    """Starts processes that sleep, with a variable NAME; ends them."""
    started = []

    def start(name):
        started.append(subprocess.Popen(["sleep", "600"], env={**os.environ, "NAME": name}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_process_that_was_given_the_pid_of_one_that_ended_is_a_stranger(sleeper):
    stranger = sleeper("stranger")
    tree = ProcessTree(os.getpid(), "NAME=none", adopts=True)
    assert stranger.pid in [each.pid for each in tree.members()]
    tree._root._ident = (os.getpid(), 0.0)  # as of a process that had this pid before
    assert tree.members() == []
    assert tree.end(1.0)
    assert stranger.poll() is None


def test_the_mark_alone_finds_its_bearers_and_no_others(sleeper):
    bearer, stranger = sleeper("mine"), sleeper("others")
    assert ProcessTree(None, "NAME=mine", adopts=False).end(120.0)
    assert bearer.wait(120) == -signal.SIGKILL
    assert stranger.poll() is None


def test_to_be_killed_twice_is_to_be_killed_once(folder):
    with running(folder, "pass") as worker:
        worker.ask(Devices, PATIENT_S)
        for _ in range(2):
            worker.kill()
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.ask(Devices, PATIENT_S)


def test_the_load_of_a_worker_that_has_died_is_none():
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    assert Load(gone.pid).own_s() == 0.0
    assert Load(None).own_s() == 0.0
