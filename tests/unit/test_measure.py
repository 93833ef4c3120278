"""The sampling loop: every result waited for, as many in flight as allowed, nothing lost."""

import contextlib
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import measure


class Device:
    """Counts steps and waits; each step advances a fake clock."""

    def __init__(self, monkeypatch, step_ns=1000, sync_ns=0):
        self.now_ns, self.step_ns, self.sync_ns = 0, step_ns, sync_ns
        self.issued, self.waited = 0, []
        monkeypatch.setattr(measure, "perf_counter_ns", lambda: self.now_ns)

    def step(self):
        self.issued += 1
        self.now_ns += self.step_ns
        return {"number": self.issued}

    def wait(self, outputs):
        self.now_ns += self.sync_ns
        self.waited.append([output["number"] for output in outputs])


def test_every_result_is_waited_for_before_the_clock_stops(monkeypatch):
    device = Device(monkeypatch)
    taken = measure.sample_ns(device.step, device.wait, measure.Loop(in_flight=3, waits=2))
    assert device.waited == [[1, 2, 3], [4, 5, 6]]
    assert taken == 6000


@pytest.mark.parametrize(
    ("asynchronous", "output_bytes", "depth"),
    [(False, 4, 1), (True, 4, measure.MAX_IN_FLIGHT), (True, 2**20, 4), (True, 2**30, 1)],
)
def test_steps_in_flight(asynchronous, output_bytes, depth):
    found = measure.depth(asynchronous=asynchronous, kind="cpu", output_bytes=output_bytes)
    assert found == depth


def sampler(device, step=None, deepest=1, sample_s=0.005):
    made = measure.Sampler(step or device.step, device.wait, deepest=deepest, sample_s=sample_s)
    made.calibrate()
    return made


@pytest.mark.parametrize("deepest", [1, 4, 1000])
def test_a_sample_lasts_as_long_as_it_should(monkeypatch, deepest):
    loop = sampler(Device(monkeypatch), deepest=deepest).loop
    assert loop.in_flight == deepest
    assert 2500 <= loop.steps <= 10_000


def test_a_sample_dwarfs_the_sync(monkeypatch):
    device = Device(monkeypatch, step_ns=1000, sync_ns=100_000)
    assert sampler(device, deepest=1024, sample_s=0.02).loop.in_flight == 1024


def test_a_slow_step_is_a_sample_of_one(monkeypatch):
    taken = sampler(Device(monkeypatch, step_ns=10**10)).take_slice(slice_s=0.1, warm_s=0.01)
    assert taken.steps_per_sample == 1
    assert taken.samples_s == taken.latencies_s == [10.0]


@given(steps=st.integers(1, 10**6), deepest=st.integers(1, 2000))
def test_a_loop_has_at_least_the_steps_asked_for(steps, deepest):
    loop = measure._loop(steps, deepest)
    assert steps <= loop.steps < steps + loop.in_flight
    assert loop.in_flight <= deepest


def test_a_slice_counts_what_it_sampled(monkeypatch):
    device = Device(monkeypatch)
    taken = sampler(device, deepest=10, sample_s=1e-4).take_slice(slice_s=0.001, warm_s=0.0005)
    assert taken.samples_s == [pytest.approx(1e-6)] * len(taken.samples_s)
    assert taken.sampled_s == pytest.approx(0.001, rel=0.1)
    assert taken.wall_s >= taken.sampled_s
    assert len(taken.latencies_s) == measure.LATENCIES


def test_unready_results_are_noticed(monkeypatch):
    device = Device(monkeypatch, step_ns=1000)
    pending = []

    def lazy_step():
        pending.append(1)
        return device.step()

    def convert(_):
        device.now_ns += 5_000_000 * len(pending)  # the work that nobody waited for
        pending.clear()

    excess_s, limit_s = measure.unready(lazy_step, device.wait, convert)
    assert excess_s > limit_s
    excess_s, limit_s = measure.unready(device.step, device.wait, convert)
    assert excess_s <= limit_s


def test_a_step_that_is_left_for_later_is_noticed(monkeypatch):
    """A lazy framework whose `wait` works out the last step alone."""
    device = Device(monkeypatch)

    def later():
        return [False]

    def finish(results):
        device.now_ns += 0 if results[0] else 5_000_000
        results[0] = True

    excess_s, limit_s = measure.unready(later, lambda outputs: finish(outputs[-1]), finish)
    assert excess_s > limit_s
    excess_s, limit_s = measure.unready(later, lambda o: [*map(finish, o)], finish)
    assert excess_s <= limit_s


def test_one_slow_conversion_is_forgiven(monkeypatch):
    device, hiccup = Device(monkeypatch), iter([5_000_000])

    def convert(_):
        device.now_ns += next(hiccup, 1000)

    excess_s, limit_s = measure.unready(device.step, device.wait, convert)
    assert excess_s <= limit_s


def test_peak_resident_memory_follows_a_reset():
    if not measure.reset_peak_resident():
        pytest.skip("only Linux can reset a process's peak")
    before = measure.peak_resident_bytes()
    held = bytearray(b"x") * (64 * 2**20)
    assert measure.peak_resident_bytes() - before > 48 * 2**20
    del held
    measure.reset_peak_resident()
    assert measure.peak_resident_bytes() - before < 48 * 2**20


def test_a_first_step_slow_by_accident_does_not_set_the_loop(monkeypatch):
    device = Device(monkeypatch)
    stall = iter([20_000_000])

    def step():
        device.now_ns += next(stall, 0)
        return device.step()

    assert sampler(device, step).loop.steps > 2000


def test_a_busy_calibration_does_not_spoil_the_cell(monkeypatch):
    """Every step of the calibration takes 30 ms, later ones a microsecond: K must grow again."""
    device, busy = Device(monkeypatch), [True]

    def step():
        device.now_ns += 30_000_000 if busy else 0
        return device.step()

    made = sampler(device, step)
    assert made.loop.steps == 1
    busy.clear()
    made.take_slice(slice_s=0.04, warm_s=0.005)
    taken = made.take_slice(slice_s=0.04, warm_s=0.005)
    assert taken.steps_per_sample > 2000
    assert taken.samples_s == [pytest.approx(1e-6)] * len(taken.samples_s)


@contextlib.contextmanager
def spinning(seconds):
    """A thread that uses a core meanwhile, and ends with the test whatever happens."""
    ended, stop_s = threading.Event(), time.monotonic() + seconds

    def spin():
        while not ended.is_set() and time.monotonic() < stop_s:
            pass

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield stop_s
    finally:
        ended.set()
        thread.join()


def test_a_spinning_thread_is_waited_for():
    with spinning(0.1) as stop_s:
        assert measure.settle()
        assert time.monotonic() >= stop_s - 0.02  # a busy machine may keep it from its core


def test_a_thread_that_never_rests_is_told():
    with spinning(60):
        assert not measure.settle()
