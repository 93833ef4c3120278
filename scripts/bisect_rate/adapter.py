"""An adapter of slowpoke, a framework in pure Python whose releases the script makes up."""

import metalbench_slowpoke as slowpoke

from frameworks.interface import Resettable, Runtime, Unsupported
from frameworks.numpy.adapter import devices, memory, to_numpy, wait
from frameworks.shared.batches import Source, going_round, ring
from suites.workload import Product

__all__ = ["NAME", "PACKAGE", "build", "devices", "memory", "start", "to_numpy", "wait"]

NAME = "slowpoke"
PACKAGE = "metalbench-slowpoke"


def start(device, settings):
    versions = {"slowpoke": slowpoke.__version__}
    return Runtime(versions=versions, device=device, asynchronous=False)


def build(workload, arrays):
    if not isinstance(workload, Product) or workload.generated:
        raise Unsupported("slowpoke multiplies matrices and does nothing else")
    source = Source(_operands, arrays)
    return Resettable(lambda: {"product": slowpoke.matmul(*source.take())}, source.reset)


def _operands(arrays):
    b = arrays.inputs["b"].copy()
    return going_round([(batch["a"].copy(), b) for batch in ring(arrays)])
