"""Who reaches the scheduler's port: without the certificate nothing; with it no code is run."""

import asyncio
import os
import socket
import ssl

import pytest

from bench.fleet import head, quiet, unpickling


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
            f"tls://127.0.0.1:{port}", **security.get_connection_args("client"), timeout=5
        )
        try:
            await comm.write({**message, "reply": True})
            return await asyncio.wait_for(comm.read(), 3)
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
        socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
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
        answer = asked(scheduler, {"op": op, "function": wrapped, "msg": {"op": "run"}})
        assert answer is None or "status" in answer or isinstance(answer, unpickling.Inert)
    assert not trap.exists()
    assert asked(scheduler, {"op": "ncores"}) == {}  # it goes on
