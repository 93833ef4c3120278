"""What an adapter does on a Mac's GPU asks the framework only for what it really has."""

import json
import subprocess

import pytest

from tests.conformance import metal_branch
from tests.conformance.conftest import ROOT, python, variables
from tests.helpers.patience import PATIENT_S


def run(case, *options):
    framework = case.split()[0]
    return subprocess.run(
        [python(framework), "-P", *options, case],
        env=variables(framework),
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENT_S,
        check=False,
    )


@pytest.mark.parametrize("case", metal_branch.CASES)
def test_the_branch_for_metal_asks_for_what_there_is(case):
    done = run(case, "-m", "tests.conformance.metal_branch")
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("torch_devices.torch.mps.recommended_max_memory()", "has no recommended_max_memory"),
        ("torch_devices.torch.mps.synchronise()", "synchronise"),
        ("torch_devices.torch.mps.synchronize('mps')", "too many positional arguments"),
    ],
)
def test_a_wrong_call_is_noticed(wrong, told):
    program = (
        "import sys; from tests.conformance.metal_branch import CASES; CASES[sys.argv[1]](); "
        f"from frameworks.torch import devices as torch_devices; {wrong}"
    )
    done = run("torch as 2.2.2", "-c", program)
    assert done.returncode != 0
    assert told in done.stderr


FIRST_USE = (
    "import json, sys; from frameworks.shared import metal; from frameworks.{0} import devices; "
    "printed = [metal.printed(devices._FIRST_USE.replace(*change)) for change in "
    "json.loads(sys.argv[1])]; print(json.dumps(printed))"
)
BROKEN = (
    "SyntaxError",
    "NameError",
    "AttributeError",
    "TypeError",
    "ImportError",
    "ModuleNotFound",
)


def first_use(framework, *changes):
    """What the program that makes a plugin name its GPU really prints, where there is no plugin:
    as it is, and with each of the changes."""
    done = subprocess.run(
        [
            python(framework),
            "-P",
            "-c",
            FIRST_USE.format(framework),
            json.dumps([("", ""), *changes]),
        ],
        env=variables(framework),
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENT_S,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def broken(said):
    return [word for word in BROKEN if word in said]


def test_tensorflow_is_really_asked_for_its_gpu():
    call = "tf.config.list_logical_devices('GPU')"
    # The same call begins the use of a device that is there.
    on_cpu, wrong = f"print({call.replace('GPU', 'CPU')})", call.replace("logical", "illogical")
    said, devices, cannot_ask = first_use("tf", (call, on_cpu), (call, wrong))
    assert not broken(said)
    assert "Traceback" not in said
    assert "LogicalDevice(name='/device:CPU:0'" in devices
    assert broken(cannot_ask)


def test_jax_is_really_asked_for_apples_plugin():
    said, cannot_ask = first_use("jax", ("jax.devices(", "jax.device("))
    assert "METAL" in said
    assert "RuntimeError: Unknown backend" in said
    assert not broken(said)
    assert broken(cannot_ask)
