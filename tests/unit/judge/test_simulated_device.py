"""The simulated device costs what a real one did, and lies as it says it does."""

import sys

import numpy as np
import pytest

from bench.worker import measure
from frameworks.interface import Settings
from suites.data import arrays
from suites.verification import checks
from suites.workload import Product
from tests import simulated
from tests.simulated import PROFILES, VARIANTS, suite
from tests.simulated.arithmetic import product, rounded
from tests.simulated.variants import forging

CASES = {case.name: case for case in suite.cases("smoke")}
KINDS = {name: type(case).__name__.lower() for name, case in CASES.items()}
SQUARE = CASES["square"]


@pytest.fixture
def device(monkeypatch):
    """An adapter that has started. What it forges of the harness is undone when the test ends."""
    forged = [(measure, "perf_counter_ns"), (measure, "sleep"), (measure.Sampler, "take_slice")]
    ours = [module for name, module in sys.modules.items() if name.startswith(forging.REACHED)]
    forged += [(module, "compare") for module in ours if hasattr(module, "compare")]
    for holder, name in forged:
        monkeypatch.setattr(holder, name, getattr(holder, name))

    def started(profile, variant="honest", **changes):
        made = simulated.adapter(profile, variant, **({"real": False} | changes))
        chosen = made.devices()[-1]
        made.start(chosen, Settings(precision="float32", execution="default"))
        return made

    return started


def placed(adapter, workload):
    made = arrays.make(workload, 0)
    return adapter.build(workload, made), made


def seconds(call):
    return measure.timed(call)[1]


def host(adapter, results):
    return {name: np.array(adapter.to_numpy(value)) for name, value in results.items()}


@pytest.mark.parametrize(
    ("profile", "rows", "measured_us"),
    [
        # 64 products in flight: until all calls returned, until `wait` returned, converting all of
        # them, and again; medians on an NVIDIA H100 with PyTorch 2.11 and JAX 0.11.
        ("h100", 64, (1337.9, 1411.5, 1387.7, 1353.0)),
        ("h100", 1024, (1610.9, 3769.3, 26122.3, 25988.1)),
        ("h100jax", 64, (4307.4, 4526.5, 19865.7, 394.1)),
    ],
)
def test_products_cost_what_they_did_on_a_gpu(device, profile, rows, measured_us):
    adapter = device(profile)
    (step, _), _ = placed(
        adapter, Product(suite="simulated", name="square", m=rows, k=rows, n=rows)
    )
    flying, dispatched_s = measure.timed(lambda: [step() for _ in range(64)])
    waited_s = seconds(lambda: adapter.wait(flying))
    first_s = seconds(lambda: [host(adapter, results) for results in flying])
    again_s = seconds(lambda: [host(adapter, results) for results in flying])
    found = np.array([dispatched_s, dispatched_s + waited_s, first_s, again_s])
    assert np.all(np.abs(np.log(found * 1e6 / measured_us)) < np.log(2))


def test_seconds_cost_none_and_the_harness_believes_them(device):
    adapter = device("h100", step_s=50.0)
    (step, _), _ = placed(adapter, SQUARE)
    assert 40 < seconds(lambda: adapter.wait([step()])) < 60


@pytest.mark.parametrize("profile", ["h100", "jaxmps"])
def test_work_goes_on_while_the_host_does_not_wait(device, profile):
    adapter = device(profile, step_s=1e-3)
    (step, _), _ = placed(adapter, SQUARE)
    adapter.wait([step()])
    flying, dispatched_s = measure.timed(lambda: [step() for _ in range(20)])
    assert dispatched_s < 5e-3
    measure.sleep(0.05)
    assert seconds(lambda: adapter.wait(flying)) < 2e-3


