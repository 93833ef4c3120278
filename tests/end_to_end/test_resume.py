"""A run that was killed goes on: the same cells in the end, and no line lost."""

import random
import resource
import signal
import subprocess
import sys
import time

from bench import records, schema
from tests.end_to_end.conftest import ROOT, command
from tests.end_to_end.test_run import LONG, started, workers
from tests.helpers.patience import PATIENT_S


def finish(folder, *arguments):
    """Resume to the end."""
    return subprocess.run(
        command(*arguments, "--resume", out=folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )


SHORT = (*LONG[:-1], "0.2")
"""Where it is broken off as soon as it has begun."""


def cells(found):
    """Contender and case of every finished cell, each once."""
    done = [(r.contender, r.case) for r in found if isinstance(r, schema.Cell)]
    assert len(done) == len(set(done))
    return set(done)


def everything(found):
    (run,) = (r for r in found if isinstance(r, schema.Run))
    return {(who.contender, case.case) for who in run.contenders for case in run.cases}


def test_a_run_killed_three_times_has_all_cells_in_the_end(tmp_path):
    out, moments = tmp_path / "results", random.Random()
    running, path = started(out, *LONG)
    kept = b""
    for number in range(3):
        time.sleep(moments.uniform(0.1, 2.0))
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=PATIENT_S)
        assert path.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1]), f"lost before {number}"
        kept = path.read_bytes()
        running = subprocess.Popen(
            command(*LONG, "--resume", out=out),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + PATIENT_S
        while path.read_bytes().count(b'"resumed"') <= number and time.monotonic() < deadline:
            time.sleep(0.02)
    _, err = running.communicate(timeout=PATIENT_S)
    assert running.returncode == 0, err
    assert list(out.glob("*/records.jsonl")) == [path]
    reading = records.read(path)
    assert reading.refused == ()
    assert cells(reading.records) == everything(reading.records)
    assert path.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    assert sum(isinstance(r, schema.Resumed) for r in reading.records) == 3
    assert isinstance(reading.records[-1], schema.End)
    rounds = [
        (r.contender, r.case, r.round) for r in reading.records if isinstance(r, schema.Slice)
    ]
    assert len(rounds) == len(set(rounds))


def test_finished_cells_are_not_measured_again(tmp_path):
    out = tmp_path / "results"
    running, path = started(out, *SHORT)
    while path.read_bytes().count(b'"cell"') < 3:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    before = records.read(path).records
    done = cells(before)
    assert finish(out, *SHORT).returncode == 0
    after = records.read(path).records[len(before) :]
    again = {(r.contender, r.case) for r in after if isinstance(r, schema.Slice)}
    assert not again & done


def test_a_line_cut_short_by_a_power_cut_is_let_go(tmp_path):
    out = tmp_path / "results"
    running, path = started(out, *SHORT)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert finish(out, *SHORT).returncode == 0
    reading = records.read(path)
    assert reading.refused == ()
    assert cells(reading.records) == everything(reading.records)


def test_an_interrupted_run_goes_on_and_its_report_is_whole(tmp_path):
    out = tmp_path / "results"
    running, path = started(out, *SHORT)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=PATIENT_S)
    assert "--resume" in err
    assert finish(out, *SHORT).returncode == 0
    assert cells(records.read(path).records) == everything(records.read(path).records)
    assert (path.parent / "report.html").exists()


def test_a_killed_worker_stays_a_failure_after_resuming(tmp_path):
    out = tmp_path / "results"
    running, path = started(out, *LONG)
    (worker,) = workers(running, "frameworks.numpy.adapter")
    worker.send_signal(signal.SIGKILL)
    while b'"failed"' not in path.read_bytes():
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert finish(out, *LONG).returncode == 1
    found = records.read(path).records
    (failed,) = (r for r in found if isinstance(r, schema.Failed))
    assert cells(found) == everything(found) - {(failed.contender, failed.case)}


def test_another_request_is_not_taken_for_the_same(tmp_path):
    out = tmp_path / "results"
    running, _ = started(out, *SHORT)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    for other in (("--seed", "7"), ("--preset", "standard"), ("--rounds", "5")):
        done = finish(out, *SHORT, *other)
        assert done.returncode == 2
        assert "differs in its" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_full_disk_ends_the_run_and_its_records_go_on_elsewhere_in_time(tmp_path):
    """A limit on the size of files stands for the disk: the same error, for this process alone."""
    out = tmp_path / "results"
    # Of small products: what a worker hands over of them is smaller than the limit. In this Python,
    # all of which is compiled: Python 3.11 keeps the half of a module that it compiles on a full
    # disk, and no later run with our NumPy could import the other.
    own = f"numpy:{sys.prefix}"
    small = ("--framework", f"{own},null", "--suite", "hackintosh", "--preset", "smoke")
    limited = subprocess.run(
        command(*small, out=out),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
    )
    assert limited.returncode == 1, limited.stderr
    assert "broke off" in limited.stderr
    assert "--resume" in limited.stderr
    assert "Traceback" not in limited.stderr
    (path,) = out.glob("*/records.jsonl")
    assert len(records.read(path).records) > 3
    assert finish(out, *small).returncode == 0
    assert cells(records.read(path).records) == everything(records.read(path).records)


def test_nothing_to_resume_is_said(tmp_path):
    done = finish(tmp_path / "results", *LONG)
    assert done.returncode == 2
    assert "none that broke off" in done.stderr
