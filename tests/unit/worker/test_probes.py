"""What a worker tries out as it starts is bounded, and still finds who is late."""

import pytest

from bench.worker import measure, probes
from frameworks.interface import Settings
from tests import simulated


@pytest.fixture
def started(monkeypatch):
    """An adapter on a virtual clock, which is undone when the test ends."""
    for name in ("perf_counter_ns", "sleep"):
        monkeypatch.setattr(measure, name, getattr(measure, name))

    def start(profile, variant="honest", **changes):
        made = simulated.adapter(profile, variant, real=False, **changes)
        made.start(made.devices()[-1], Settings(precision="float32", execution="default"))
        return made

    return start


def late(found):
    return [pair for pair in found if pair[0] > pair[1]]


@pytest.mark.parametrize(
    ("profile", "kind"), [("cpuasync", "cpu"), ("h100", "gpu"), ("mps", "gpu"), ("mlx", "gpu")]
)
def test_who_does_not_wait_is_found_at_the_start(started, profile, kind):
    assert not late(probes.learn(started(profile), kind).found)
    assert late(probes.learn(started(profile, "never_waits"), kind).found)


@pytest.mark.parametrize("step_s", [1e-6, 1e-4, 1e-3, 1e-2])
def test_a_start_is_bounded_however_slow_the_device(started, step_s):
    adapter = started("cpuasync", step_s=step_s)
    learnt, taken_s = measure.timed(lambda: probes.learn(adapter, "cpu"))
    assert taken_s < 0.4 + 100 * step_s
    assert not late(learnt.found)


def test_sums_are_as_long_as_the_device_is_fast(started, monkeypatch):
    lengths = []
    monkeypatch.setattr(probes, "_Probed", lambda adapter, order, k: lengths.append(k) or Slow())

    class Slow:
        def complete_s(self):
            return probes.DEEP_S

    probes._deep(None, "cpu")
    assert lengths == [512]
    Slow.complete_s = lambda self: probes.DEEP_S / 2  # type: ignore[method-assign]
    probes._deep(None, "cpu")
    assert lengths == [512, 512, 4096]


@pytest.mark.parametrize(
    ("each_s", "steps"), [(1e-6, 64), (2e-4, 64), (1e-3, 25), (5e-3, 16), (1.0, 16)]
)
def test_as_many_products_as_keep_a_device_busy(each_s, steps):
    class Paced:
        def batch(self, count):
            return None, count * each_s

        def seconds(self, results):
            return 0.0

    assert probes._enough(Paced()) == steps  # type: ignore[arg-type]
