"""A whole run: null and numpy, from the command line to the report."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil
import pytest

from bench import records, schema
from bench.contenders import worker_environment
from bench.run.signals import HEARD
from tests.end_to_end.conftest import ROOT, command
from tests.helpers.patience import PATIENT_S

SMOKE = ("--suite", "mlp", "--preset", "smoke")


def test_a_run_measures_verifies_and_reports(bench):
    suites = "matmul,hackintosh,mlp,learn,lifecycle,loader"
    done = bench("--framework", "numpy,null", "--suite", suites, "--preset", "smoke")
    assert done.code == 0, done.err
    (run,) = (r for r in done.records if isinstance(r, schema.Run))
    assert {case.suite for case in run.cases} == set(suites.split(","))
    everything = {case.case for case in run.cases}
    assert done.cells("null") == everything
    skipped = {record.case: record.reason for record in done.of(schema.Skipped, "numpy")}
    assert done.cells("numpy") == everything - set(skipped)
    assert "mlp/train/64" in skipped
    assert "matmul/square/64" not in skipped
    assert all("no automatic differentiation" in reason for reason in skipped.values())
    for contender in ("null", "numpy"):
        for case in done.cells(contender):
            phases = [
                (r.phase, r.passed) for r in done.of(schema.Verified, contender) if r.case == case
            ]
            assert phases == [("before", True), ("after", True)]
    for name in ("report.html", "report.md", "cells.csv", "cells.parquet"):
        assert (done.run_folder / name).stat().st_size > 0
    assert "numpy" in done.out
    assert str(done.run_folder / "report.html") in done.out


def test_every_slice_is_kept_with_its_resources(measure, monkeypatch):
    """On as many threads as NumPy chooses, as most users run it."""
    for variable in worker_environment.THREAD_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    done = measure("numpy", "mlp")
    slices = done.of(schema.Slice, "numpy")
    assert [record.round for record in slices] == [0, 1, 2]
    for record in slices:
        assert record.samples_s
        assert record.latencies_s
        assert record.peak_resident_bytes > 10 * 2**20
        assert record.cpu_user_s is not None
        assert record.sampled_s <= record.wall_s
        assert record.device_memory_bytes is None  # numpy cannot say: absent, not 0


def test_threads_limit_the_worker(bench):
    done = bench("--framework", "numpy", "--threads", "1", *SMOKE)
    (runtime,) = done.of(schema.Runtime, "numpy")
    assert runtime.environment["OMP_NUM_THREADS"] == "1"


def test_nothing_in_a_record_names_the_user_or_the_host(bench):
    done = bench("--framework", "numpy,null", *SMOKE)
    text = (done.run_folder / "records.jsonl").read_text()
    assert str(Path.home()) + "/" not in text
    assert os.uname().nodename not in text


def test_an_outside_suite_runs_without_touching_an_adapter(bench, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from suites.layers import Linear, ReLU, Residual, Sequential\n"
        "from suites.workload import Forward\n"
        "MODEL = Sequential(Linear(16, 16), Residual(Sequential(Linear(16, 16), ReLU())))\n"
        "def cases(preset):\n"
        "    return [Forward(suite='mine', name='small', model=MODEL, input_shape=(8, 16))]\n"
    )
    done = bench("--framework", "numpy,null", "--suite", str(path), "--preset", "smoke")
    assert done.code == 0
    assert done.cells("numpy") == {"mine/small/8"}


def started(folder, *arguments):
    """A run under way, once it has recorded its first slice."""
    running = subprocess.Popen(
        command(*arguments, out=folder),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    path = first_slice(running, folder)
    return (running, path) if path else pytest.fail(f"no slice: {running.communicate()}")


def first_slice(running, folder):
    """The records, once they hold a slice; None where the run ends without one."""
    deadline = time.monotonic() + PATIENT_S
    while time.monotonic() < deadline and running.poll() is None:
        files = list(folder.glob("*/records.jsonl"))
        if files and b'"slice"' in files[0].read_bytes():
            return files[0]
        time.sleep(0.02)
    return None


def workers(running, module):
    return [
        child
        for child in psutil.Process(running.pid).children(recursive=True)
        if child.cmdline()[3:5] == ["bench.worker", module]  # and no keeper of one
    ]


LONG = (
    *("--framework", "numpy,null", "--suite", "matmul", "--preset", "quick"),
    *("--case", "square/64,square/128,square/256,square/512", "--budget", "0.8"),
)
"""Some 10 s: long enough to be broken off anywhere. Larger products would add work, not moments."""


def test_a_worker_killed_in_mid_sample_is_a_record_and_the_others_complete(tmp_path):
    running, path = started(tmp_path / "results", *LONG)
    (worker,) = workers(running, "frameworks.numpy.adapter")
    worker.send_signal(signal.SIGKILL)
    out, err = running.communicate(timeout=PATIENT_S)
    assert running.returncode == 1, err
    kept = records.read(path).records
    (failed,) = (r for r in kept if isinstance(r, schema.Failed))
    assert (failed.contender, failed.signal) == ("numpy/cpu/float32", "SIGKILL")
    (run,) = (r for r in kept if isinstance(r, schema.Run))
    everything = {case.case for case in run.cases}
    finished = {(r.contender, r.case) for r in kept if isinstance(r, schema.Cell)}
    assert {case for name, case in finished if name.startswith("null")} == everything
    # The worker was started again: only the case it died in is missing.
    missing = everything - {case for name, case in finished if name.startswith("numpy")}
    assert missing == {failed.case}
    assert "failed" in out
    assert err.splitlines()[-1].startswith("exit 1: ")
    assert "SIGKILL" in (path.parent / "report.md").read_text()


def test_an_interrupted_run_reports_what_it_has(tmp_path):
    running, path = started(tmp_path / "results", *LONG)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=PATIENT_S)
    assert running.returncode == 130
    assert HEARD in err
    assert "Interrupted: writing the report" in err
    assert "Traceback" not in err
    assert records.read(path).refused == ()
    assert (path.parent / "report.md").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_and_a_closed_terminal_keep_the_report_too(tmp_path, number):
    running, path = started(tmp_path / "results", *LONG)
    with running:
        if number == signal.SIGHUP:
            running.stdout.close()
        running.send_signal(number)
        running.send_signal(number)
        running.wait(timeout=PATIENT_S)
    assert running.returncode == 128 + number
    assert records.read(path).refused == ()
    assert (path.parent / "report.html").exists()


def test_the_slice_under_way_is_finished_before_an_interrupted_run_ends(tmp_path):
    running, path = started(tmp_path / "results", *LONG)
    children = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=PATIENT_S)
    kept = records.read(path).records
    assert not [r for r in kept if isinstance(r, schema.Failed | schema.End)]
    _, alive = psutil.wait_procs(children, timeout=PATIENT_S)
    assert not alive


def test_a_second_run_is_refused_and_names_the_first(tmp_path):
    running, _ = started(tmp_path / "results", *LONG)
    second = subprocess.run(
        command(*SMOKE, "--framework", "null", out=tmp_path / "other"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=PATIENT_S)
    assert second.returncode == 2
    assert f"process {running.pid}" in second.stderr
    assert not (tmp_path / "other").exists()


def test_a_terminal_that_is_really_closed_keeps_the_report_too(tmp_path):
    """The bar is drawn on it, and drawing on a closed one is an error."""
    master, slave = pty.openpty()
    running = subprocess.Popen(
        command(*LONG, out=tmp_path / "results"),
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    path = first_slice(running, tmp_path / "results")
    os.close(master)
    assert running.wait(timeout=PATIENT_S) == 128 + signal.SIGHUP
    assert path.with_name("report.html").exists()
    assert not isinstance(records.read(path).records[-1], schema.End)


def test_state_stands_before_and_after_each_case_and_an_end_at_the_end(measure):
    done = measure("null", "mlp")
    states = [r for r in done.records if isinstance(r, schema.State)]
    cases = ["mlp/forward/64", "mlp/train/64"]
    assert [(r.case, r.phase) for r in states] == [
        (case, phase) for case in cases for phase in ("before", "after")
    ]
    assert all(record.load is not None for record in states)
    assert isinstance(done.records[-1], schema.End)
    assert all(r.sentinel_s > 0 for r in done.of(schema.Slice, "null"))


def test_workers_end_when_the_host_is_killed(tmp_path):
    running, _ = started(tmp_path / "results", *LONG)
    children = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.communicate()
    _, alive = psutil.wait_procs(children, timeout=PATIENT_S)
    assert not alive


def test_idle_workers_use_no_cpu(tmp_path):
    """While one contender is in a long build, the others must not spin beside it."""
    slow = tmp_path / "mine.py"
    slow.write_text(
        "import time\nfrom frameworks.null import adapter as null\n"
        "from frameworks.null.adapter import devices, start, wait, to_numpy, memory\n"
        'NAME = "slow"\nENVIRONMENT = "host"\n'
        "def build(workload, arrays):\n"
        "    time.sleep(4)\n"
        "    return prompt.build(workload, arrays)\n"
    )
    arguments = ("--framework", f"numpy,{slow}", "--suite", "mlp,matmul", "--preset", "smoke")
    running, path = started(tmp_path / "results", *arguments)
    (idle,) = workers(running, "frameworks.numpy.adapter")
    while path.read_bytes().count(b'"cell"') < 2:
        time.sleep(0.05)
    # The next case has begun: numpy builds in an instant and then waits for the slow one.
    time.sleep(1.5)
    before = sum(idle.cpu_times()[:2])
    time.sleep(1)
    assert sum(idle.cpu_times()[:2]) - before < 0.1
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=PATIENT_S)


@pytest.mark.parametrize("module", ["pandas", "matplotlib", "pyarrow"])
def test_help_and_list_load_no_heavy_package(module):
    code = (
        "import sys, runpy, contextlib\n"
        "sys.argv = ['bench', 'list']\n"
        "with contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('bench', run_name='__main__')\n"
        f"sys.exit({module!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
