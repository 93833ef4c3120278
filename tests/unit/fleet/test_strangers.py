"""Who reaches the scheduler's port: without the certificate nothing; with it no code is run."""

import asyncio
import os
import queue
import socket
import ssl
import time

import pytest

from bench.fleet import head, quiet, task
from tests.helpers.patience import PATIENT_S


class Evil:
    """Runs a command where it is unpickled."""

    def __init__(self, trap):
        self._trap = trap

    def __reduce__(self):
        return os.system, (f"touch {self._trap}",)


@pytest.fixture(scope="module")
def scheduler():
    with head.scheduler() as (client, port, secret):
        yield client, port, secret


def asked(scheduler, message):
    """What the scheduler answers to one who has the certificate; None where it hangs up."""
    from distributed.comm import connect

    client, port, secret = scheduler

    async def talk():
        security = quiet.security(*secret)
        comm = await connect(
            f"tls://127.0.0.1:{port}", **security.get_connection_args("client"), timeout=PATIENT_S
        )
        try:
            await comm.write({**message, "reply": True})
            return await asyncio.wait_for(comm.read(), PATIENT_S)
        except (OSError, TimeoutError):
            return None
        finally:
            comm.abort()

    return client.sync(talk)


def test_a_stranger_is_not_heard(scheduler):
    _, port, _ = scheduler
    plain = ssl.create_default_context()
    plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENT_S) as raw,
        pytest.raises(OSError),
        plain.wrap_socket(raw) as wrapped,
    ):
        assert wrapped.recv(1) == b""
        raise OSError("it hung up")


@pytest.mark.parametrize("op", ["run_function", "register_worker_plugin", "feed", "broadcast"])
def test_one_who_has_the_certificate_runs_no_code(scheduler, tmp_path, op):
    from distributed.protocol import to_serialize
    from distributed.protocol.serialize import ToPickle

    trap = tmp_path / "trap"
    for wrapped in (ToPickle(Evil(trap)), to_serialize(Evil(trap))):
        assert asked(scheduler, {"op": op, "function": wrapped, "msg": {"op": "run"}}) is None
    assert not trap.exists()
    assert goes_on(scheduler)


def goes_on(scheduler):
    """Whether the scheduler still answers what a machine asks."""
    beat = {"address": "tls://127.0.0.1:1", "now": 0.0, "metrics": {}, "executing": {}}
    answer = asked(scheduler, {"op": "heartbeat_worker", "extensions": {}, **beat})
    return answer["status"] == "missing"


NOSY = ["processing", "events", "who_has", "identity", "log_event", "get_task_stream", "logs"]
NOSY += ["register-client", "connection_stream", "unregister", "retire_workers", "terminate"]


@pytest.mark.parametrize("op", NOSY)
def test_one_who_has_the_certificate_learns_nothing_of_others(scheduler, op):
    words = {"topic": "a", "msg": "b", "client": "c", "versions": {}, "address": "d"}
    assert asked(scheduler, {"op": op}) is None
    assert asked(scheduler, {"op": op, **words}) is None
    assert goes_on(scheduler)


def test_one_who_works_along_gives_nobody_work(scheduler, monkeypatch):
    """Its connection leads to the same handlers as the one client's."""
    client, port, secret = scheduler
    tasks, asks, heard = client.cluster.scheduler.tasks, [], queue.SimpleQueue()
    client.subscribe_topic("known", heard.put)
    with monkeypatch.context() as patched:
        patched.setattr(client, "_send_to_scheduler", asks.append)
        client.submit(task.measure, {}, key="forged", workers=["x"])

    async def work(*said):
        from distributed import Worker

        security = quiet.security(*secret)
        async with Worker(f"tls://127.0.0.1:{port}", name="x", security=security) as worker:
            for message in said:
                worker.batched_send(message)
            await asyncio.sleep(0.3)

    client.sync(work, {"op": "log-event", "topic": "known", "msg": 1})
    assert heard.get(timeout=PATIENT_S)[1] == 1  # what it says arrives
    client.sync(work, *({**ask, "client": client.id} for ask in asks))
    assert "forged" not in tasks
    assert goes_on(scheduler)
    for ask in asks:
        client.sync(asyncio.to_thread, client._send_to_scheduler, ask)
    deadline = time.monotonic() + PATIENT_S
    while "forged" not in tasks and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "forged" in tasks  # it was worth asking
