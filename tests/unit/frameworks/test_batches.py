"""Where steps get their batches from, and how others are put in their place."""

from frameworks.shared.batches import Source, going_round, ring
from suites.data.arrays import Arrays

FIRST = Arrays({"x": 1}, {}, ring=({"x": 1}, {"x": 2}))  # type: ignore[dict-item]
OTHERS = Arrays({"x": 3}, {}, ring=({"x": 3}, {"x": 4}))  # type: ignore[dict-item]


def prepare(arrays):
    return going_round([batch["x"] for batch in ring(arrays)])


def test_batches_go_round():
    source = Source(prepare, FIRST)
    assert [source.take() for _ in range(5)] == [1, 2, 1, 2, 1]


def test_arrays_without_a_ring_are_one_batch():
    source = Source(prepare, Arrays({"x": 7}, {}))  # type: ignore[dict-item]
    assert [source.take() for _ in range(2)] == [7, 7]


def test_others_are_prepared_at_once_and_taken_from_the_exchange_on():
    source = Source(prepare, FIRST)
    source.take()
    swap = source.reset(OTHERS)
    assert source.take() == 2
    swap()
    assert [source.take() for _ in range(3)] == [3, 4, 3]
    source.reset(FIRST)()
    assert source.take() == 1
