"""A worker's turn: one slice of samples, and what the host measures of it meanwhile."""

from __future__ import annotations

import time
from typing import Any

from bench.contenders.supervisor import Supervisor
from bench.meters import sentinel
from bench.meters.cpu_load import Load
from bench.meters.energy import Meter


def take(supervisor: Supervisor, meter: Meter, **asked: Any) -> dict[str, Any]:
    """The worker's answer to a `slice`, with the host's own figures, which no answer replaces.
    Raises WorkerError, WorkerDied."""
    sentinel_s = sentinel.host_s()
    load = Load(supervisor.pid)
    meter.begin()
    supervisor.busy.begin()
    begun = time.monotonic()
    try:
        reply = supervisor.ask("slice", **asked)
        host_s = time.monotonic() - begun
    finally:
        device_busy = supervisor.busy.end()
    meter.end()
    measured = {
        "host_s": host_s,
        "host_cpu_s": load.own_s(),
        "others_cpu_s": load.others_s(),
        "device_busy": device_busy,
        "sentinel_s": sentinel_s,
    }
    supervisor.ask("rest")
    return {**reply, **measured}
