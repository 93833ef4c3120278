"""Staying awake: a real child, that gets the right arguments and ends with the run."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from bench.run import sleep_inhibitor
from tests.helpers.patience import PATIENT_S


@pytest.fixture
def caffeinate(tmp_path):
    """A command that notes its arguments and, as caffeinate -w does, ends with that process."""
    noted, path = tmp_path / "noted", tmp_path / "caffeinate"
    path.write_text(
        f'#!/bin/sh\necho $$ $* >> {noted}\nwhile kill -0 "$3" 2>/dev/null; do sleep 0.05; done\n'
    )
    path.chmod(0o755)
    return path, noted


def notes(noted):
    """Process and arguments of the one that was started, once it has begun."""
    deadline = time.monotonic() + PATIENT_S
    while time.monotonic() < deadline:
        if noted.exists() and noted.read_text().endswith("\n"):
            pid, *arguments = noted.read_text().split()
            return int(pid), arguments
        time.sleep(0.025)
    pytest.fail("it was never started")


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def ends(pid):
    deadline = time.monotonic() + PATIENT_S
    while (living := is_running(pid)) and time.monotonic() < deadline:
        time.sleep(0.025)
    return not living


def test_it_stays_awake_for_this_process_until_the_end(caffeinate):
    command, noted = caffeinate
    said = []
    with sleep_inhibitor.prevent_sleep(said.append, str(command), needed=True):
        pid, arguments = notes(noted)
        assert arguments == ["-i", "-w", str(os.getpid())]
        assert is_running(pid)
    assert not is_running(pid)
    assert said == []


def test_a_run_that_fails_ends_it_too(caffeinate):
    command, noted = caffeinate
    with (
        pytest.raises(RuntimeError),
        sleep_inhibitor.prevent_sleep(print, str(command), needed=True),
    ):
        pid, _ = notes(noted)
        raise RuntimeError
    assert not is_running(pid)


def test_a_killed_run_leaves_none_behind(caffeinate):
    command, noted = caffeinate
    program = (
        "import time; from bench.run.sleep_inhibitor import prevent_sleep\n"
        f"with prevent_sleep(print, {str(command)!r}, needed=True): time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as host:
        pid, arguments = notes(noted)
        assert arguments[-1] == str(host.pid)
        host.send_signal(signal.SIGKILL)
    assert ends(pid)


def test_a_signal_for_the_terminals_programs_does_not_reach_it(caffeinate):
    command, noted = caffeinate
    with sleep_inhibitor.prevent_sleep(print, str(command), needed=True):
        pid, _ = notes(noted)
        assert os.getpgid(pid) != os.getpgid(0)


def test_where_it_cannot_start_a_sentence_says_so(tmp_path):
    said = []
    with sleep_inhibitor.prevent_sleep(said.append, str(tmp_path / "absent"), needed=True):
        pass
    (line,) = said
    assert "may fall asleep" in line
    assert "No such file" in line


def test_where_it_ends_early_a_sentence_says_so(tmp_path):
    path = tmp_path / "caffeinate"
    path.write_text("#!/bin/sh\nexit 64\n")
    path.chmod(0o755)
    said, before = [], set(psutil.Process().children())
    with sleep_inhibitor.prevent_sleep(said.append, str(path), needed=True):
        (child,) = set(psutil.Process().children()) - before
        assert ends(child.pid)
    (line,) = said
    assert "may have slept" in line
    assert "64" in line


def test_elsewhere_nothing_is_started(caffeinate):
    command, noted = caffeinate
    with sleep_inhibitor.prevent_sleep(print, str(command), needed=False):
        assert not noted.exists()
