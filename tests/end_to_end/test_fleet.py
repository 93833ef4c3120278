"""Fleets: slots of this machine, and machines behind real ssh in network namespaces of the test."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from bench import records
from bench.fleet import plan
from bench.fleet.note import LOST
from bench.schema import Cell, End, Failed
from scripts import ssh_machines
from tests.end_to_end.conftest import ROOT
from tests.helpers.patience import PATIENT_S

WORK = ("--framework", "null,numpy", "--suite", "matmul", "--device", "cpu")
SHORT = ("--preset", "smoke", "--time", "5s")
LONG = ("--preset", "quick", "--time", "12s")
"""Still going on when its first records have come home."""


def fleet(hosts, out, *more, work=SHORT):
    """The command, begun."""
    return subprocess.Popen(
        [ROOT / "metalbench", "fleet", "--hosts", hosts, "--out", out, *WORK, *work, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process, seconds=PATIENT_S):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def kept(path):
    found = [record for _, record in records.scan(path)]
    assert not [r for r in found if isinstance(r, records.RejectedLine)]
    return found


def whole(path):
    """Whether a copy is of a run that came to its end, with each cell once."""
    found = kept(path)
    cells = [(r.contender, r.case) for r in found if isinstance(r, Cell)]
    return isinstance(found[-1], End) and len(set(cells)) == len(cells)


def wait_for(path, process, seconds=PATIENT_S):
    deadline = time.monotonic() + seconds
    while not path() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
    return path()


@pytest.fixture
def there():
    """The folder in which machines keep their part: this checkout is theirs too."""
    place = ROOT / "results" / "of-fleets"
    before = set(place.glob("*"))
    yield place
    for made in set(place.glob("*")) - before:
        shutil.rmtree(made)


def test_slots_measure_each_by_itself_and_are_told_to_be_a_trial(tmp_path):
    out, store = tmp_path / "acme-secret" / "out", tmp_path / "store"
    code, _, err = ended(fleet("local:2", out, "--store", store))
    copies = list(out.glob("*/*/matmul/records.jsonl"))
    assert len(copies) == 2, err
    assert all(whole(path) for path in copies)
    assert code == 0, err
    assert "their times disturb each other and mean" in err
    assert list(out.glob("*/report.html"))
    assert len(list(store.glob("manifest/*/*.json"))) == 2
    told = [*copies, *out.glob("*/report.*")]
    assert len(told) == 4
    assert not [path for path in told if "acme" in path.read_text(encoding="utf-8")]
    code, _, err = ended(fleet("local:2", out, "--resume"))
    assert code == 0, err
    assert len(list(out.glob("*/*/matmul/records.jsonl"))) == 2


def test_two_machines_one_of_which_is_lost_and_found(tmp_path, there):
    if why := ssh_machines.lacking():
        pytest.skip(why)
    out = tmp_path / "out"
    with ssh_machines.machines(tmp_path, "one", "two") as settings:
        hosts = ssh_machines.hosts_file(tmp_path / "fleet.toml", settings, tmp_path / "lk", ROOT)
        process = fleet(hosts, out, work=LONG)
        begun = wait_for(lambda: list(out.glob("*/one/matmul/records.jsonl")), process)
        assert begun, ended(process)
        mark = str(tmp_path / "lk" / "one")
        (victim,) = theirs(mark, "bench.fleet.worker")
        assert listening(victim) == {"0100007F"}  # 127.0.0.1
        victim.kill()
        code, _, err = ended(process)
        assert code == 1, err
        assert "one was lost" in err
        assert "1 of 2 machines were lost (one)" in err
        assert not left(mark)
        assert whole(next(out.glob("*/two/matmul/records.jsonl")))
        assert [r for r in kept(begun[0]) if isinstance(r, Failed) and r.stage == LOST]
        code, _, err = ended(fleet(hosts, out, "--resume", work=LONG))
        assert code == 0, err
    assert len(list(out.iterdir())) == 1
    assert whole(begun[0])
    place = ROOT / plan.place_there(begun[0].parents[2].name, "one")
    (original,) = place.glob("matmul/*/records.jsonl")
    assert there in original.parents
    assert original.read_bytes() == begun[0].read_bytes()


def test_a_machine_that_cannot_be_used_is_named_with_the_reason(tmp_path, there):
    if why := ssh_machines.lacking():
        pytest.skip(why)
    with ssh_machines.machines(tmp_path, "one") as settings:
        hosts = ssh_machines.hosts_file(
            tmp_path / "fleet.toml", settings, tmp_path / "lk", tmp_path / "nowhere"
        )
        code, _, err = ended(fleet(hosts, tmp_path / "out"))
        assert code == 1
        assert "one was lost: no such folder" in err
        (tmp_path / "user").unlink()
        code, _, err = ended(fleet(hosts, tmp_path / "out"))
        assert "Permission denied" in err
        assert "Traceback" not in err


def test_an_interrupted_fleet_keeps_what_there_is(tmp_path):
    process = fleet("local:1", tmp_path / "out", work=LONG)
    copy = wait_for(lambda: list((tmp_path / "out").glob("*/*/matmul/records.jsonl")), process)
    assert copy, ended(process)
    os.kill(process.pid, signal.SIGINT)
    code, _, err = ended(process)
    assert code == 130, err
    assert "RESUME=yes" in err
    assert not [r for r in kept(copy[0]) if isinstance(r, Failed)]
    assert not left(str(tmp_path))


def listening(process):
    """Addresses on which anybody in the process's network namespace listens, as Linux writes it."""
    found = set()
    for kind in ("tcp", "tcp6"):
        lines = Path(f"/proc/{process.pid}/net/{kind}").read_text().splitlines()[1:]
        rows = [line.split() for line in lines]
        found |= {row[1].partition(":")[0] for row in rows if row[3] == "0A"}
    return found


def theirs(mark, word=""):
    """Processes whose lock lies there and whose command line has the word."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            lock = process.environ().get("METALBENCH_LOCK", "")
            if lock.startswith(mark) and (not word or word in process.cmdline()):
                found.append(process)
    return found


def left(mark):
    """The same, once those that are being ended have ended."""
    deadline = time.monotonic() + PATIENT_S
    while (found := theirs(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
