"""Training in 16 bits: right recipes pass with room, wrong answers are found."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from autograd import make_vjp

from suites.layers import GELU, BatchNorm, Conv2d, Flatten, GlobalAvgPool, Linear, ReLU, Sequential
from suites.verification.reference.meanings.arithmetic import UNIT_ROUNDOFF
from suites.verification.reference.meanings.dense import shares
from suites.verification.reference.meanings.mixed import Mixed
from suites.workload import SGD, Adam, Train
from tests.helpers.answers import Ruled, Single, after, before, worst

MODEL = Sequential(
    Sequential(Conv2d(3, 8, 3, padding=1), BatchNorm(8), ReLU()),
    Sequential(Conv2d(8, 12, 3, padding=1), GELU()),
    tail=Sequential(GlobalAvgPool(), Flatten(), Linear(12, 4)),
)
WORKS = {
    "sgd": Train(
        suite="t", name="sgd", model=MODEL, input_shape=(8, 3, 8, 8), optimizer=SGD(lr=0.1)
    ),
    "adam": Train(
        suite="t", name="adam", model=MODEL, input_shape=(8, 3, 8, 8), optimizer=Adam(lr=1e-3)
    ),
}
KINDS = ("bfloat16", "float16")


class Nearest(Mixed):
    """As frameworks round: to nearest, ties to even; functions wide."""

    def __init__(self, precision, draw):
        super().__init__(precision, draw)
        self._rounds_functions = False

    def _held(self, x):
        if x.dtype.kind == "i":
            return x
        if self._kind == "float16":
            return np.asarray(x, np.float32).astype(np.float16).astype(np.float32)
        bits = np.array(x, np.float32, ndmin=1).view(np.uint32)
        even = (bits >> np.uint32(16)) & np.uint32(1)
        kept = (bits + np.uint32(0x7FFF) + even) & np.uint32(0xFFFF0000)
        return kept.view(np.float32).reshape(np.shape(x))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One cache for the whole file: the reference is solved once."""
    return tmp_path_factory.mktemp("reference")


def narrow(work, kind, *, change=lambda results: results, rule=None):
    """Steps of a contender that rounds to nearest."""

    def run_of(made):
        run = Ruled(work, made, rule or work.optimizer, Nearest(kind, 0))
        return lambda: change(run())

    return run_of


@pytest.mark.parametrize("look", [before, after])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WORKS)
def test_a_right_recipe_passes_with_room(folder, name, kind, look):
    found = look(WORKS[name], narrow(WORKS[name], kind), folder, kind)
    assert worst(found) < 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_recipe_is_found(folder, kind):
    work, adam = WORKS["sgd"], WORKS["adam"]
    twice = narrow(work, kind, rule=SGD(lr=0.2))  # as gradients that are not scaled back would be
    assert worst(before(work, twice, folder, kind)) > 1
    half = narrow(work, kind, rule=SGD(lr=0.05))
    assert worst(before(work, half, folder, kind)) > 1
    loss = narrow(work, kind, change=lambda r: r | {"loss": r["loss"] * np.float32(1.5)})
    assert worst(before(work, loss, folder, kind)) > 1
    bits = 0xFFFF0000 if kind == "bfloat16" else 0xFFFFE000

    def cut(results):
        """Weights that are held in 16 bits, as without master weights."""
        return {
            name: (array.view(np.uint32) & np.uint32(bits)).view(np.float32)
            for name, array in results.items()
        }

    assert worst(before(adam, narrow(adam, kind, change=cut), folder, kind)) > 5


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_in_16_bits_is_on_its_grid_and_right_on_average(kind):
    x = np.random.default_rng(0).standard_normal(20000).astype(np.float32)
    x[:3] = (0.0, 1.0, 3e-6)
    held = Mixed(kind, 0).stored(x)
    assert np.array_equal(held, Nearest(kind, 0).stored(held))
    assert held[0] == 0 and held[1] == 1
    assert abs(np.mean(held - x)) < 1e-4
    assert np.isinf(Mixed("float16", 0).stored(np.array([7e4], np.float32)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_softmax_gradient_errs_by_the_sum_that_is_taken_from_all_of_a_row(kind):
    """Where all keys are nearly alike it is most of the gradient of queries and keys."""
    x = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
    for arithmetic, narrow in ((Mixed(kind, 0), True), (Single(), False)):
        run = SimpleNamespace(arithmetic=arithmetic)
        backward, _ = make_vjp(lambda x, run=run: shares(run, x, -1))(x)
        left = np.abs(backward(1.3 + 0.01 * x).sum(axis=1))
        assert (np.max(left) > UNIT_ROUNDOFF[kind] / 4) == narrow


def left_out(work):
    """Steps of a contender that takes none whose gradients overflow."""

    def run_of(made):
        run = Ruled(work, made, work.optimizer, Nearest("float16", 0))

        def step():
            held = dict(run.weights), dict(run.kept), run.count
            results = run()
            if all(np.all(np.isfinite(array)) for array in results.values()):
                return results
            run.weights, run.kept, _ = held
            return results | run.weights | run.kept

        return step

    return run_of


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_step_that_overflows_may_be_left_out(folder):
    """Steps as large as weights lead to numbers that float16 has not, in the third step."""
    layers = Linear(20, 64), ReLU(), Linear(64, 64), ReLU(), Linear(64, 7)
    work = dataclasses.replace(WORKS["adam"], model=Sequential(*layers), input_shape=(7, 20))
    small, large = work, dataclasses.replace(work, name="large", optimizer=Adam(lr=1.0))
    updates = [
        [
            each.name
            for each in before(each, left_out(each), folder, "float16")
            if "update" in each.name
        ]
        for each in (small, large)
    ]
    assert len(updates[0]) == 6 and not updates[1]
    found = before(large, left_out(large), folder, "float16")
    assert found and worst(found) < 1


def test_memory_counts_weights_in_float32():
    work = dataclasses.replace(WORKS["adam"], input_shape=(64, 3, 8, 8))
    wide, narrow_bytes = work.needed_bytes("float32"), work.needed_bytes("bfloat16")
    assert 0.3 * wide < narrow_bytes < wide
