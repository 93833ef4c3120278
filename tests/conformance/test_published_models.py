"""Our models give the outputs of the published ones when they load their weights.

What published them is in no environment of ours. PUBLISHED_PYTHON names the Python of one that has
it, as made by `uv venv /tmp/published && uv pip install --python /tmp/published torch torchvision
transformers`; without it only what torch itself holds is compared, in torch's environment.
"""

import functools
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conformance.conftest import ROOT, python, variables
from tests.helpers.patience import PATIENT_S

INSIDE = Path(__file__).with_name("published_model.py")

PUBLISHERS = {
    **dict.fromkeys(("alexnet", "vgg16", "resnet18", "resnet50"), "torchvision"),
    **dict.fromkeys(("mobilenet_v2", "efficientnet_b0", "squeezenet1_0"), "torchvision"),
    "encoder": "torch",
    **dict.fromkeys(("bert_base", "bert_base_classifier"), "transformers"),
    **dict.fromkeys(("gpt2", "smollm2_135m"), "transformers"),
}


@functools.cache
def interpreter():
    return os.environ.get("PUBLISHED_PYTHON") or python("torch")


@functools.cache
def installed(package):
    code = f"import importlib.util as u; raise SystemExit(u.find_spec({package!r}) is None)"
    return subprocess.run([interpreter(), "-P", "-c", code], timeout=PATIENT_S).returncode == 0


@pytest.mark.parametrize("name", PUBLISHERS)
def test_published_weights_give_the_published_outputs(name):
    if not installed(PUBLISHERS[name]):
        pytest.skip(f"{PUBLISHERS[name]} is not installed for {interpreter()}")
    done = subprocess.run(
        [interpreter(), "-P", INSIDE, name],
        env=variables("torch"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    found = json.loads(done.stdout.splitlines()[-1])
    limit = 1e-4 * found["scale"]
    assert found["error"] <= limit
    assert found["unrelated"] > 100 * limit, "the comparison could not have failed"
