"""A worker's turn: one slice of samples, and what the host measures of it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from bench import schema
from bench.contenders.replies import Rested, Sliced
from bench.contenders.supervisor import Supervisor
from bench.meters import sentinel
from bench.meters.cpu_load import Load
from bench.meters.energy import Meter


def take(
    supervisor: Supervisor, meter: Meter, named: Mapping[str, Any], **asked: Any
) -> tuple[schema.Slice, Sliced]:
    """The record of a slice that is `named` so: the worker's figures beside the host's own; and the
    worker's whole reply. Raises WorkerError, WorkerDied."""
    sentinel_s = sentinel.host_s()
    load = Load(supervisor.pid)
    meter.begin()
    supervisor.busy.begin()
    begun = time.monotonic()
    try:
        reply = supervisor.ask(Sliced, **asked)
        host_s = time.monotonic() - begun
    finally:
        device_busy = supervisor.busy.end()
    meter.end()
    taken = schema.Slice(
        **reply.figures(),
        **named,
        host_s=host_s,
        host_cpu_s=load.own_s(),
        others_cpu_s=load.others_s(),
        device_busy=device_busy,
        sentinel_s=sentinel_s,
    )
    supervisor.ask(Rested)
    return taken, reply
