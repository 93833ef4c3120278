"""The conformance checks can fail: each fault put into a right adapter is found and named."""

import textwrap

import pytest

from tests.conformance.conftest import DEEP

HEAD = """
import numpy as np
from frameworks.{0} import adapter as right
from frameworks.interface import Resettable, parts
from frameworks.{0}.adapter import (
    NAME, build, compilations, devices, keep, memory, start, to_numpy, wait
)
"""

FAULTS = {
    "forgets a weight": (
        """
        def build(workload, arrays):
            step, reset = parts(right.build(workload, arrays))
            kept = lambda: {k: v for k, v in step().items() if k != "1.bias"}
            return Resettable(kept, reset)
        """,
        "deep/train/8: results are complete: missing: ['1.bias']",
    ),
    "wrong gradient of one weight": (
        """
        def build(workload, arrays):
            step, reset = parts(right.build(workload, arrays))
            def wrong():
                results = dict(step())
                if "head.bias" in results:
                    change = results["head.bias"] - arrays.weights["head.bias"]
                    results["head.bias"] = arrays.weights["head.bias"] + 1.05 * change
                return results
            return Resettable(wrong, reset)
        """,
        "deep/train/8: answer change of head.bias",
    ),
    "modifies its inputs": (
        """
        def build(workload, arrays):
            step, reset = parts(right.build(workload, arrays))
            x, *_ = arrays.inputs.values()
            def spoiling():
                x.flags.writeable = True
                x[...] += 1
                x.flags.writeable = False
                return step()
            return Resettable(spoiling, reset)
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
            step, reset = parts(right.build(workload, arrays))
            results = step()
            return Resettable(lambda: results, reset)
        """,
        "deep/train/8: every step works anew: two steps gave the same ['loss',",
    ),
    "trains the first build's weights on": (
        """
        built = {}
        def build(workload, arrays):
            return built.setdefault(workload.case, right.build(workload, arrays))
        """,
        "deep/train/8: a second build starts afresh: step 1: loss differs by",
    ),
    "compiles in every step": (
        """
        import jax
        def build(workload, arrays):
            step, reset = parts(right.build(workload, arrays))
            def compiling():
                jax.jit(lambda x: x + 1)(1.0)
                return step()
            return Resettable(compiling, reset)
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
    "takes the same batch every time": (
        """
        from suites.data.arrays import Arrays
        def build(workload, arrays):
            return right.build(workload, Arrays(arrays.inputs, arrays.weights))
        """,
        "deep/forward/8: goes round the ring: steps [1, 2, 3] after one gave its answer",
    ),
    "answers by how often it was asked": (
        """
        def build(workload, arrays):
            step, reset = parts(right.build(workload, arrays))
            calls = iter(range(10**6))
            drifting = lambda: {"output": step()["output"] * (1 + 1e-3 * next(calls))}
            return Resettable(drifting if "forward" in workload.case else step, reset)
        """,
        "deep/forward/8: goes round the ring: a round after its first step: output differs by",
    ),
    "has no reset": (
        """
        def build(workload, arrays):
            return parts(right.build(workload, arrays))[0]
        """,
        "deep/forward/8: begins again: build returned no reset",
    ),
    "exchanges nothing": (
        """
        def build(workload, arrays):
            step, _ = parts(right.build(workload, arrays))
            return Resettable(step, lambda others: lambda: None)
        """,
        "deep/forward/8: begins again: step 1: output differs by",
    ),
    "exchanges the batches and keeps the weights": (
        """
        from frameworks.shared.batches import Source
        taken = []
        def _source(workload, arrays, real=right._source):
            taken[:] = [real(workload, arrays)]
            return taken[0]
        right._source = _source
        def build(workload, arrays):
            step, _ = parts(right.build(workload, arrays))
            return Resettable(step, taken[0].reset)
        """,
        "deep/train/8: begins again: step 1: loss differs by",
    ),
    "compiles when its arrays are exchanged": (
        """
        import jax
        def build(workload, arrays):
            step, reset = parts(right.build(workload, arrays))
            def compiling(others):
                jax.jit(lambda x: x + 1)(1.0)
                return reset(others)
            return Resettable(step, compiling)
        """,
        "deep/forward/8: exchanging compiles nothing: it compiled 2 times",
    ),
}


SPOILED = ("deep/forward/8", "deep/train/8")
"""The cases in which the faults show; compiling all others would take most of the time."""


@pytest.fixture
def faulty(tmp_path, examine):
    """Problems found in an adapter, JAX's if none is named, with these names replaced."""

    def found(body, suites=(DEEP,), only=SPOILED, framework="jax"):
        path = tmp_path / "faulty.py"
        path.write_text(HEAD.format(framework) + textwrap.dedent(body))
        return examine(framework, module=str(path), suites=suites, only=only)

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
            step, reset = parts(right.build(workload, arrays))
            epochs = getattr(workload, "epochs", None)
            if epochs is None:
                return Resettable(step, reset)
            lying = lambda: {**step(), "correct": np.zeros(epochs, np.float32)}
            return Resettable(lying, reset)
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


def test_an_unknown_optimizer_taken_for_another_is_found(faulty):
    problems = faulty(
        """
        from unittest import mock
        from frameworks.torch import training
        sgd = lambda description: (training.torch.optim.SGD, {"lr": description.lr})
        mock.patch.object(training, "_own", sgd).start()
        """,
        suites=(),
        only=None,
        framework="torch",
    )
    assert problems == ["an unknown optimizer: it was taken for another, without a word"]


def test_moments_that_outlive_an_exchange_are_found(faulty):
    problems = faulty(
        """
        from unittest import mock
        from frameworks.torch import training
        mock.patch.object(training.Updates, "forget", lambda self: None).start()
        """,
        only=("deep/words_adam/4",),
        framework="torch",
    )
    expected = "deep/words_adam/4: begins again: step 1: "
    assert any(problem.startswith(expected) for problem in problems), problems
