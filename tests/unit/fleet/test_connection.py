"""A machine's connection ends, and says so, whatever becomes of the process that holds it."""

import os
import queue
import shutil
import signal
import time

import psutil
import pytest

from bench.fleet import connection, hosts
from bench.fleet.connection import Connection, Head
from bench.fleet.ssh import Checkout
from tests.helpers.patience import PATIENT_S

SLOT = hosts.machines("local:1")[0]


@pytest.fixture
def opened(tmp_path):
    """One to a worker that looks for a scheduler which is not there, and what it tells."""
    news = queue.SimpleQueue()
    head = Head(1, "no certificate", "no key", Checkout.here(), tmp_path)
    found = Connection(SLOT, head, news.put)
    found.open()
    deadline = time.monotonic() + PATIENT_S
    while found.pid is None and time.monotonic() < deadline:
        time.sleep(0.01)
    yield found, news
    found.close()
    found.finish(10)


def gone(news):
    while (heard := news.get(timeout=PATIENT_S)).what != "gone":
        pass
    return heard.line


def test_one_that_is_closed_ends_with_its_worker(opened):
    found, news = opened
    found.close()
    assert gone(news)
    assert not psutil.pid_exists(found.pid)


def test_one_that_hears_nothing_any_more_is_ended(opened, monkeypatch):
    monkeypatch.setattr(connection, "CLOSE_S", 0.5)
    found, news = opened
    os.kill(found.pid, signal.SIGSTOP)
    found.close()
    assert gone(news)
    assert not psutil.pid_exists(found.pid)


def test_a_worker_that_cannot_begin_says_why(opened):
    _, news = opened
    assert gone(news)  # no certificate: its last words


def test_a_machine_that_nobody_can_reach_is_gone_with_the_reason(tmp_path):
    if shutil.which("ssh") is None:
        pytest.skip("there is no ssh here")
    news = queue.SimpleQueue()
    machine = hosts.Machine(name="m", ssh="127.0.0.1", port=1, folder="f", config="/dev/null")
    found = Connection(machine, Head(1, "", "", Checkout.here(), tmp_path), news.put)
    found.open()
    assert "port 1" in gone(news)
    assert found.pid is None
