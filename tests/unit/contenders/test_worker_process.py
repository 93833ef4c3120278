"""Launching: what a worker inherits, and what is kept of what it says."""

import sys
from pathlib import Path

import pytest

from bench.contenders import worker_environment, worker_process
from bench.contenders.replies import Devices, WorkerError
from bench.contenders.worker_process import WorkerDied, WorkerProcess
from bench.environments import manager
from bench.machine import privacy
from tests.helpers.patience import PATIENT_S


def test_only_allowed_variables_reach_a_worker():
    inherited = {
        "PATH": "/bin",
        "SECRET_TOKEN": "x",
        "PYTHONPATH": "/elsewhere",
        "PYTHONSTARTUP": "/evil.py",
        "OMP_NUM_THREADS": "7",
        "PYTORCH_ENABLE_MPS_FALLBACK": "1",
    }
    given = worker_environment.variables(inherited, {"MLX_ENABLE_TF32": "0"}, None)
    assert "SECRET_TOKEN" not in given
    assert "PYTHONSTARTUP" not in given
    assert given["PYTHONPATH"] == str(manager.CHECKOUT)
    assert given["OMP_NUM_THREADS"] == "7"
    assert given["MLX_ENABLE_TF32"] == "0"


def test_a_users_own_setting_wins_and_is_recorded():
    given = worker_environment.variables({"MLX_ENABLE_TF32": "1"}, {"MLX_ENABLE_TF32": "0"}, None)
    assert worker_environment.recorded(given) == {"MLX_ENABLE_TF32": "1"}


def test_threads_reach_every_library():
    given = worker_environment.variables({"OMP_NUM_THREADS": "7"}, {}, 2)
    assert {given[name] for name in worker_environment.THREAD_VARIABLES} == {"2"}


def test_the_home_folder_is_left_out_of_records():
    home = str(Path.home())
    assert privacy.scrub(f"File {home}/x.py") == "File ~/x.py"


def worker(tmp_path, text):
    path = tmp_path / "adapter.py"
    path.write_text(text)
    return WorkerProcess(
        Path(sys.executable), str(path), worker_environment.variables({}, {}, None), None
    )


ADAPTER = """
NAME = "fake"
def start(device, settings): pass
def build(workload, arrays): pass
def wait(outputs): pass
def to_numpy(array): pass
def memory(): pass
def devices():
    {body}
    return []
"""


ODD = """
import dataclasses
Odd = dataclasses.make_dataclass("Odd", ["id"])
class Silent(Exception):
    def __str__(self): return 1 / 0
class Meta(type):
    @property
    def __name__(self): return 1 / 0
class Nameless(Exception, metaclass=Meta): pass
"""


def ask(tmp_path, body, timeout_s=PATIENT_S):
    running = worker(tmp_path, ADAPTER.format(body=body))
    try:
        return running.ask(Devices, timeout_s), running
    finally:
        running.kill()


def test_an_answer_comes_back(tmp_path):
    reply, _ = ask(tmp_path, "pass")
    assert reply == Devices(devices=())


def test_an_exception_is_a_refusal_with_its_traceback(tmp_path):
    with pytest.raises(WorkerError, match="ValueError: no") as refused:
        ask(tmp_path, "raise ValueError('no')")
    assert "adapter.py" in refused.value.traceback


def test_garbage_on_stdout_and_stderr_is_kept_and_harmless(tmp_path):
    body = "import os; os.write(1, b'noise {}\\n'); os.write(2, b'more')"
    reply, running = ask(tmp_path, body.format("{}"))
    assert reply == Devices(devices=())
    assert running.output_tail == "noise {}\nmore"


def test_a_flood_of_output_is_cut_in_the_middle(tmp_path):
    body = "import os; [os.write(1, b'x' * 65536) for _ in range(200)]; os.write(1, b'the end')"
    _, running = ask(tmp_path, body)
    assert len(running.output_tail) < 3 * worker_process.TAIL_BYTES
    assert "bytes left out" in running.output_tail
    assert running.output_tail.endswith("the end")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os; os.abort()", "SIGABRT"),
        ("import os; os._exit(7)", "code 7"),
    ],
)
def test_a_death_is_told_by_its_cause(tmp_path, body, reason):
    with pytest.raises(WorkerDied, match=reason):
        ask(tmp_path, body)


