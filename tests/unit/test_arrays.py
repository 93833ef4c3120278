"""Arrays: the same bytes everywhere, read-only, and rounding as the hardware does it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites import arrays, catalog, draws


def case(name):
    return catalog.find(name.split("/")[0], "full", name)


def test_bytes_are_the_same_everywhere():
    """The hash was computed once; another value means that records stop being comparable."""
    made = arrays.make(case("mlp/train/64"), 0)
    assert made.sha256() == "ec58cc678ca369094fc5c0a4d0b5574172ac6cfb3b6bfe13d40232cd3bebdf6b"
    assert (
        arrays.make(case("matmul/square/64"), 0).sha256()
        == "88d503347f4333286d6bc6d882c1502052768fa28550b03d59dd7cd9a9d863e6"
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
    made = draws.uniform(0, "a", (3,), 1), draws.uniform(0, "b", (3,), 1)
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
