"""`python -m bench.fleet.worker TOKEN`: Dask's worker on a machine of a fleet.

What it needs comes as one line of standard input: certificates stand on no command line and in no
file. Whoever holds its standard input says `alive` now and then. When that ends, or nothing came
for two minutes, all of it ends: a machine whose head has gone measures for nobody.
"""

from __future__ import annotations

import asyncio
import io
import os
import select
import shutil
import sys
import tempfile
import threading

import msgspec

from bench.fleet import quiet, task

ALIVE_S = 20.0
"""Between two signs of life of the head."""

SILENT_S = 120.0
"""Without any, the head has gone."""

READY, WORKING = b"ready", b"working"
"""What it says on standard output, each after its token."""

STOP, ALIVE = b"stop", b"alive"
"""What it is told, a line each."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it finds the scheduler, and who may talk to it."""

    scheduler: str
    port: int
    """Where it listens, on 127.0.0.1; 0 for any."""
    name: str
    """Which nobody else knows, so that nobody else can be given its tasks."""
    certificate: str
    key: str


def main(token: str) -> None:
    """Work until the head is gone or wants no more; never returns."""
    _say(token, READY)
    told = io.FileIO(0, closefd=False).readline(2**16)  # unbuffered: what follows is for `_heed`
    settings = msgspec.json.decode(told, type=Settings)
    scratch = tempfile.mkdtemp(prefix="metalbench-fleet-")
    threading.Thread(target=_heed, args=(scratch,), daemon=True).start()
    quiet.settle()
    try:
        asyncio.run(_work(settings, token, scratch))
    finally:
        _end(scratch)


async def _work(settings: Settings, token: str, scratch: str) -> None:
    from distributed import Worker

    security = quiet.security(settings.certificate, settings.key)
    worker = Worker(
        settings.scheduler,
        nthreads=1,
        name=settings.name,
        resources={"machine": 1},
        host="127.0.0.1",
        port=settings.port,
        protocol="tls",
        dashboard=False,
        dashboard_address=quiet.HTTP,
        security=security,
        death_timeout=quiet.CONNECT_S,
        heartbeat_interval=f"{quiet.HEARTBEAT_S}s",
        memory_limit=0,
        local_directory=scratch,
        extensions={},
    )
    quiet.answer_only(
        worker
    )  # what the scheduler wants of it comes over the worker's own connection
    # Once a second it would look for data of other workers, which a fleet has none of.
    worker.periodic_callbacks.pop("find-missing", None)
    async with worker:
        _say(token, WORKING)
        await worker.finished()


def _heed(scratch: str) -> None:
    """Do what the head says; end all when it says nothing any more."""
    rest = b""
    while select.select([0], [], [], SILENT_S)[0]:
        heard = os.read(0, 4096)
        if not heard:
            break
        *lines, rest = (rest + heard)[-4096:].split(b"\n")
        if STOP in lines:
            task.stop.set()
    _end(scratch)


def _end(scratch: str) -> None:
    """At once and whatever else is going on: what the task began ends with this process."""
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def _say(token: str, word: bytes) -> None:
    sys.stdout.buffer.write(token.encode() + b" " + word + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
