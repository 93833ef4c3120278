"""Any two descriptions have one definition if they mean the same, and only then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suites import layers
from suites.layers import Conv2d, Dropout, Layer, LayerNorm, Linear, ReLU, Residual, Sequential
from suites.workload import SGD, Adam, Product, Train, Workload, definition_hash
from suites.workload.definition import definition

FLOATS = st.floats(1e-6, 1.0)
SIZES = st.integers(1, 3)
LEAVES = st.one_of(
    st.builds(ReLU),
    st.builds(Linear, SIZES, SIZES, st.booleans()),
    st.builds(LayerNorm, SIZES, eps=FLOATS | st.just(1e-5)),
    st.builds(Conv2d, SIZES, SIZES, SIZES, SIZES, bias=st.booleans()),
    st.builds(Dropout, st.sampled_from((0.5, 0.2))),
    st.builds(layers.StochasticDepth, st.sampled_from((0.5, 0.2))),
)
NAMES = st.sampled_from(("first", "second", "0"))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda found: Sequential(*found), st.lists(inner, max_size=3)),
        st.builds(lambda found: layers.Concat(**found), st.dictionaries(NAMES, inner, max_size=3)),
        st.builds(Residual, inner, st.none() | inner),
        st.builds(layers.Gated, inner),
    ),
    max_leaves=6,
)
BETAS = st.sampled_from((0.9, 0.8, 0.0))
OPTIMIZERS = st.one_of(st.builds(SGD, FLOATS), st.builds(Adam, FLOATS, BETAS))
TRAINS: st.SearchStrategy[Workload] = st.builds(
    Train,
    suite=st.sampled_from(("s", "t")),
    name=st.just("n"),
    model=st.builds(Linear, st.just(2), SIZES, st.booleans()),
    input_shape=st.tuples(SIZES, st.just(2)),
    optimizer=OPTIMIZERS,
    inputs=st.sampled_from(("device", "host")),
    sized_by=st.sampled_from(("batch", "parameters")),
)
PRODUCTS: st.SearchStrategy[Workload] = st.builds(
    Product,
    suite=st.just("s"),
    name=st.just("n"),
    m=SIZES,
    k=SIZES,
    n=SIZES,
    generated=st.booleans(),
)


@given(st.lists(TREES, min_size=2, max_size=12))
def test_models_have_one_definition_if_they_are_the_same(found: list[Layer]) -> None:
    """As Python prints them: all they are made of, with every value in its declared type."""
    for one in found:
        for other in found:
            assert (definition(one) == definition(other)) == (repr(one) == repr(other))


@given(st.lists(TRAINS | PRODUCTS, min_size=2, max_size=12))
def test_workloads_have_one_hash_if_they_are_the_same(found: list[Workload]) -> None:
    for one in found:
        for other in found:
            assert (definition_hash(one) == definition_hash(other)) == (repr(one) == repr(other))


@given(TREES, TREES)
def test_a_change_deep_in_a_model_is_a_change(tree: Layer, other: Layer) -> None:
    inside = Residual(Sequential(ReLU(), layers.Gated(tree)))
    changed = Residual(Sequential(ReLU(), layers.Gated(other)))
    assert (definition(inside) == definition(changed)) == (repr(tree) == repr(other))