def test_silence_is_ended(tmp_path):
    with pytest.raises(WorkerDied, match=r"no answer within 1 s \(--timeout\)"):
        ask(tmp_path, "import time; time.sleep(600)", timeout_s=1)


def test_an_adapter_that_lacks_a_function_is_told(tmp_path):
    running = worker(tmp_path, 'NAME = "fake"\ndef devices(): return []\n')
    with pytest.raises(WorkerError, match="lacks start, build, wait, to_numpy, memory"):
        running.ask(Devices, PATIENT_S)
    running.kill()


def test_a_dead_worker_is_broken_however_often_it_is_asked(tmp_path):
    running = worker(tmp_path, ADAPTER.format(body="import os; os._exit(7)"))
    for _ in range(2):
        with pytest.raises(WorkerDied, match="code 7"):
            running.ask(Devices, PATIENT_S)
    running.kill()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('\\udc80')", r"ValueError: \?"),
        ("return [Odd(bytes(1))]", "holds a bytes, which is no plain value"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("raise GeneratorExit", "GeneratorExit: "),
        ("raise Silent", r"Silent: \(what it says cannot be told: ZeroDivisionError\)"),
        ("raise Nameless", "what it says cannot be told: ZeroDivisionError"),
        ("from frameworks.interface import Unsupported; raise Unsupported", "Unsupported: "),
        ("import itertools; return itertools.repeat(Odd(1))", "does not fit"),
        ("nest = []; [nest := [nest] for _ in range(10**5)]; return [Odd(nest)]", "Recursion"),
        ("nest = []; nest.append(nest); return [Odd(nest)]", "Circular|Recursion"),
        ("import numpy; return [Odd(numpy.float32('nan'))]", "Out of range float"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_a_refusal(tmp_path, body, message):
    running = worker(tmp_path, ODD + ADAPTER.format(body=body))
    with pytest.raises(WorkerError, match=message):
        running.ask(Devices, PATIENT_S)
    running.kill()


UNASKED = "its reply was none|it said more than it was asked"
"""The second where the true reply was there too when the first was read."""

REPLIES = "import os, sys; pipe = int(sys.argv[3])\n    "
"""An adapter that has found the pipe of the replies."""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (r"os.write(pipe, b'noise\n')", UNASKED),
        (r"os.write(pipe, b'no line')", UNASKED),
        (r"os.write(pipe, b'\n')", UNASKED),
        (r"os.write(pipe, b'[' * 10**6 + b'\n')", UNASKED),
        (r"os.write(pipe, b'x' * 2**25)", "its reply exceeded"),
        (
            r"""os.write(pipe, b'{"number": 2, "refused": false, "answer": {"devices": []}}\n')""",
            "it answered request 2 when it was asked request 1|more than it was asked",
        ),
        ("os.close(pipe)", "code 1|closed its pipes"),
        ("os.closerange(3, 100)", "code 1|closed its pipes"),
        (
            "os.close(pipe); os.open('/dev/null', os.O_WRONLY)",
            "no answer within|code 1|closed its pipes",
        ),
    ],
    ids=["a line", "a part of one", "an empty one", "deep", "endless", "early", "closed", *"ab"],
)
def test_an_adapter_that_speaks_to_the_host_itself_ends_its_worker(tmp_path, body, reason):
    with pytest.raises(WorkerDied, match=reason):
        ask(tmp_path, REPLIES + body, timeout_s=10 if "no answer" in reason else PATIENT_S)


def test_a_reply_beside_the_asked_one_ends_the_worker(tmp_path):
    forged = b'{"number": 1, "refused": false, "answer": {"devices": []}}\n'
    running = worker(tmp_path, ADAPTER.format(body=f"{REPLIES}os.write(pipe, {forged!r})"))
    try:
        running.ask(Devices, PATIENT_S)
    except WorkerDied:
        pass
    else:  # the second came later than the first was read
        with pytest.raises(WorkerDied, match=r"it answered request 1 when|more than it was asked"):
            running.ask(Devices, PATIENT_S)
    finally:
        running.kill()


def test_an_adapter_may_return_numbers_of_numpy(tmp_path):
    device = "return [Device('cpu', 'cpu', 'a CPU', numpy.int64(2**30))]"
    body = f"import numpy; from frameworks.interface import Device; {device}"
    reply, _ = ask(tmp_path, body)
    assert reply.devices[0].memory_bytes == 2**30
