"""The sampling loop: every result waited for, as many in flight as allowed, nothing lost."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.worker import cpu_time, measure


class Device:
    """Counts steps and waits; each step advances a fake clock. Nothing else runs here."""

    def __init__(self, monkeypatch, step_ns=1000, sync_ns=0):
        monkeypatch.setattr(measure, "interruptions", lambda: 0)
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


def sampler(device, step=None, deepest=1, sample_s=0.005, **parted):
    made = measure.Sampler(
        step or device.step, device.wait, deepest=deepest, sample_s=sample_s, **parted
    )
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


def disturbed(monkeypatch):
    """A sampler, calibrated while every step took 30 ms more, and what to clear to end that."""
    device, busy = Device(monkeypatch), [True]

    def step():
        device.now_ns += 30_000_000 if busy else 0
        return device.step()

    return sampler(device, step), busy


def test_what_re_warming_shows_of_a_step_sets_the_loop(monkeypatch):
    """Every step of the calibration was disturbed, and the first slice is not to suffer from it."""
    made, busy = disturbed(monkeypatch)
    busy.clear()
    assert made.take_slice(slice_s=0.04, warm_s=0.005).steps_per_sample > 2000


def test_a_first_step_slow_by_accident_does_not_set_the_loop(monkeypatch):
    device = Device(monkeypatch)
    stall = iter([20_000_000])

    def step():
        device.now_ns += next(stall, 0)
        return device.step()

    assert sampler(device, step).loop.steps > 2000


def test_a_busy_calibration_does_not_spoil_the_cell(monkeypatch):
    """Every step of the calibration takes 30 ms, later ones a microsecond: K must grow again."""
    made, busy = disturbed(monkeypatch)
    assert made.loop.steps == 1
    busy.clear()
    made.take_slice(slice_s=0.04, warm_s=0.005)
    taken = made.take_slice(slice_s=0.04, warm_s=0.005)
    assert taken.steps_per_sample > 2000
    assert taken.samples_s == [pytest.approx(1e-6)] * len(taken.samples_s)


def test_parts_follow_one_another_without_a_gap(monkeypatch):
    device = Device(monkeypatch, step_ns=1000, sync_ns=50)
    taken = measure.parts_ns(device.step, device.wait, measure.Loop(in_flight=2, waits=3), 4)
    assert taken == [6150] * 4
    assert sum(taken) == device.now_ns
    assert device.waited == [[i, i + 1] for i in range(1, 25, 2)]


@given(step_ns=st.integers(1000, 10**8), deepest=st.sampled_from([1, 4, 1000]))
def test_a_part_is_as_short_as_a_step_but_not_too_short_for_the_clock(step_ns, deepest):
    with pytest.MonkeyPatch.context() as patched:
        taken = sampler(Device(patched, step_ns), deepest=deepest, part_s=2e-4).take_slice(
            slice_s=0.01, warm_s=0.0
        )
    assert taken.samples_s == [pytest.approx(step_ns / 1e9)] * len(taken.samples_s)
    assert taken.sampled_s == pytest.approx(sum(taken.samples_s) * taken.steps_per_sample)
    if taken.steps_per_part is None:
        return
    assert taken.steps_per_sample % taken.steps_per_part == 0
    assert taken.steps_per_part * step_ns >= 2e5
    assert taken.steps_per_part % taken.steps_in_flight == 0
    assert taken.steps_per_part - taken.steps_in_flight <= 2e5 / step_ns + 1


class Disturbed(Device):
    """Another program takes the processor for 3 ms after every 4 ms of it."""

    def step(self):
        before, made = self.now_ns // 4_000_000, super().step()
        self.now_ns += 3_000_000 * (self.now_ns // 4_000_000 - before)
        return made


def test_a_median_of_parts_falls_between_disturbances(monkeypatch):
    device = Disturbed(monkeypatch, step_ns=200_000)
    parted = sampler(device, part_s=2e-4).take_slice(slice_s=0.1, warm_s=0.0)
    assert parted.samples_s == [pytest.approx(2e-4)] * len(parted.samples_s)
    whole = sampler(device).take_slice(slice_s=0.1, warm_s=0.0)
    assert min(whole.samples_s) > 2.5e-4  # what would be measured without parts


def test_work_left_to_every_third_step_shows_beside_the_median(monkeypatch):
    device = Device(monkeypatch, step_ns=1_000_000)

    def bursts():
        device.now_ns += 1_500_000 if device.issued % 3 == 2 else -750_000
        return device.step()

    lying = sampler(device, bursts, part_s=2e-4).take_slice(slice_s=0.1, warm_s=0.0)
    honest = sampler(device, part_s=2e-4).take_slice(slice_s=0.1, warm_s=0.0)
    assert lying.even_step_s > 1.5 * statistics.median(lying.samples_s)
    assert honest.even_step_s == pytest.approx(statistics.median(honest.samples_s))


def test_samples_that_another_program_interrupts_say_nothing_of_their_parts(monkeypatch):
    device = Disturbed(monkeypatch, step_ns=200_000)
    made = sampler(device, part_s=2e-4)
    assert made.take_slice(slice_s=0.1, warm_s=0.0).even_step_s > 1.2 * 2e-4
    monkeypatch.setattr(measure, "interruptions", lambda: device.now_ns // 4_000_000)
    assert made.take_slice(slice_s=0.1, warm_s=0.0).even_step_s is None


def test_a_step_that_is_a_part_is_a_latency_and_is_not_timed_again(monkeypatch):
    device = Device(monkeypatch, step_ns=400_000)
    made = sampler(device, part_s=2e-4)
    before = device.issued
    taken = made.take_slice(slice_s=0.1, warm_s=0.0)
    assert taken.steps_per_part == 1
    assert taken.latencies_s == [pytest.approx(4e-4)] * measure.LATENCIES
    assert device.issued - before == taken.steps_per_sample * len(taken.samples_s)


def test_latencies_may_be_left_to_other_slices(monkeypatch):
    made = sampler(Device(monkeypatch), part_s=2e-4)
    assert made.take_slice(slice_s=0.1, warm_s=0.0, latencies=False).latencies_s == []
    assert made.take_slice(slice_s=0.1, warm_s=0.0).latencies_s


def test_cpu_seconds_are_those_of_the_sampled_steps(monkeypatch):
    """Neither of warming, nor of single steps, nor of what is done aside; on this device all time
    is the processor's."""
    device = Device(monkeypatch, step_ns=10_000)
    monkeypatch.setattr(
        cpu_time.CpuTime, "_now", staticmethod(lambda: (device.now_ns / 1e9, device.now_ns / 2e9))
    )

    def aside():
        device.now_ns += 7_000_000

    made = sampler(device, part_s=2e-4)
    for warm_s, beside in ((0.005, aside), (0.0, None)):
        taken = made.take_slice(slice_s=0.02, warm_s=warm_s, aside=beside)
        assert taken.cpu_user_s == pytest.approx(taken.sampled_s)
        assert taken.cpu_system_s == pytest.approx(taken.sampled_s / 2)
