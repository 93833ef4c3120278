"""The life of a model from any adapter's own parts: learn, save, load in a fresh model, infer."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frameworks.interface import Framework, Step
from suites import weights
from suites.arrays import Arrays
from suites.layers import parameters
from suites.workload import Lifecycle


def build(adapter: Framework, workload: Lifecycle, arrays: Arrays) -> Step:
    """A step that lives one life; its results are learning's and `prediction`."""
    learn = adapter.build(workload.learn, arrays)
    expected = parameters(workload.learn.model, workload.learn.input_shape)
    tests = {"x": arrays.inputs["test_x"]}

    def step() -> Mapping[str, Any]:
        learned = learn()
        with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
            path = Path(folder, "weights.safetensors")
            weights.save(path, {name: adapter.to_numpy(learned[name]) for name in expected})
            loaded = weights.load(path, expected)
        infer = adapter.build(workload.inference, Arrays(tests, loaded))
        return {**learned, "prediction": infer()["output"]}

    return step
