"""The life of a model from any adapter's own parts: learn, save, load in a fresh model, infer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from frameworks.interface import Framework, Resettable, Step, parts
from suites.data import safetensors
from suites.data.arrays import Arrays
from suites.layers import parameters
from suites.workload import Lifecycle


def build(adapter: Framework, workload: Lifecycle, arrays: Arrays) -> Step | Resettable:
    """A step that lives one life; its results are learning's and `prediction`."""
    learn, relearn = parts(adapter.build(workload.learn, arrays))
    expected = parameters(workload.learn.model, workload.learn.input_shape)
    tests = {"x": arrays.inputs["test_x"]}

    def step() -> Mapping[str, Any]:
        learned = learn()
        with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
            path = Path(folder, "weights.safetensors")
            safetensors.save(path, {name: adapter.to_numpy(learned[name]) for name in expected})
            loaded = safetensors.load(path, expected)
        infer, _ = parts(adapter.build(workload.inference, Arrays(tests, loaded)))
        return {**learned, "prediction": infer()["output"]}

    if relearn is None:
        return step

    def reset(others: Arrays) -> Callable[[], None]:
        exchange = relearn(others)

        def swap() -> None:
            nonlocal tests
            exchange()
            tests = {"x": others.inputs["test_x"]}

        return swap

    return Resettable(step, reset)
