"""The sampling loop: every result waited for, as many in flight as allowed, nothing lost."""

import contextlib
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import measure, resident


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
    assert taken.warmed_s >= 0.0005
    assert len(taken.latencies_s) == measure.LATENCIES


def test_a_sample_hands_over_what_was_waited_for(monkeypatch):
    device, seen = Device(monkeypatch), []
    measure.sample_ns(device.step, device.wait, measure.Loop(2, 2), seen.extend)
    assert [each["number"] for each in seen] == [1, 2, 3, 4]


def test_a_slice_is_the_sum_of_its_parts(monkeypatch):
    device, asides = Device(monkeypatch), []

    def aside():
        asides.append(device.issued)
        device.now_ns += 7_000_000

    made = sampler(device, deepest=10, sample_s=1e-4)
    begun_ns = device.now_ns
    taken = made.take_slice(slice_s=0.001, warm_s=0.0005, aside=aside)
    alone_s = sum(taken.latencies_s)
    told_s = taken.warmed_s + alone_s + taken.sampled_s + taken.apart_s
    assert told_s == pytest.approx((device.now_ns - begun_ns) / 1e9)
    assert taken.apart_s == pytest.approx(0.007)
    assert max(taken.samples_s) == pytest.approx(1e-6)
    assert len(asides) == 1


def test_a_slice_of_one_long_step_has_room_for_what_is_done_beside_it(monkeypatch):
    device, asides = Device(monkeypatch, step_ns=10**10), []
    taken = sampler(device).take_slice(slice_s=0.1, warm_s=0.01, aside=lambda: asides.append(1))
    assert taken.samples_s == [10.0]
    assert asides == [1]


@given(steps=st.integers(1, 5000), deepest=st.integers(1, 2000))
def test_exactly_so_many_steps(steps, deepest):
    made = measure.Sampler(dict, lambda outputs: None, deepest=deepest, sample_s=1.0)
    loops = made.exactly(steps)
    assert sum(loop.steps for loop in loops) == steps
    assert all(loop.in_flight <= deepest for loop in loops)
    assert len(loops) <= 2


def test_a_longer_sample_is_like_the_others(monkeypatch):
    made = sampler(Device(monkeypatch), deepest=10, sample_s=1e-4)
    assert made.lasting(5e-5) == made.loop
    longer = made.lasting(0.02)
    assert longer.in_flight == made.loop.in_flight
    assert longer.steps >= 20_000


def test_peak_resident_memory_follows_a_reset():
    if not resident.reset_peak():
        pytest.skip("only Linux can reset a process's peak")
    before = resident.peak_bytes()
    held = bytearray(b"x") * (64 * 2**20)
    assert resident.peak_bytes() - before > 48 * 2**20
    del held
    resident.reset_peak()
    assert resident.peak_bytes() - before < 48 * 2**20


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
