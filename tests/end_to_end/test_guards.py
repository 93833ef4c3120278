"""Bad adapters through a whole run: the guard that each trips stands in the report.

Those that are told by their answers, or by an audit, are in test_faults and test_judge: these are
without a `reset`, or slow in odd places.
"""

import pytest

HONEST = """
from frameworks.numpy import adapter as right
from frameworks.numpy.adapter import build, devices, memory, start, to_numpy, wait
NAME = "mine"
"""

KNOWS_ITS_RESULTS = """
import itertools
from frameworks.interface import parts
def build(workload, arrays):
    step, _ = parts(right.build(workload, arrays))
    known = itertools.cycle([step() for _ in arrays.ring])
    return lambda: next(known)
"""

RUNS_ON_THE_CPU = """
from frameworks.interface import Device
def devices():
    return [Device("fast:0", "gpu", "Fast One")]
def start(device, settings):
    return right.start(*right.devices(), settings)
"""


@pytest.fixture
def found(bench, adapter):
    """Suspects that the report of a run of one adapter names."""

    def findings(body, *arguments, head=HONEST):
        preset = () if "--preset" in arguments else ("--preset", "smoke")
        done = bench("--framework", adapter(body, head), *arguments, *preset)
        assert done.code == 0, done.out + done.err
        return [
            line
            for line in done.markdown.splitlines()
            if "**suspect**: " in line and "mine" in line
        ]

    return findings


@pytest.fixture
def beyond_belief(bench, adapter):
    """The line of the report that calls the times of one adapter impossible."""

    def line_of(body, head):
        done = bench("--framework", adapter(body, head), "--suite", "matmul", "--preset", "smoke")
        assert done.code == 1
        (line,) = (line for line in done.markdown.splitlines() if "**untimed**" in line)
        assert "mine" in line and " is not credible: it reaches" in line
        return line

    return line_of


def test_results_kept_from_the_first_round_are_beyond_belief(beyond_belief):
    assert "CPU can do in float32" in beyond_belief(KNOWS_ITS_RESULTS, HONEST)


def test_the_honest_adapter_is_not(found):
    assert found("", "--suite", "matmul") == []


def test_work_that_fell_back_to_the_cpu_is_suspect(found):
    # On one core: several, on a quiet machine, are a second sign.
    (line,) = found(RUNS_ON_THE_CPU, "--suite", "matmul", "--threads", "1")
    assert " ran on cpu, not on fast:0" in line


# --- JAX: compiling, and inputs taken for constants ---------------------------------------------

JAX = """
import jax
import numpy as np
from frameworks.jax import adapter as right
from frameworks.jax.adapter import NAME, build, compilations, devices, memory, start, to_numpy, wait
NAME = "mine"
ENVIRONMENT = "jax"
"""

COMPILES_IN_EACH_STEP = """
import itertools
def build(workload, arrays):
    b = jax.numpy.array(arrays.inputs["b"])
    ring = itertools.cycle([jax.numpy.array(batch["a"]) for batch in arrays.ring])
    return lambda: {"product": jax.jit(lambda a, b: a @ b)(next(ring), b)}
"""

FOLDS_ITS_INPUTS = """
import itertools
def folded(a, b):
    product = np.asarray(jax.numpy.array(a) @ jax.numpy.array(b))
    return jax.jit(lambda: jax.numpy.asarray(product))
def build(workload, arrays):
    ring = itertools.cycle([folded(batch["a"], arrays.inputs["b"]) for batch in arrays.ring])
    return lambda: {"product": next(ring)()}
"""


def test_compiling_in_each_step_is_suspect(found):
    (line,) = found(COMPILES_IN_EACH_STEP, "--suite", "matmul", head=JAX)
    assert " compiles while it is timed" in line


def test_inputs_taken_for_constants_are_beyond_belief(beyond_belief):
    assert "CPU can do in float32" in beyond_belief(FOLDS_ITS_INPUTS, JAX)


def test_the_honest_jax_adapter_is_not(found):
    assert found("", "--suite", "matmul", head=JAX) == []


# --- several steps, several rounds --------------------------------------------------------------

LAZY = """
import time
class Later:
    def __init__(self, answer):
        self.answer = answer
    def now(self):
        time.sleep(0.002)
        return self.answer
def start(device, settings):
    runtime = null.start(device, settings)
    return dataclasses.replace(runtime, asynchronous=True)
def build(workload, arrays):
    step, reset = parts(prompt.build(workload, arrays))
    later = lambda: {name: Later(answer) for name, answer in step().items()}
    return Resettable(later, reset) if reset else later
def to_numpy(array):
    return array.answer
def wait(outputs):
    for results in outputs[%s:]:
        for later in results.values():
            later.now()
"""

LAZY_HEAD = """
import dataclasses
from frameworks.null import adapter as null
from frameworks.interface import Resettable, parts
from frameworks.null.adapter import devices, memory
from tests.helpers import prompt
NAME = "mine"
ENVIRONMENT = "host"
"""


def test_steps_that_are_left_out_are_suspect(found):
    lines = found(LAZY % -1, "--suite", "hackintosh", head=LAZY_HEAD)
    assert any("steps in flight and" in line for line in lines)


def test_steps_that_are_all_done_are_not(found):
    assert found(LAZY % 0, "--suite", "hackintosh", head=LAZY_HEAD) == []


SLOW_AT_FIRST = """
import time
from frameworks.interface import Resettable, parts
calls = {"since a slice": 99}
def memory():
    calls["since a slice"] = 0
    return right.memory()
def build(workload, arrays):
    step, reset = parts(right.build(workload, arrays))
    def slow():
        calls["since a slice"] += 1
        time.sleep(%s if calls["since a slice"] < 14 else 0.001)
        return step()
    return Resettable(slow, reset)
"""

ONE = """
from suites.workload import Product
def cases(preset):
    return [Product(suite="one", name="product", m=8, k=8, n=8)]
"""


@pytest.fixture
def one(tmp_path):
    """A suite of one small case: rounds enough cost little then."""
    path = tmp_path / "one.py"
    path.write_text(ONE)
    return str(path)


def test_a_first_sample_slower_than_the_others_is_suspect(found, one):
    """Long enough to outlast the re-warming, which no shorter set-up does. An audit that falls
    before a round's first sample, by chance, outlasts it too: hence more than one run."""
    runs = (found(SLOW_AT_FIRST % 0.003, "--suite", one, "--preset", "quick") for _ in range(4))
    (line,) = next(filter(None, runs))
    assert "as long for the first sample of a round as for the others" in line


def test_samples_that_are_alike_are_not(found, one):
    assert found(SLOW_AT_FIRST % 0.001, "--suite", one, "--preset", "quick") == []
