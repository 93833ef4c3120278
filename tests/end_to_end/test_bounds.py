"""What a worker may take of the machine: output, memory, time after its host, and the past."""

import signal
import subprocess
import time

import psutil
import pytest

from bench import schema
from tests.end_to_end.conftest import ROOT, command
from tests.helpers.patience import PATIENT_S


def test_a_flood_of_output_is_bounded_and_harms_nothing(measure, adapter):
    """A gigabyte, once: the host keeps its ends and stays small."""
    path = adapter(
        """
        def build(workload, arrays):
            if workload.case == "matmul/square/64":
                for _ in range(1024):
                    os.write(1, b"x" * 2**20)
            if workload.case == "matmul/square/256":
                os.abort()
            return prompt.build(workload, arrays)
        """
    )
    before = psutil.Process().memory_info().rss
    done = measure(path, "matmul")
    assert psutil.Process().memory_info().rss - before < 100 * 2**20
    assert len(done.cells(path)) == 2
    (failed,) = done.of(schema.Failed, path)
    assert "bytes left out" in failed.output_tail
    assert len(failed.output_tail) < 20_000


def test_a_worker_that_takes_too_much_memory_is_ended(measure, adapter):
    path = adapter(
        """
        def build(workload, arrays):
            if workload.case == "matmul/square/256":
                hoard = np.ones(2**27)
                time.sleep(60)
            return prompt.build(workload, arrays)
        """
    )
    done = measure(f"{path},numpy", "matmul", memory_bytes=700 * 2**20)
    assert done.code == 1
    (failed,) = (r for r in done.records if isinstance(r, schema.Failed))
    assert failed.case == "matmul/square/256"
    assert "0.68 allowed (--memory): killed" in failed.reason
    assert len(done.cells(path)) == 2
    assert len(done.cells("numpy")) == 3


def test_isolated_cases_share_no_process(measure, adapter):
    path = adapter(
        """
        seen = []
        def build(workload, arrays):
            seen.extend({workload.case} if workload.suite != "probe" else ())
            assert len(seen) <= 1, seen
            return prompt.build(workload, arrays)
        """
    )
    done = measure(path, "matmul", isolated=True)
    assert done.code == 0
    assert len(done.cells(path)) == 3
    assert len(done.of(schema.Runtime, path)) == 3
    assert "starting workers anew for each case took" in done.out
    assert measure(path, "matmul").code == 1


FRESH = """
seen = []
def build(workload, arrays):
    seen.extend({workload.case} if workload.suite != "probe" else ())  # what the harness asks first
    assert len(seen) <= 1, seen
    return prompt.build(workload, arrays)
"""


def test_every_start_is_a_process_of_its_own_and_proved_anew(measure, adapter):
    path = adapter(FRESH)
    done = measure(f"{path},numpy", "mlp", starts=3)
    assert done.code == 0
    for who in (path, "numpy"):
        slices = done.of(schema.Slice, who)
        cases = {record.case for record in slices}
        assert cases == done.cells(who)
        for case in cases:
            mine = [record for record in slices if record.case == case]
            assert [record.round for record in mine] == list(range(9))
            assert [record.start for record in mine] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
            looks = [r for r in done.of(schema.Verified, who) if r.case == case]
            assert [look.phase for look in looks] == ["before", "after"] * 3
    cells = [record for record in done.records if isinstance(record, schema.Cell)]
    assert {(record.stopped_by, record.rounds) for record in cells} == {("starts", 9)}
    assert len(cells) == 3  # NumPy has no training step


def test_what_is_wrong_in_one_start_gets_no_other(measure, adapter):
    path = adapter(
        """
        from pathlib import Path
        def build(workload, arrays):
            note = Path(os.environ["TMPDIR"], "second")
            if workload.suite != "mlp":
                return prompt.build(workload, arrays)
            if note.exists():
                spoiled = lambda results: {n: 1.02 * a for n, a in results.items()}
                return changed(workload, arrays, spoiled)
            note.touch()
            return prompt.build(workload, arrays)
        """
    )
    done = measure(path, "mlp", starts=3)
    assert done.code == 1
    first = [r for r in done.of(schema.Verified, path) if r.case == "mlp/forward/64"]
    assert [(look.phase, look.passed) for look in first] == [
        ("before", True),
        ("after", True),
        ("before", False),
    ]


@pytest.mark.parametrize("stage", ["build", "step"])
def test_a_hanging_worker_ends_with_its_host(tmp_path, adapter, stage):
    """It would keep a core busy under the next run, which the lock then lets begin."""
    hang = "open(os.environ['TMPDIR'] + '/hangs', 'w').close()\n    while True: pass\n"
    bodies = {
        "build": f"def build(*_):\n    {hang}",
        "step": f"def hang():\n    {hang}def build(*_):\n    return hang\n",
    }
    path = adapter(bodies[stage])
    host = subprocess.Popen(
        command("--framework", path, "--suite", "mlp", "--preset", "smoke", out=tmp_path / "out"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENT_S
    while not (tmp_path / "hangs").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = psutil.Process(host.pid).children(recursive=True)
    assert workers
    host.send_signal(signal.SIGKILL)
    host.wait(timeout=PATIENT_S)
    assert psutil.wait_procs(workers, timeout=PATIENT_S)[1] == []
