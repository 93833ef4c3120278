"""The conformance checks can fail: each fault put into a right adapter is found and named."""

import textwrap

import pytest

from tests.conformance.conftest import DEEP

HEAD = """
import numpy as np
from frameworks import jax as right
from frameworks.jax import NAME, build, compilations, devices, memory, start, to_numpy, wait
"""

FAULTS = {
    "forgets a weight": (
        """
        def build(workload, arrays):
            step = right.build(workload, arrays)
            return lambda: {k: v for k, v in step().items() if k != "1.bias"}
        """,
        "deep/train/8: results are complete: missing: ['1.bias']",
    ),
    "wrong gradient of one weight": (
        """
        def build(workload, arrays):
            step = right.build(workload, arrays)
            def wrong():
                results = dict(step())
                if "head.bias" in results:
                    change = results["head.bias"] - arrays.weights["head.bias"]
                    results["head.bias"] = arrays.weights["head.bias"] + 1.05 * change
                return results
            return wrong
        """,
        "deep/train/8: answer change of head.bias",
    ),
    "modifies its inputs": (
        """
        def build(workload, arrays):
            step, (x, *_) = right.build(workload, arrays), arrays.inputs.values()
            def spoiling():
                x.flags.writeable = True
                x[...] += 1
                x.flags.writeable = False
                return step()
            return spoiling
        """,
        "deep/forward/8: inputs are left alone: their bytes changed",
    ),
    "leaves its inputs writable": (
        """
        def build(workload, arrays):
            arrays.inputs["x"].flags.writeable = True
            return right.build(workload, arrays)
        """,
        "deep/forward/8: inputs are left alone: made writable: ['x']",
    ),
    "keeps the first step's results": (
        """
        def build(workload, arrays):
            results = right.build(workload, arrays)()
            return lambda: results
        """,
        "deep/train/8: every step works anew: two steps gave the same ['loss',",
    ),
    "trains the first build's weights on": (
        """
        steps = {}
        def build(workload, arrays):
            return steps.setdefault(workload.case, right.build(workload, arrays))
        """,
        "deep/train/8: a second build starts afresh: loss differs by",
    ),
    "compiles in every step": (
        """
        import jax
        def build(workload, arrays):
            step = right.build(workload, arrays)
            def compiling():
                jax.jit(lambda x: x + 1)(1.0)
                return step()
            return compiling
        """,
        "deep/forward/8: compiles once: a later step compiled 1 times",
    ),
    "returns what is not finite": (
        """
        def to_numpy(array):
            return np.full_like(right.to_numpy(array), np.nan)
        """,
        "deep/forward/8: results are complete: not finite: ['output']",
    ),
    "hands out half precision": (
        """
        def to_numpy(array):
            return right.to_numpy(array).astype("float16")
        """,
        "deep/forward/8: results are complete: not float32 or float64",
    ),
}


SPOILED = ("deep/forward/8", "deep/train/8")
"""The cases in which the faults show; compiling all others would take most of the time."""


@pytest.fixture
def faulty(tmp_path, examine):
    """Problems found in the JAX adapter with these names replaced."""

    def found(body, suites=(DEEP,), only=SPOILED):
        path = tmp_path / "faulty.py"
        path.write_text(HEAD + textwrap.dedent(body))
        return examine("jax", module=str(path), suites=suites, only=only)

    return found


def test_without_a_fault_nothing_is_found(faulty):
    assert faulty("") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(faulty, fault):
    body, expected = FAULTS[fault]
    problems = faulty(body)
    assert any(problem.startswith(expected) for problem in problems), problems


def test_an_accuracy_of_0_beside_the_right_loss_is_found(faulty):
    """As a comparison of argmax with the labels once gave on a GPU: in every epoch, silently."""
    problems = faulty(
        """
        def build(workload, arrays):
            step = right.build(workload, arrays)
            return lambda: {**step(), "correct": np.zeros(workload.epochs, np.float32)}
        """,
        only=("deep/learn_device/50",),
    )
    (problem,) = problems
    assert problem.startswith("deep/learn_device/50: answer correct")


def test_a_wait_that_does_not_wait_is_found(faulty):
    problems = faulty("def wait(outputs):\n    pass", suites=("matmul",), only=None)
    assert any(p.startswith("matmul/square/1024: wait waits") for p in problems), problems


def test_operands_drawn_once_are_found(faulty):
    problems = faulty(
        """
        def build(workload, arrays):
            step = right.build(workload, arrays)
            first = step() if getattr(workload, "generated", False) else None
            return (lambda: first) if first else step
        """,
        suites=("hackintosh",),
        only=None,
    )
    expected = "hackintosh/with_generation/100: every step works anew"
    assert any(problem.startswith(expected) for problem in problems), problems
