"""Where limits stand, the arithmetics they stand between, and the samples that are looked at."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites import catalog
from suites.data import arrays, seeded_random
from suites.layers import Conv2d, Flatten, GlobalAvgPool, Linear, ReLU, Residual, Sequential
from suites.verification import checks, digests, reference
from suites.verification.reference import chosen_samples, expected_training, limits
from suites.verification.reference.expected import Expected
from suites.verification.reference.limits import LEAST, ROOM
from suites.verification.reference.meanings.arithmetic import (
    Exact,
    Honest,
    TensorFloat,
    rms,
    to_bits,
)
from suites.workload import SGD, Adam, Data, Forward, Learn, Train

SIZES = st.floats(1e-30, 1e30)
ANY = st.floats(allow_nan=True, allow_infinity=True)


@given(st.floats(0, 1e30), st.lists(st.floats(0, 1e30), max_size=3), SIZES)
def test_a_limit_is_none_or_six_times_from_honest_and_from_the_lie(honest, lies, size):
    found = limits.middle(honest, lies, size)
    if found is None:
        return
    least = max(honest, LEAST * size)
    lie = min(lie for lie in (*lies, 0.05 * size, 0.5 * size) if lie >= ROOM * least * (1 - 1e-12))
    assert found >= 6 * least * (1 - 1e-12)
    assert found <= lie / 6 * (1 + 1e-12)


@given(ANY, st.lists(ANY, max_size=3), ANY)
def test_a_limit_is_a_positive_number_whatever_comes(honest, lies, size):
    found = limits.middle(honest, lies, size)
    assert found is None or (math.isfinite(found) and found > 0)


def test_an_array_off_by_a_twentieth_as_a_whole_shows_through_rounding():
    """At a small rate weights are stored with errors as large as that; along the array they are
    few."""
    random = np.random.default_rng(0)
    exact = random.standard_normal(4000)
    honest = [exact + 0.02 * random.standard_normal(4000) for _ in range(4)]
    limit = limits.between(exact, honest, [])
    assert limit.overall is None, "rounding hides it there"
    for factor in (0.95, 1.05):
        assert checks.along(factor * honest[0], exact) > 3 * limit.along
    assert max(checks.along(each, exact) for each in honest) < limit.along / 3


def test_solutions_that_all_happen_to_err_little_along_an_array_make_no_narrow_limit():
    exact = np.array([1.0, 1.0])
    honest = [exact + np.array([1e-4, -1e-4])] * 4
    assert checks.along(honest[0], exact) < 1e-12
    assert limits.between(exact, honest, []).along > 5 * 1e-4 / 2**0.5


def test_what_cannot_be_told_apart_has_no_limit():
    assert limits.middle(1.0, [], 1.0) is None
    assert limits.middle(0.0, [], 0.0) is limits.middle(0.0, [], 5e-324) is None
    assert limits.middle(1e-7, [1e-6], 1.0) == pytest.approx(math.sqrt(LEAST * 0.05))
    overflowed = limits.between(np.array([1.0]), [np.array([np.inf])], [np.array([1.1])])
    assert not overflowed.tells


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, max_value=2.0**126))
def test_rounding_to_11_bits_is_that_of_float16_where_that_reaches(value):
    x = np.float32(value)
    if not 2.0**-14 <= abs(x) <= 65000:
        return
    assert to_bits(x, 11) == np.float32(np.float16(x))  # type: ignore[arg-type]


def test_ties_of_rounding_go_to_even_and_shapes_stay():
    halfway = np.array([[1 + 2**-11, 1 + 3 * 2**-11], [1.0, -(1 + 2**-11)]], np.float32)
    assert to_bits(halfway, 11).tolist() == [[1.0, 1 + 2**-9], [1.0, -1.0]]
    assert to_bits(np.float32(1 + 2**-24), 11).shape == ()  # type: ignore[arg-type]
    np.testing.assert_array_equal(
        to_bits(halfway, 8), arrays.rounded(halfway, "bfloat16").astype(np.float32)
    )
    assert TensorFloat().operand(halfway.T).tolist() == to_bits(halfway.T, 11).tolist()


def test_honest_sums_over_rows_are_built_in_order():
    """One after another, as a framework may: not in pairs, as NumPy sums one long row."""
    rows = np.random.default_rng(0).random((5000, 1), dtype=np.float32)
    total = np.float32(0)
    for value in rows[:, 0]:
        total += value
    assert Honest("float32", 0).total(rows)[0] == total
    beside = np.concatenate([rows, rows], axis=1)
    assert Honest("float32", 0).total(beside).tolist() == [total, total]


def test_errors_of_sums_are_those_of_sums_in_order():
    """The drawn error of a long product is of the size that a sum in order really has."""
    random, k = np.random.default_rng(1), 2000
    a, b = (random.standard_normal(shape, dtype=np.float32) for shape in ((40, k), (k, 1)))
    exact = a.astype(np.float64) @ b
    in_order = np.zeros((40, 1), np.float32)
    for i in range(k):
        in_order += a[:, i : i + 1] * b[i]
    drawn = [Honest("float32", n).summed((a @ b).copy(), k, a, b) for n in range(8)]
    real = np.sqrt(np.mean((in_order - exact) ** 2))
    model = np.sqrt(np.mean([(each - exact) ** 2 for each in drawn]))
    assert real / 4 < model < real * 4


def test_two_draws_decide_every_kink_both_ways():
    x = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    x[::2] = 0.0
    for first in (0, 2, 4):
        one, two = (Honest("float32", first + n).between(x, 0.0, math.inf) for n in (0, 1))
        assert np.all(one[::2] != two[::2])
        np.testing.assert_array_equal(one[1::2], two[1::2])


def test_two_draws_take_either_of_two_values_that_tie():
    """And never one that is smaller by more than rounding, nor one that pads."""
    random = np.random.default_rng(0)
    windows = random.standard_normal((500, 4)).astype(np.float32)
    windows[:, 3], top = -np.inf, windows[:, :3].max(axis=1)
    windows[::2, 0] = windows[::2, 2] = top[::2] + 1
    windows[::4, 2] -= np.float32(1e-7)
    for first in (0, 2, 4):
        one, two = (Honest("float32", first + n).largest(windows) for n in (0, 1))
        assert np.all(one[::2] + two[::2] == 2)
        assert np.all(one[::2] != two[::2])
        assert 0 < np.mean(one[::2]) < 2
        np.testing.assert_array_equal(one[1::2], windows[1::2].argmax(axis=1))
        np.testing.assert_array_equal(one[1::2], two[1::2])


@pytest.mark.parametrize("rule", sorted(expected_training.COARSE))
def test_a_course_is_held_to_no_less_than_a_kink_may_lead_it_astray(rule):
    """However near the solutions that were drawn keep together; and a course that was left at its
    beginning is told all the same."""
    random, coarse = np.random.default_rng(0), expected_training.COARSE[rule]
    exact = random.standard_normal(50)
    apart = random.standard_normal(50)
    apart *= rms(exact) / rms(apart)
    for strayed, told in ((0.0, True), (coarse / 2, True), (0.1, False)):
        limit = expected_training._course(coarse, [exact, exact + strayed * apart], 0.9 * exact)
        assert (limit is not None) == told
        if limit is not None:
            assert 6 * coarse <= limit / rms(exact) <= 1 / 6


ARRAYS = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=20)


@given(ARRAYS, st.floats(-4, 4), st.integers(0, 9), st.sampled_from([1, digests.WHOLE]))
def test_digests_are_linear(values, factor, seed, repeated):
    x = np.resize(np.asarray(values), max(len(values), repeated + 1))
    y = np.linspace(-1, 1, x.size)
    made = [digests.digest(array, seed) for array in (x, y, x + factor * y)]
    assert made[0].keys() == made[2].keys()
    for part in digests.parts(made[0]):
        together = made[0][part] + factor * made[1][part]
        scale = 1e-9 * (1 + np.abs(x).sum() + abs(factor) * np.abs(y).sum())
        np.testing.assert_allclose(made[2][part], together, atol=scale)


def test_an_error_anywhere_shows_in_a_large_arrays_digest():
    x = np.random.default_rng(0).standard_normal((300, 400))
    right = digests.digest(x, 3)
    for place in np.random.default_rng(1).integers(x.size, size=20):
        wrong = x.copy()
        wrong.flat[place] += 1.0
        assert np.abs(digests.digest(wrong, 3)["sums"] - right["sums"]).max() == pytest.approx(1.0)


IMAGES = Sequential(Conv2d(3, 8, 3), ReLU(), GlobalAvgPool(), Flatten(), Linear(8, 4))


@pytest.mark.parametrize("seed", range(3))
def test_chosen_samples_are_clear_of_kinks(seed):
    work = Train(suite="t", name="t", model=IMAGES, input_shape=(4, 3, 9, 9), optimizer=SGD(lr=0.1))
    weights = arrays.weights_of(work, seed)
    drawn = chosen_samples.samples(work, weights, seed)
    numbers = drawn or tuple(range(4))
    assert len(set(numbers)) == 4
    assert (
        sum(chosen_samples._near(work, weights, seed, range(max(numbers) + 1))[n] for n in numbers)
        == 0
    )


def test_work_without_kinks_takes_its_first_samples():
    plain = Sequential(Flatten(), Linear(243, 4))
    work = Train(suite="t", name="t", model=plain, input_shape=(4, 3, 9, 9), optimizer=SGD(lr=0.1))
    assert chosen_samples.samples(work, arrays.weights_of(work, 0), 0) == ()


def test_an_update_whose_squares_overflow_is_not_held_to_the_rule():
    """The gradient is right in float64 and infinite in any float32 moment."""
    plain = Sequential(Linear(6, 16), ReLU(), Linear(16, 3))
    work = Train(suite="t", name="t", model=plain, input_shape=(5, 6), optimizer=Adam(lr=0.1))
    entries = reference.solve(work, "float32", 0).entries
    assert any("update of" in name for name in entries)
    doubled = [Residual(Sequential(ReLU(), ReLU())) for _ in range(80)]
    work = dataclasses.replace(work, model=Sequential(Linear(6, 6), *doubled))
    with pytest.raises(reference.NoReference):
        reference.solve(work, "float32", 0)


# --- suites that cannot be checked ----------------------------------------------------------


VALUES = Sequential(Linear(6, 16), ReLU(), Linear(16, 3))
STEP = Train(suite="t", name="t", model=VALUES, input_shape=(5, 6), optimizer=SGD(lr=0.1))
FORWARD = Forward(suite="t", name="f", model=VALUES, input_shape=(5, 6))
WILD = Learn(
    suite="t", name="l", model=VALUES, batch=8, epochs=9,
    data=Data("synthetic", 64, 40, (6,), 3), optimizer=SGD(lr=1e4),
)  # fmt: skip


@pytest.mark.parametrize("factor", [0.0, 1e18, 1e30, np.inf, np.nan])
@pytest.mark.parametrize("work", [STEP, FORWARD, WILD], ids=lambda work: work.case)
def test_what_overflows_or_is_constant_is_withdrawn_or_has_real_limits(
    monkeypatch, recwarn, work, factor
):
    drawn = seeded_random.floats

    def strange(seed, name, shape, bound, center=0.0):
        made = drawn(seed, name, shape, bound, center)
        return made if name.endswith(("x", "a", "b")) else made * np.float32(factor)

    monkeypatch.setattr(
        seeded_random, "floats", strange
    )  # as a user's own layers might make weights
    try:
        entries = reference.solve(work, "float32", 0).entries
    except reference.NoReference as reason:
        assert str(reason).startswith("withdrawn: ")
    else:
        assert limits_are_real(entries)
    assert not recwarn.list


def limits_are_real(entries):
    found = [a for key, a in entries.items() if key.endswith(("|worst", "|overall"))]
    return found and all(np.all(np.isfinite(each)) and np.all(each > 0) for each in found)


def test_epochs_that_diverge_say_how_far_they_were_checked(tmp_path):
    work = next(c for c in catalog.cases("sweep", "full") if c.name == "epochs" and c.size > 1e6)
    expected = reference.expected(work, "float32", 0, reference.Cache(tmp_path))
    assert limits_are_real(expected.entries)
    assert "of" in str(reference.reach(expected, work))


def test_nothing_that_could_not_fail_counts_as_a_check():
    result = Expected()
    assert not result.tells
    result.add("before", "loss", {"shape": [], "all": np.ones(1)}, [{"all": np.full(1, 2.0)}])  # type: ignore[dict-item]
    assert not result.tells
    assert result.withdrawn == ["before/loss"]
    result.add("before", "loss", {"shape": [], "all": np.ones(1)}, [{"all": np.ones(1)}])  # type: ignore[dict-item]
    assert result.tells
    with pytest.raises(ValueError, match="without a limit"):
        result.put("before/x/all", np.asarray([1]), np.ones(1), limits.Limit(None, None))
    assert isinstance(Exact().summed(np.ones(1), 1, np.ones(1), np.ones(1)), np.ndarray)