def test_a_lazy_device_works_when_it_is_asked(device):
    adapter = device("mlx", step_s=1e-3)
    (step, _), _ = placed(adapter, SQUARE)
    flying = [step() for _ in range(20)]
    measure.sleep(0.05)
    assert seconds(lambda: adapter.wait(flying[-1:])) < 3e-3
    assert seconds(lambda: adapter.wait(flying)) > 15e-3


def test_a_full_queue_blocks(device):
    adapter = device("h100", step_s=1e-3, queue=8)
    (step, _), _ = placed(adapter, SQUARE)
    assert seconds(lambda: [step() for _ in range(40)]) > 30e-3


def test_one_that_does_not_wait_shows_it_in_the_next_conversion(device):
    adapter = device("h100", "never_waits", step_s=1e-3)
    (step, _), _ = placed(adapter, SQUARE)
    flying = [step() for _ in range(20)]
    assert seconds(lambda: adapter.wait(flying)) < 1e-5
    assert seconds(lambda: host(adapter, flying[-1])) > 15e-3


@pytest.mark.parametrize("name", CASES)
def test_an_exchange_begins_again_with_other_arrays(device, name):
    adapter, workload = device("h100"), CASES[name]
    (step, reset), made = placed(adapter, workload)
    first = host(adapter, step())
    host(adapter, step())
    reset(arrays.audit(workload, 1, made.weights))()
    other = host(adapter, step())
    reset(made)()
    again = host(adapter, step())
    key = next(iter(first))
    assert not np.array_equal(first[key], other[key])
    assert all(np.array_equal(first[key], again[key]) for key in first)


def test_training_does_the_steps_that_nobody_looks_at(device):
    adapter = device("h100")
    answers = []
    for looks in (range(6), [5]):
        (step, _), _ = placed(adapter, CASES["mlp_adam"])
        flying = [step() for _ in range(6)]
        answers.append([host(adapter, flying[i]) for i in looks][-1])
    assert all(np.array_equal(answers[0][key], answers[1][key]) for key in answers[0])


@pytest.mark.parametrize("variant", [n for n, lie in VARIANTS.items() if lie.wrong_in])
def test_a_lie_spoils_the_answers_that_it_says(device, variant):
    """Within as many steps as an audit has, after as many as make it bold."""
    lie = VARIANTS[variant]
    for name in ("square", "mlp_forward", "mlp_adam", "learn"):
        answers = []
        for each in ("honest", variant):
            adapter, workload = device("h100", each), CASES[name]
            (step, reset), made = placed(adapter, workload)
            adapter.wait([measure.timed(step)[0] for _ in range(30)])
            reset(arrays.audit(workload, 1, made.weights))()
            answers.append(host(adapter, [measure.timed(step)[0] for _ in range(16)][-1]))
        same = all(np.array_equal(answers[0][key], answers[1][key]) for key in answers[0])
        assert same == (KINDS[name] not in lie.wrong_in)


def test_precisions_are_as_far_from_float32_as_they_say():
    draw = np.random.default_rng(0)
    a, b = (draw.standard_normal((64, 64)).astype(np.float32) for _ in range(2))
    exact = a.astype(np.float64) @ b.astype(np.float64)
    words = ("bf16x3", "sum17", "bf16x2", "tf32", "sum16", "bfloat16")
    errors = [np.abs(product(word, a, b) - exact).max() for word in words]
    assert errors == sorted(errors)
    assert np.array_equal(rounded(a, 11), a.astype(np.float16).astype(np.float32))


def test_what_a_forger_leaves_behind_is_undone(device):
    assert device("h100").profile.kind == "gpu"
    assert checks.compare.__module__ == "suites.verification.checks"
    assert measure.Sampler.take_slice.__module__ == "bench.worker.measure"


def test_every_variant_says_what_it_is():
    assert all(lie.__doc__ and lie.__doc__.endswith(".") for lie in VARIANTS.values())
    assert len({lie.__doc__ for lie in VARIANTS.values()}) == len(VARIANTS)
    assert {profile.kind for profile in PROFILES.values()} == {"cpu", "gpu"}
