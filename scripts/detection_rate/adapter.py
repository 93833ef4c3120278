"""An adapter with a known slowness: NumPy's, and after each product a busy-wait of a share of it.

The execution says how much: `plain`, or a share such as `0.03`.
"""

from frameworks.interface import Resettable, parts
from frameworks.numpy import adapter as plain
from frameworks.numpy.adapter import devices, memory, to_numpy, wait
from scripts.detection_rate.work import slowed

__all__ = ["NAME", "build", "devices", "memory", "start", "to_numpy", "wait"]

NAME = "slowed"

_share = 0.0


def start(device, settings):
    global _share
    _share = 0.0 if settings.execution == "plain" else float(settings.execution)
    return plain.start(device, settings)


def build(workload, arrays):
    step, reset = parts(plain.build(workload, arrays))
    slow = slowed(step, _share)
    return slow if reset is None else Resettable(slow, reset)
