"""What an adapter does on a Mac's GPU asks the framework only for what it really has."""

import subprocess

import pytest

from tests.conformance import metal
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


@pytest.mark.parametrize("case", metal.CASES)
def test_the_branch_for_metal_asks_for_what_there_is(case):
    done = run(case, "-m", "tests.conformance.metal")
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
        "import sys; from tests.conformance import metal; metal.CASES[sys.argv[1]](); "
        f"from frameworks import torch_devices; {wrong}"
    )
    done = run("torch as 2.2.2", "-c", program)
    assert done.returncode != 0
    assert told in done.stderr
