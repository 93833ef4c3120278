"""NumPy made to lie: weights and inputs are held in fewer bits than they are said to be."""

import dataclasses

from frameworks.numpy import adapter as honest
from tests.simulated.arithmetic import rounded

FUNCTIONS = ("devices", "start", "wait", "to_numpy", "memory")

BITS = {"held_in_tf32": 11, "held_in_bfloat16": 8}

VARIANTS = tuple(BITS)


def install(into, variant):
    """Make a module NumPy's adapter with this lie."""
    into.update({name: getattr(honest, name) for name in FUNCTIONS})
    bits = BITS[variant]

    def held(arrays):
        return dataclasses.replace(
            arrays,
            inputs=_each(arrays.inputs, bits),
            weights=_each(arrays.weights, bits),
            ring=tuple(_each(batch, bits) for batch in arrays.ring),
        )

    into["build"] = lambda workload, arrays: honest.build(workload, held(arrays))


def _each(batch, bits):
    return {
        name: rounded(array, bits) if array.dtype.kind == "f" else array
        for name, array in batch.items()
    }
