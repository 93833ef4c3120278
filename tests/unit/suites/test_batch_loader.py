"""Batches from raw bytes: the same in the step and in the background, and a thread that ends."""

import time

import numpy as np
import pytest

from suites.data import arrays
from suites.data.batch_loader import AHEAD, BatchLoader, prepared
from suites.layers import Flatten, Linear, Sequential
from suites.workload import SGD, Train
from tests.helpers.patience import PATIENT_S

RAW = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0], np.int32)
MODEL = Sequential(Flatten(), Linear(192, 3))


def test_prepared_bytes_have_mean_0_and_variance_1_and_are_turned():
    raw = np.arange(256, dtype=np.uint8).reshape(1, 1, 1, 256)
    x = prepared(raw)
    assert x.dtype == np.float32
    assert abs(x.mean()) < 1e-6
    assert x.var() == pytest.approx(1, abs=1e-3)
    assert x[0, 0, 0, 0] == x.max()


@pytest.mark.parametrize("background", [False, True])
def test_every_batch_is_prepared_anew(background):
    feed = BatchLoader([{"x": RAW, "labels": LABELS}], prepares=True, background=background)
    first, second = feed.take(), feed.take()
    feed.close()
    np.testing.assert_array_equal(first["x"], prepared(RAW))
    np.testing.assert_array_equal(first["x"], second["x"])
    assert first["x"] is not second["x"]
    assert first["labels"] is LABELS


@pytest.mark.parametrize("how", [{}, {"prepares": True}, {"prepares": True, "background": True}])
def test_after_the_last_batch_comes_the_first(how):
    feed = BatchLoader([{"x": RAW}, {"x": RAW + 1}, {"x": RAW + 2}], **how)
    taken = [feed.take()["x"] for _ in range(5)]
    feed.close()
    for early, late in ((0, 3), (1, 4)):
        np.testing.assert_array_equal(taken[early], taken[late])
    assert not np.array_equal(taken[0], taken[1])
    assert not np.array_equal(taken[1], taken[2])


def test_the_thread_rests_when_enough_is_ready_and_ends_when_closed():
    feed = BatchLoader([{"x": RAW}], prepares=True, background=True)
    assert feed._thread is None  # nobody has asked for a batch
    feed.take()
    time.sleep(0.05)  # it would prepare thousands of batches if it did not rest
    assert feed._ready.qsize() <= AHEAD
    feed.close()
    feed._thread.join(timeout=PATIENT_S)  # type: ignore[attr-defined]
    assert not feed._thread.is_alive()  # type: ignore[attr-defined]


@pytest.mark.parametrize("inputs", ["loop", "background"])
def test_a_workloads_batch_is_what_its_inputs_say(inputs):
    workload = Train(
        suite="t",
        name="t",
        model=MODEL,
        input_shape=(4, 3, 8, 8),
        optimizer=SGD(0.1),
        inputs=inputs,
    )
    made = arrays.make(workload, 0)
    batch = made.batch()
    made.close()
    np.testing.assert_array_equal(batch["x"], made.inputs["x"])
    assert set(batch) == {"x", "labels"}
