"""One run at a time: the second is told of the first, and a dead one stands in nobody's way."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from bench.run import lock
from bench.run.lock import Busy, held

HOLDER = """
import sys, time
from bench.run.lock import held
with held("run --preset full"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(lock.VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def holder(own_folder):
    """Another process that holds the machine."""
    running = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "held\n"
    yield running
    running.kill()
    running.communicate()


def test_the_second_is_refused_and_told_of_the_first(holder):
    with pytest.raises(Busy, match=rf"process {holder.pid} \(run --preset full\)"), held("mine"):
        pytest.fail("two at once")


def test_a_killed_one_is_noticed_and_does_not_stand_in_the_way(holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with held("mine") as died:
        assert str(holder.pid) in died


def test_one_that_ended_leaves_nothing_behind():
    with held("first") as died:
        assert died is None
    with held("second") as died:
        assert died is None


def test_one_that_failed_lets_go():
    with pytest.raises(ZeroDivisionError), held("first"):
        raise ZeroDivisionError
    with held("second") as died:
        assert died is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "\x00" * 100])
def test_a_damaged_note_harms_nothing(own_folder, text):
    with held("first"):
        pass
    (own_folder / f"metalbench-{os.getuid()}" / "run.json").write_text(text)
    with held("second") as died:
        assert died is None


def test_a_folder_that_others_can_write_to_is_refused(own_folder):
    folder = own_folder / f"metalbench-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(Busy, match="not safe"), held("mine"):
        pytest.fail("anyone could put a link there")


def test_a_link_in_its_place_is_refused(own_folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (own_folder / f"metalbench-{os.getuid()}").symlink_to(elsewhere)
    with pytest.raises(Busy, match="not safe"), held("mine"):
        pytest.fail("it follows the link")


@pytest.mark.parametrize("what", ["absent", "a file"])
def test_a_folder_that_is_none_is_named_with_its_variable(what, tmp_path, monkeypatch):
    place = tmp_path / what
    if what == "a file":
        place.touch()
    monkeypatch.setenv(lock.VARIABLE, str(place))
    said = rf"{lock.VARIABLE} a folder.* Received: {place}"
    with pytest.raises(lock.NoFolder, match=said), held("mine"):
        pytest.fail("there is no lock")


def test_the_note_is_what_a_second_run_reads(own_folder):
    with held("run --preset quick"):
        note = own_folder / f"metalbench-{os.getuid()}" / "run.json"
        found = json.loads(note.read_text())
        assert (found["pid"], found["what"]) == (os.getpid(), "run --preset quick")
        assert time.strptime(found["since"], "%H:%M:%S")
        assert lock._read(note) == found
