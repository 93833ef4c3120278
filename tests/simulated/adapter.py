"""The adapter of the simulated device: the six functions of the interface, for one profile and one
variant of honesty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from frameworks.interface import Device, Memory, Resettable, Runtime, Settings, Unsupported
from suites.data.arrays import Arrays
from suites.layers import walk
from suites.workload import Product, Workload
from tests.simulated.answers import steps_of
from tests.simulated.profiles import Profile
from tests.simulated.timeline import Call, Results, Timeline
from tests.simulated.variants.honest import Honest

REPEATED_S = 2e-6
"""What a step costs that hands out what is there."""

PROBES = ("probe", "sentinel")
"""Suites of the harness's own products, from which it learns what the device costs."""


class Adapter:
    """A framework on its device; `lie` decides what of a step is done and what is waited for."""

    def __init__(self, profile: Profile, lie: Honest) -> None:
        self.profile, self.lie = profile, lie
        self.timeline: Timeline

    def devices(self) -> Sequence[Device]:
        """The simulated one alone: a worker that hears that the CPU is refused costs time."""
        if self.profile.kind == "cpu":
            return [Device("cpu", "cpu", "cpu")]
        return [Device("sim:0", "gpu", self.lie.driver, 80 * 2**30)]

    def start(self, device: Device, settings: Settings) -> Runtime:
        if settings.precision != "float32":
            raise Unsupported("the simulated device computes in float32 alone")
        self.timeline = Timeline(self.profile)
        self.lie.started()
        return Runtime({"simulated": "1"}, device, asynchronous=True)

    def build(self, workload: Workload, arrays: Arrays) -> Resettable:
        self.lie.built()
        placed = Placed(self, workload, arrays)
        return Resettable(lambda: self.lie.step(placed), placed.reset)

    def wait(self, outputs: Sequence[Results]) -> None:
        self.lie.wait(self, outputs)

    def to_numpy(self, array: Any) -> Any:
        self.lie.looked()
        return array.to_numpy()

    def memory(self) -> Memory:
        return self.lie.memory(Memory(2**30, 2**31)) if self.profile.kind == "gpu" else Memory()

    def finish(self, outputs: Sequence[Results]) -> None:
        """What an honest `wait` does."""
        for results in outputs:
            results.call.start()
        for results in outputs:
            results.call.finish()
        self.timeline.host(self.profile.sync_s)


class Placed:
    """One workload on the device."""

    def __init__(self, adapter: Adapter, workload: Workload, arrays: Arrays) -> None:
        self._adapter, self._workload = adapter, workload
        self.arrays = arrays
        self.steps = steps_of(workload, arrays, adapter.lie)
        self._cost_s = self._true_cost_s()
        self._before: Call | None = None
        self.last: Results | None = None
        self._copy(arrays)

    @property
    def kind(self) -> str:
        """`product`, `forward`, `train` or `learn`."""
        return type(self._workload).__name__.lower()

    def issue(self, share: float = 1.0) -> Results:
        """A step with this part of its true work; its results on the device."""
        return self.call(self.steps.take(), share)

    def call(self, answer: Callable[[], Mapping[str, Any]], share: float) -> Results:
        """As `issue`, with another answer."""
        work_s, dispatch_s = self._cost_s
        work_s = max(min(work_s, self._adapter.profile.least_s), work_s * share)
        timeline = self._adapter.timeline
        call = Call(timeline, (dispatch_s, work_s), answer, self._before)
        self._before = call if self.steps.chained else None
        self.last = Results(timeline, call, self.steps.names)
        return self.last

    def compute(self, cores: float) -> Results:
        """A step whose work the host does before it returns, on so many cores."""
        self._adapter.timeline.clock.work(self._cost_s[0], cores)
        return self.issue(0.0)

    def repeat(self) -> Results:
        """The last step's results once more, for next to nothing."""
        if self.last is None:
            return self.issue()
        self.idle()
        return self.last

    def idle(self) -> None:
        """A step that does nothing."""
        self.pause()
        self.steps.skip()

    def pause(self) -> None:
        """As long as it takes to hand something out."""
        self._adapter.timeline.clock.spend(REPEATED_S)

    def reset(self, arrays: Arrays) -> Callable[[], None]:
        """Copies the arrays; what it returns exchanges them."""
        self._copy(arrays)
        steps = steps_of(self._workload, arrays, self._adapter.lie)

        def swap() -> None:
            if self._adapter.lie.exchanged(self):
                self.arrays, self.steps, self._before = arrays, steps, None

        return swap

    def _copy(self, arrays: Arrays) -> None:
        others = [array for batch in arrays.ring[1:] for array in batch.values()]
        for array in (*arrays.inputs.values(), *arrays.weights.values(), *others):
            self._adapter.timeline.copied(array.nbytes)

    def _true_cost_s(self) -> tuple[float, float]:
        """Of the work on the device and of dispatching it."""
        profile, workload = self._adapter.profile, self._workload
        work_s = max(profile.least_s, workload.flop / profile.flop_per_s)
        if profile.step_s is not None and workload.suite not in PROBES:
            work_s = profile.step_s
        if isinstance(workload, Product):
            return work_s, profile.dispatch_s
        leaves = len(list(walk(workload.model, workload.input_shape))) - 1
        passes = 1 if self.kind == "forward" else 10
        return work_s, profile.dispatch_s + profile.layers_s * leaves * passes
