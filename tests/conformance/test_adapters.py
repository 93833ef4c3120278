"""Every adapter keeps its promises, in its own environment, on every device found there."""

import subprocess

import pytest

from frameworks import FRAMEWORKS
from suites.workload import ITEMSIZE
from tests.conformance import many_rows
from tests.conformance.conftest import OPERATIONS, ROOT, devices, python
from tests.helpers.patience import PATIENT_S

CONTENDERS = [
    (name, execution, precision)
    for name, facts in FRAMEWORKS.items()
    for execution in facts.executions
    for precision in ITEMSIZE
    if execution == facts.executions[0] or precision == "float32"
]
"""Compiling is dear: other executions than the first are asked for float32 alone, and each model
once. A run verifies whatever it measures."""


@pytest.mark.parametrize(("framework", "execution", "precision"), CONTENDERS)
def test_an_adapter_keeps_its_promises(examine, framework, execution, precision):
    assert not examine(framework, "cpu", execution, precision)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_operation_is_computed(examine, framework):
    """Compiled, each would take seconds to compile, of the same functions."""
    ways = [way for way in FRAMEWORKS[framework].executions if way != "compile"]
    assert not examine(framework, "cpu", ways[0], suites=(OPERATIONS,))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_gradients_in_16_bits_are_summed_in_more(examine, framework, precision):
    chosen = [work.case for work in many_rows.CASES]
    assert not examine(framework, precision=precision, suites=(many_rows.__file__,), only=chosen)


@pytest.mark.gpu
@pytest.mark.parametrize(("framework", "execution", "precision"), CONTENDERS)
def test_an_adapter_keeps_its_promises_on_the_gpu(examine, framework, execution, precision):
    gpus = [device for device in devices(framework) if device != "cpu"]
    if not gpus:
        pytest.skip(f"{framework} finds no GPU here")
    assert not [problem for g in gpus for problem in examine(framework, g, execution, precision)]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_float32_in_the_default_way_runs_everywhere(examine, framework):
    """A skip above could hide an adapter that refuses everything."""
    try:
        examine(framework, suites=())
    except pytest.skip.Exception as reason:
        pytest.fail(f"{framework} refuses float32 on the CPU: {reason}")


@pytest.mark.parametrize("framework", ["torch", "mlx"])
def test_compiling_without_a_compiler_is_refused(examine, framework):
    """Both would otherwise fail later or quietly run uncompiled."""
    bare = {"PATH": "/nonexistent", "CXX": "no-such-compiler"}
    with pytest.raises(pytest.skip.Exception, match="compiler"):
        examine(framework, execution="compile", suites=(), variables=bare)


def test_a_compiler_is_told_of_the_module_whose_gradients_are_taken():
    """PyTorch's takes no recurrent kernel into one graph."""
    assert in_torch(BACKWARD) == "True"


def test_dropout_leaves_what_autocast_narrowed_in_16_bits():
    assert in_torch(DROPPED) == "torch.bfloat16"


BACKWARD = """
import torch
from frameworks.torch import operations
from suites.data import arrays
from suites.layers import GRU
from suites.operations import Backward
from suites.workload import Operation
def compiled(function, model=None):
    print(model is function)
    return function
work = Operation(suite="one", name="one", operator=Backward(GRU(3, 4), (2, 5, 3)))
same = lambda x: x
given = torch.float32, lambda x: torch.tensor(x), same, compiled
operations.build(work.operator, arrays.make(work, 0), *given)
"""
DROPPED = """
import torch
from frameworks.torch.dropout import lower
from suites.layers import Dropout
dropped = lower(Dropout(0.1, active=True)).train()
dropped.mask = torch.ones(4, 8)
print(dropped(torch.ones(4, 8, dtype=torch.bfloat16)).dtype)
"""


def in_torch(code):
    """What a program prints in PyTorch's environment."""
    run = [python("torch"), "-c", code]
    done = subprocess.run(
        run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENT_S
    )
    assert not done.returncode, done.stderr
    return done.stdout.strip()
