"""Verification of products, forward passes and SGD: right answers pass, wrong ones fail."""

import numpy as np
import pytest

from suites import catalog
from suites.data import arrays
from suites.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    Gated,
    GlobalAvgPool,
    Linear,
    ReLU,
    ReLU6,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
)
from suites.verification import checks, reference
from suites.verification.reference.meanings.arithmetic import Honest
from suites.verification.reference.meanings.model import Pass
from suites.verification.training_checks import change_name
from suites.workload import SGD, Forward, Product, Train
from tests.helpers.answers import Bits, Single, Trained, after, before, failed, scaled, worst

SHAPE = (6, 8)
MODEL = Sequential(Linear(8, 5), Residual(Sequential(Linear(5, 5), ReLU())), Linear(5, 3))
TRAIN = Train(suite="t", name="train", model=MODEL, input_shape=SHAPE, optimizer=SGD(lr=0.1))
FORWARD = Forward(suite="t", name="forward", model=MODEL, input_shape=SHAPE)
PRODUCT = Product(suite="t", name="product", m=70, k=9, n=11)
PATHS = ["0.weight", "0.bias", "1.body.0.weight", "2.weight", "2.bias"]
PHASES = [before, after]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One cache for the whole file: each reference is solved once."""
    return tmp_path_factory.mktemp("reference")


def train(**faults):
    return lambda made: Trained(TRAIN, made, **faults)


@pytest.mark.parametrize("look", PHASES)
def test_a_right_training_step_passes_with_room(folder, look):
    assert worst(look(TRAIN, train(), folder)) < 0.5


@pytest.mark.parametrize("look", PHASES)
@pytest.mark.parametrize("path", PATHS)
def test_a_gradient_wrong_by_a_twentieth_is_named(folder, path, look):
    found = look(TRAIN, train(gradients=scaled(path, 1.05)), folder)
    assert any(name.startswith(change_name(path)) for name in failed(found))


def test_one_wrong_element_of_one_gradient_is_found(folder):
    def spoil(gradients):
        wrong = gradients["0.weight"].copy()
        wrong[2, 3] = 0
        return gradients | {"0.weight": wrong}

    assert "change of 0.weight" in failed(before(TRAIN, train(gradients=spoil), folder))


@pytest.mark.parametrize("look", PHASES)
def test_a_step_that_does_not_learn_is_found(folder, look):
    frozen = train(gradients=lambda found: {path: 0 * g for path, g in found.items()})
    names = failed(look(TRAIN, frozen, folder))
    assert {name.partition(" of audited")[0] for name in names} >= {change_name(p) for p in PATHS}


@pytest.mark.parametrize("bits", [11, 8], ids=["TF32", "bfloat16"])
def test_training_of_rounded_operands_is_found(folder, bits):
    found = before(TRAIN, train(arithmetic=Bits(bits)), folder)
    assert worst(found) > 2
    assert any(name.startswith("change") for name in failed(found))


@pytest.mark.parametrize("look", PHASES)
def test_half_a_batch_is_found(folder, look):
    def run_of(made):
        run = Trained(TRAIN, made)
        run.trains_on = slice(3)
        return run

    assert worst(look(TRAIN, run_of, folder)) > 5


def spoiled(change):
    """Right results, then changed."""

    def run_of(made):
        run = Trained(TRAIN, made)
        return lambda: change(run())

    return run_of


def test_a_wrong_loss_with_right_gradients_is_found(folder):
    wrong = spoiled(lambda results: results | {"loss": results["loss"] * 1.001})
    assert failed(before(TRAIN, wrong, folder)) == {"loss"}


@pytest.mark.parametrize("look", PHASES)
@pytest.mark.parametrize(
    "change",
    [
        lambda bias: None,
        lambda bias: bias[:-1],
        lambda bias: bias[:, np.newaxis],
        lambda bias: bias * np.nan,
        lambda bias: np.full_like(bias, np.inf),
    ],
    ids=["missing", "short", "misshapen", "not a number", "infinite"],
)
def test_a_result_that_is_none_is_a_problem_in_words(folder, look, change):
    def spoil(results):
        bias = change(results.pop("2.bias"))
        return results if bias is None else results | {"2.bias": bias}

    found = [check for check in look(TRAIN, spoiled(spoil), folder) if not check.passed]
    assert {check.name.partition(" of audited")[0] for check in found} == {"change of 2.bias"}
    assert all(check.problem for check in found)


@pytest.mark.parametrize("look", PHASES)
def test_nothing_at_all_fails_every_check(folder, look):
    found = look(TRAIN, spoiled(lambda results: {}), folder)
    assert found
    assert all(check.problem == "missing from the step's results" for check in found)


def forward(workload, arithmetic=None, change=lambda y: y):
    """Outputs, one batch after the other."""

    def run_of(made):
        count = iter(range(100))

        def run():
            x = made.ring[next(count) % len(made.ring)]["x"]
            run = Pass(made.weights, arithmetic=arithmetic or Single())
            return {"output": change(run.apply(workload.model, x).astype(np.float32))}

        return run

    return run_of


@pytest.mark.parametrize("look", PHASES)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda y: y * 1.0005,
        lambda y: y[::-1],
        lambda y: y[:-1],
        lambda y: np.where(np.arange(y.size).reshape(y.shape) == 4, np.nan, y),
        lambda y: np.zeros_like(y),
    ],
    ids=["scaled", "reversed", "short", "not a number", "zero"],
)
def test_a_wrong_output_is_found(folder, look, spoil):
    assert worst(look(FORWARD, forward(FORWARD), folder)) < 0.5
    assert len(failed(look(FORWARD, forward(FORWARD, change=spoil), folder))) > 0


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_short_floats_pass_with_room_and_what_is_wrong_does_not(folder, precision):
    work, honest = FORWARD, Honest(precision, 99)
    assert worst(before(work, forward(work, honest), folder, precision)) < 0.5
    half = forward(work, honest, lambda y: y * 0.5)
    assert failed(before(work, half, folder, precision)) == {"output"}


def product(precision="float32", change=lambda y: y):
    def run_of(made):
        count = iter(range(100))

        def run():
            a, b = made.ring[next(count) % len(made.ring)]["a"], made.inputs["b"]
            a, b = (arrays.rounded(each, precision).astype(np.float32) for each in (a, b))
            return {"product": change(a @ b)}

        return run

    return run_of


@pytest.mark.parametrize("look", PHASES)
def test_a_wrong_element_outside_the_sampled_rows_is_found(folder, look):
    unsampled = next(i for i in range(70) if i not in checks.sampled_rows(PRODUCT, 0))

    def spoil(y):
        y[unsampled, 5] += 0.01
        return y

    assert worst(look(PRODUCT, product(), folder)) < 0.5
    found = look(PRODUCT, product(change=spoil), folder)
    assert {check.name.partition(" of audited")[0] for check in found if not check.passed} == {
        "product"
    }


@pytest.mark.parametrize("look", PHASES)
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_product_of_rounded_operands_does_not_pass_as_float32(folder, look, precision):
    """They must be labelled, not mistaken for float32."""
    assert worst(look(PRODUCT, product(precision), folder)) > 5


def test_the_product_of_another_batch_is_found(folder):
    def stale(made):
        run = product()(made)
        first = run()
        return lambda: first

    assert worst(after(PRODUCT, stale, folder)) > 100


def test_generated_products_must_be_random(folder):
    workload = Product(suite="t", name="g", m=1, k=400, n=1, generated=True)
    normal = np.random.default_rng(0)
    names = []
    for answer in (
        lambda: normal.standard_normal((1, 1)) * 20,
        lambda: np.zeros((1, 1)),
        lambda: np.full((1, 1), 20.0),
    ):
        run = lambda: {"product": answer()}  # noqa: B023, E731
        names.append(failed(before(workload, lambda made: run, folder)))  # noqa: B023
    assert names == [set(), {"mean square", "repeated"}, {"repeated"}]


def block(width, activation):
    """Widened, filtered channel by channel, channels weighed, narrowed: as in mobile networks."""
    wide = 4 * width
    return Residual(
        Sequential(
            *(Conv2d(width, wide, 1, bias=False), BatchNorm(wide), activation),
            *(Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False), BatchNorm(wide)),
            activation,
            Gated(Sequential(GlobalAvgPool(), Conv2d(wide, wide, 1), Sigmoid())),
            *(Conv2d(wide, width, 1, bias=False), BatchNorm(width)),
        )
    )


@pytest.mark.parametrize("activation", [SiLU(), ReLU6()])
def test_convolutions_in_tf32_do_not_pass_as_float32(folder, activation):
    stem = Conv2d(3, 8, 3, stride=2, padding=1, bias=False), BatchNorm(8), activation
    blocks = (block(8, activation) for _ in range(3))
    tail = GlobalAvgPool(), Flatten(), Linear(8, 10)
    model = Sequential(*stem, *blocks, *tail)
    workload = Forward(suite="t", name="mobile", model=model, input_shape=(16, 3, 32, 32))
    assert worst(before(workload, forward(workload), folder)) < 0.5
    assert worst(before(workload, forward(workload, Bits(11)), folder)) > 2


def test_limits_are_sharp_for_the_real_training_step():
    """A limit near the size of the change itself would let a wrong gradient through."""
    entries = reference.solve(catalog.find("mlp", "smoke", "mlp/train/64"), "float32", 0).entries
    names = [n.removesuffix("|value") for n in entries if n.endswith("|value") and "change" in n]
    assert names
    for name in names:
        value = entries[f"{name}|value"]
        most = [
            entries[f"{name}|{each}"]
            for each in ("worst", "overall")
            if f"{name}|{each}" in entries
        ]
        assert min(most) < 0.02 * np.abs(value).max(), name


def test_a_cached_reference_is_not_computed_again(tmp_path, monkeypatch):
    first = reference.expected(FORWARD, "float32", 0, reference.Cache(tmp_path))
    monkeypatch.setattr(reference, "solve", lambda *_: pytest.fail("computed again"))
    again = reference.expected(FORWARD, "float32", 0, reference.Cache(tmp_path))
    assert again.arrays_sha256 == first.arrays_sha256
    assert again.entries.keys() == first.entries.keys()


def test_flatten_is_channels_first():
    x = np.arange(12.0).reshape(1, 3, 2, 2)
    flat = Pass({}).apply(Flatten(), x)
    assert flat.tolist() == [list(range(12))]
