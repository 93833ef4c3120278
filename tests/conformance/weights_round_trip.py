"""Weights on their way between frameworks: `weights_round_trip.py NAME FOLDER VERB`.

`save` trains the small classifier and writes its weights to FOLDER/NAME.safetensors. `predict`
loads every such file into a fresh model and prints {file's name: outputs} as JSON.
"""

import json
import sys
from pathlib import Path

from bench.worker.adapter import load
from frameworks.interface import Settings, parts
from suites import catalog
from suites.data import arrays, safetensors
from suites.data.arrays import Arrays
from suites.layers import parameters
from suites.workload import Lifecycle


def main(name, folder, verb):
    """Do it and print what is asked for."""
    adapter = load(f"frameworks.{name}.adapter")
    execution = {"tf": "function", "jax": "jit", "mlx": "lazy"}.get(name, "eager")
    adapter.start(adapter.devices()[0], Settings("float32", execution))
    (life,) = (case for case in catalog.cases("lifecycle", "smoke") if isinstance(case, Lifecycle))
    made = arrays.make(life, 0)
    expected = parameters(life.learn.model, life.learn.input_shape)
    if verb == "save":
        learned = parts(adapter.build(life.learn, made))[0]()
        host = {path: adapter.to_numpy(learned[path]) for path in expected}
        safetensors.save(folder / f"{name}.safetensors", host)
        return
    outputs = {}
    for file in sorted(folder.glob("*.safetensors")):
        inputs = {"x": made.inputs["test_x"]}
        held = Arrays(inputs, safetensors.load(file, expected))
        infer, _ = parts(adapter.build(life.inference, held))
        outputs[file.stem] = adapter.to_numpy(infer()["output"]).tolist()
    sys.stdout.write(json.dumps(outputs) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
