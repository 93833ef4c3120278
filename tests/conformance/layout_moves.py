"""Runs in a framework's environment: how often a step really moves images to another layout.

`python -P layout_moves.py FRAMEWORK SUITE PRESET MODULE CASE [...]` prints JSON: for each
module and case {operation: how often}, of those that copy or transpose an array of four dimensions,
as the framework itself tells: JAX's jaxpr, TensorFlow's graphs, PyTorch's profiler. None tells what
a kernel moves within itself.
"""

import functools
import json
import sys
from collections import Counter
from unittest import mock

from bench.worker.adapter import load
from frameworks import FRAMEWORKS
from frameworks.interface import Settings, parts
from suites import catalog
from suites.data import arrays

IMAGE = 4
"""Dimensions of a batch of images, and of kernels."""


def jax(build):
    import jax

    step = build()
    step()

    def bare():
        return [getattr(value, "array", value) for value in step().values()]

    return Counter(_primitives(jax.make_jaxpr(bare)().jaxpr))


def _primitives(jaxpr):
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        shapes = [getattr(variable.aval, "shape", ()) for variable in equation.invars]
        if name in ("transpose", "copy", "copy_p") and len(shapes[0]) >= IMAGE:
            yield name
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from _primitives(inner)


def tf(build):
    import tensorflow as tf

    graphs, real = [], tf.function

    def recording(function, **options):
        @functools.wraps(function)
        def body(*arguments):
            results = function(*arguments)
            graphs.append(tf.compat.v1.get_default_graph())
            return results

        return real(body, **options)

    with mock.patch.object(tf, "function", recording):
        step = build()
        graphs.clear()
        step()
    assert graphs, "no function was traced"
    operations = [operation for graph in graphs for operation in graph.get_operations()]
    return Counter(
        operation.type
        for operation in operations
        if operation.type in ("Transpose", "DeepCopy", "ConjugateTranspose")
        and operation.outputs[0].shape.rank >= IMAGE
    )


def torch(build):
    import torch

    step = build()
    step()
    with torch.profiler.profile(record_shapes=True) as profile:
        step()
    assert any(event.name.startswith("aten::") for event in profile.events())
    return Counter(
        event.name
        for event in profile.events()
        if event.name == "aten::copy_" and len(event.input_shapes[0]) >= IMAGE
        if not any(name.startswith(TORCH_OWN) for name in _callers(event))
    )


TORCH_OWN = ("autograd::engine", "Optimizer.step")
"""How PyTorch lays gradients out, and makes them fit their weights, is no adapter's choice."""


def _callers(event):
    while event := event.cpu_parent:
        yield event.name


def main(framework, suite, preset, *asked):
    """Each module and case, in one process: importing a framework takes longer than looking."""
    pairs = zip(asked[::2], asked[1::2], strict=True)
    found = [
        _of_step(framework, module, catalog.find(suite, preset, case)) for module, case in pairs
    ]
    sys.stdout.write(json.dumps(found) + "\n")


def _of_step(framework, module, workload):
    """Start the adapter as a worker does, and look at one step."""
    adapter = load(module)
    execution = FRAMEWORKS[framework].executions[0]
    adapter.start(adapter.devices()[0], Settings("float32", execution))
    made = arrays.make(workload, 0)
    look = {"jax": jax, "tf": tf, "torch": torch}[framework]
    return look(lambda: parts(adapter.build(workload, made))[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
