"""Every adapter keeps its promises, in its own environment, on every device found there."""

import pytest

from frameworks import FRAMEWORKS
from suites.workload import ITEMSIZE
from tests.conformance.conftest import OPERATIONS, devices

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
