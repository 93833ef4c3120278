"""Dask as a queue and nothing else: no profiler, no monitors, few words, loopback alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bench.fleet import unpickling

if TYPE_CHECKING:
    from distributed import Scheduler, Security, Worker

HEARTBEAT_S = 15
"""Between two signs of life of a worker that has nothing to say."""

CONNECT_S = 60
"""Longest a worker looks for the scheduler, and afterwards for a way back to it."""

SETTINGS: dict[str, Any] = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.scheduler.http.routes": [],
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.worker-ttl": f"{8 * HEARTBEAT_S}s",
    "distributed.scheduler.preload": [],
    "distributed.client.preload": [],
    "distributed.worker.preload": [],
    "distributed.client.heartbeat": "60s",
    "distributed.client.scheduler-info-interval": "52w",  # it would not be told: `ASKED`
    # What a topic keeps of its events: they hold records, and the head has written them already.
    "distributed.admin.low-level-log-length": 8,
    "distributed.admin.log-length": 100,
    "distributed.admin.tick.interval": "5s",
    "distributed.admin.tick.limit": "60s",
    "distributed.admin.tick.cycle": "60s",
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.admin.system-monitor.log-length": 2,
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.comm.require-encryption": True,
    "distributed.comm.compression": False,
    "distributed.comm.timeouts.connect": f"{CONNECT_S}s",
    "distributed.comm.timeouts.tcp": "60s",
    "distributed.p2p.storage.disk": False,
}
"""Of this process alone, over whatever the user's own Dask is set to."""

ASKED = ("register-worker", "heartbeat_worker")
"""All that a machine asks of the scheduler. Whoever has the certificate may ask: to be a client too
would be to name tasks of other machines, to hear their events and to say others in their place."""

HTTP = "127.0.0.1:0"
"""Dask serves pages even where none were asked for: without routes, and to this machine alone."""


def settle() -> None:
    """Set Dask of this process so. What it logs is for its own developers."""
    import dask
    import distributed.scheduler

    dask.config.set(SETTINGS)
    # The scheduler tells workers how often to say that they live: else twice a second.
    distributed.scheduler.heartbeat_interval = lambda n: float(HEARTBEAT_S)
    unpickling.restrict()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def answer_only(server: Scheduler | Worker, ops: tuple[str, ...] = ()) -> None:
    """From here on a peer may ask this server for nothing else."""
    server.handlers = {op: server.handlers[op] for op in ops}


def security(certificate: str, key: str) -> Security:
    """One certificate for all: who has it is of this fleet, and nobody else is heard."""
    from distributed import Security

    return Security(
        require_encryption=True,
        tls_ca_file=certificate,
        tls_client_cert=certificate,
        tls_client_key=key,
        tls_scheduler_cert=certificate,
        tls_scheduler_key=key,
        tls_worker_cert=certificate,
        tls_worker_key=key,
    )
