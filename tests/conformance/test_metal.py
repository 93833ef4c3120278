"""What an adapter does on a Mac's GPU asks the framework only for what it really has."""

import subprocess

import pytest

from tests.conformance import metal_branch
from tests.conformance.conftest import ROOT, python, variables


def run(case, *options):
    framework = case.split()[0]
    return subprocess.run(
        [python(framework), "-P", *options, case],
        env=variables(framework),
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
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
    "import sys; from frameworks.shared import metal; from frameworks.{0} import devices; "
    "print(metal.printed(devices._FIRST_USE.replace(*sys.argv[2:])))"
)
BROKEN = (
    "SyntaxError",
    "NameError",
    "AttributeError",
    "TypeError",
    "ImportError",
    "ModuleNotFound",
)


def first_use(framework, old="", new=""):
    """What the program that makes a plugin name its GPU really prints, where there is no plugin."""
    done = subprocess.run(
        [python(framework), "-P", "-c", FIRST_USE.format(framework), framework, old, new],
        env=variables(framework),
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
        check=True,
    )
    return done.stdout


def test_tensorflow_is_really_asked_for_its_gpu():
    assert not [word for word in (*BROKEN, "Traceback") if word in first_use("tf")]
    # The same call begins the use of a device that is there.
    call = "tf.config.list_logical_devices('GPU')"
    devices = first_use("tf", call, f"print({call.replace('GPU', 'CPU')})")
    assert "LogicalDevice(name='/device:CPU:0'" in devices


def test_jax_is_really_asked_for_apples_plugin():
    said = first_use("jax")
    assert "METAL" in said
    assert "RuntimeError: Unknown backend" in said
    assert not [word for word in BROKEN if word in said]


@pytest.mark.parametrize(
    ("framework", "right", "wrong"),
    [("tf", "list_logical", "list_illogical"), ("jax", "jax.devices(", "jax.device(")],
)
def test_a_program_that_cannot_ask_is_noticed(framework, right, wrong):
    assert any(word in first_use(framework, right, wrong) for word in BROKEN)
