"""Looks into samples: work that was left over shows, what copying costs does not."""

import itertools

import pytest

from bench.worker import measure, waiting
from bench.worker.waiting import Looks, verdict

COPY_S = 20e-6


class Device:
    """Steps of `work_s` in a queue, on a clock of its own. `waits` says which of a batch are waited
    for, `lazy` that nothing runs before that, `keeps` that a copy on the host stays."""

    def __init__(self, monkeypatch, work_s, *, waits=slice(None), lazy=False, keeps=False):
        self.now_s = self.end_s = 0.0
        self.work_s, self.waits, self.lazy, self.keeps = work_s, waits, lazy, keeps
        self.hiccups = iter(())
        monkeypatch.setattr(measure, "perf_counter_ns", lambda: int(self.now_s * 1e9))
        monkeypatch.setattr(measure, "sleep", self.spend)

    def spend(self, seconds):
        self.now_s += max(0.0, seconds)

    def step(self):
        self.spend(2e-6)
        call = {"end": None, "kept": False}
        if not self.lazy:
            self.start(call)
        return {"product": call}

    def start(self, call):
        if call["end"] is None:
            self.end_s = max(self.now_s, self.end_s) + self.work_s
            call["end"] = self.end_s

    def finish(self, call):
        self.start(call)
        self.spend(call["end"] - self.now_s)

    def wait(self, outputs):
        for results in outputs[self.waits]:
            self.start(results["product"])
        for results in outputs[self.waits]:
            self.finish(results["product"])
        self.spend(5e-6)

    def convert(self, call):
        self.finish(call)
        self.spend(0.0 if call["kept"] else COPY_S + next(self.hiccups, 0.0))
        call["kept"] = self.keeps


def looks(device, deepest=64):
    sampler = measure.Sampler(device.step, device.wait, deepest=deepest, sample_s=0.02)
    sampler.calibrate()
    sizes = {"product": 2**14}
    return Looks(sampler, device.convert, sizes, keeps=device.keeps, kind="gpu")


STEPS_S = [1e-5, 1e-4, 1e-3, 5e-2]


@pytest.mark.parametrize("work_s", STEPS_S)
@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
def test_who_waits_is_not_accused(monkeypatch, work_s, lazy, keeps):
    made = looks(Device(monkeypatch, work_s, lazy=lazy, keeps=keeps))
    assert all(look.passed for _ in range(5) for look in made.look())


@pytest.mark.parametrize("work_s", STEPS_S)
@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("waits", [slice(0), slice(1)], ids=["never", "for the first"])
def test_who_does_not_wait_is_found(monkeypatch, work_s, keeps, waits):
    if work_s == 5e-2 and waits == slice(1):
        pytest.skip("one such step is a sample, and it is the first")
    made = looks(Device(monkeypatch, work_s, waits=waits, keeps=keeps))
    found = made.look()
    assert len(found) == waiting.REPEATED
    assert all(look.left_s > look.left_limit_s for look in found)


@pytest.mark.parametrize("work_s", [2e-5, 1e-4, 1e-3])
@pytest.mark.parametrize("keeps", [False, True])
def test_who_works_out_the_last_step_alone_is_found(monkeypatch, work_s, keeps):
    made = looks(Device(monkeypatch, work_s, waits=slice(-1, None), lazy=True, keeps=keeps))
    (found, *_) = made.look()
    assert found.left_s <= found.left_limit_s
    assert found.undone_s > found.undone_limit_s


def test_one_slow_conversion_is_forgiven(monkeypatch):
    device = Device(monkeypatch, 1e-4)
    made = looks(device)
    device.hiccups = iter([2e-3])  # type: ignore[list-item]
    found = made.look()
    assert [look.passed for look in found] == [False, True, True]
    told = verdict([(look.left_s, look.left_limit_s) for look in found])
    assert told is not None
    assert told[0] <= told[1]


def test_looks_come_to_an_end(monkeypatch):
    device = Device(monkeypatch, 1e-4, waits=slice(0))
    made = looks(device)
    taken = [len(made.look()) for _ in range(5)]
    assert taken == [3, 3, 3, 1, 1]


def test_reused_memory_of_a_step_without_a_queue_is_no_matter(monkeypatch):
    device = Device(monkeypatch, 1e-3)
    sampler = measure.Sampler(device.step, device.wait, deepest=1, sample_s=0.005)
    sampler.calibrate()
    made = Looks(sampler, device.convert, {"product": 1}, keeps=False, kind="cpu")
    assert made.look()[0].passed


GOOD, BAD = (0.0, 1.0), (2.0, 1.0)


@pytest.mark.parametrize(
    ("found", "guilty"),
    [
        ([], None),
        ([GOOD], False),
        ([BAD], True),
        ([BAD, GOOD, GOOD], False),
        ([BAD, GOOD, BAD], True),
        ([GOOD] * 7 + [BAD] * 3, True),
        ([BAD] * 3 + [GOOD] * 6, False),
    ],
)
def test_most_looks_or_the_last_three_decide(found, guilty):
    told = verdict(found)
    assert (told is not None and told[0] > told[1]) == bool(guilty)
    assert (told is None) == (guilty is None)


def test_a_few_small_arrays_are_converted_and_one_is_no_loss():
    sizes = {"loss": 4, **{f"w{n}": 2**20 * n for n in range(1, 30)}}
    for _ in range(50):
        names = waiting.chosen(sizes)
        assert "w1" in names
        assert len(names) <= waiting.CONVERTED
        assert sum(sizes[name] for name in names) <= waiting.CONVERTED_BYTES
    assert waiting.chosen({"product": 2**30}) == ("product",)
    assert waiting.chosen({"loss": 4}) == ("loss",)


def test_only_the_newest_results_are_kept():
    tail = waiting.Tail(["a"], 3)
    numbers = itertools.count()
    for _ in range(4):
        batch = [{"a": next(numbers), "b": 0} for _ in range(2)]
        tail(batch)  # type: ignore[arg-type]
        assert batch == []
    assert list(tail.results) == [{"a": 5}, {"a": 6}, {"a": 7}]
