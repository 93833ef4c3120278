"""Arrays: the same bytes everywhere, read-only, and rounding as the hardware does it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites import catalog
from suites.data import arrays, seeded_random
from suites.operations import CumulativeSum, RightAnswers, Sort
from suites.workload import Operation


def case(name):
    return catalog.find(name.split("/")[0], "full", name)


def test_bytes_are_the_same_everywhere():
    """The hash was computed once; another value means that records stop being comparable."""
    made = arrays.make(case("mlp/train/64"), 0)
    assert made.sha256() == "51abffb0a488e448fe3867b4ff7f13100c5e7cb3195236aa9f6a68819b3c3a9d"
    assert (
        arrays.make(case("matmul/square/64"), 0).sha256()
        == "7ddcc1e04fd8adc7ae8a0b8206695b9e06aac3ef03f43c1ee382f9dc5637fcdd"
    )


def test_another_seed_gives_other_bytes():
    workload = case("matmul/square/64")
    assert arrays.make(workload, 0).sha256() != arrays.make(workload, 1).sha256()


def test_arrays_are_read_only():
    made = arrays.make(case("mlp/train/64"), 0)
    for array in (*made.inputs.values(), *made.weights.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_operands_have_unit_variance_and_labels_are_classes():
    made = arrays.make(case("mlp/train/1024"), 0)
    assert abs(made.inputs["x"].std() - 1) < 0.01
    assert set(np.unique(made.inputs["labels"])) == set(range(10))


def test_two_equal_parameters_differ():
    """Each array has a stream of its own: layers of one shape do not start equal."""
    made = seeded_random.uniform(0, "a", (3,), 1), seeded_random.uniform(0, "b", (3,), 1)
    assert not np.array_equal(*made)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_bfloat16_rounding_is_to_nearest(values):
    exact = np.array(values, dtype=np.float32)
    exact = exact[np.abs(exact) < 3e38]
    rounded = arrays.rounded(exact, "bfloat16")
    # bfloat16 keeps 8 bits: half a unit in the last place is 2^-9 of the value's power of two.
    spacing = np.maximum(2.0 ** np.floor(np.log2(np.abs(exact) + 1e-45)), 2.0**-126)
    assert np.all(np.abs(rounded - exact) <= spacing * 2**-8)


def test_bfloat16_ties_go_to_even():
    halfway = np.array([1 + 2**-8, 1 + 3 * 2**-8], dtype=np.float32)
    assert arrays.rounded(halfway, "bfloat16").tolist() == [1.0, 1 + 2**-6]


@pytest.mark.parametrize("name", ["mlp/train/64", "matmul/square/64", "loader/train_loop/16"])
def test_no_batch_is_met_twice_in_the_ring_or_the_audit(name):
    workload = case(name)
    made = arrays.make(workload, 0)
    fresh = arrays.audit(workload, 0, made.weights)
    assert len(made.ring) == arrays.ring_of(workload) >= 2
    assert len(fresh.ring) == arrays.audited_steps(workload) >= 2
    first = [batch.get("x", batch.get("a")) for batch in (*made.ring, *fresh.ring)]
    assert len({array.tobytes() for array in first}) == len(first)
    again = arrays.audit(workload, 0, made.weights)
    assert again.sha256() == fresh.sha256() != arrays.audit(workload, 1, made.weights).sha256()
    assert fresh.weights.keys() == made.weights.keys()
    for each in (made, fresh, again):
        each.close()


@pytest.mark.parametrize("name", ["mlp/train/64", "loader/train_loop/16"])
def test_chosen_samples_take_the_place_of_the_first_batch_alone(name):
    workload = case(name)
    count = workload.input_shape[0]
    drawn = tuple(range(1, count + 1))
    plain, other = arrays.make(workload, 0), arrays.make(workload, 0, drawn)
    np.testing.assert_array_equal(plain.ring[0]["x"][1:], other.ring[0]["x"][:-1])
    np.testing.assert_array_equal(plain.ring[0]["labels"], other.ring[0]["labels"])
    for one, two in zip(plain.ring[1:], other.ring[1:], strict=True):
        np.testing.assert_array_equal(one["x"], two["x"])
    assert plain.sha256() != other.sha256()
    assert arrays.make(workload, 0, range(count)).sha256() == plain.sha256()


def test_work_whose_steps_are_alike_has_no_ring():
    drawn = case("hackintosh/with_generation/100")
    assert arrays.make(drawn, 0).ring == ()
    assert arrays.ring_of(drawn) == arrays.audited_steps(drawn) == 1


def test_a_processor_cannot_learn_the_batches_of_what_compares_values():
    """NumPy's argmax over [512, 10] takes 6 us with four batches, 15 with 64."""
    ranked = Operation(suite="t", name="r", operator=RightAnswers(rows=512, classes=10))
    summed = Operation(suite="t", name="s", operator=CumulativeSum((512, 10), 1))
    large = Operation(suite="t", name="l", operator=Sort((1024, 1024), 1))
    assert [arrays.ring_of(each) for each in (ranked, summed, large)] == [64, 4, 8]
