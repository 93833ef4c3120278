"""What an adapter is: a module with these names. The harness owns the clock and the schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from suites.data.arrays import Array, Arrays
from suites.workload import Workload

Step = Callable[[], Mapping[str, Any]]
"""One step of the work. Returns EVERYTHING it is responsible for, as the framework's own arrays:

Product: `product` [m, n]. Forward: `output`. Decode: `logits` [batch, steps, vocabulary], and the
`tokens` [batch, steps] of the largest ones, each of which the next logits come from. Train: `loss`
(a scalar, at the weights before the update) and every updated weight under its dotted path, running
averages included, in the layout of the description; and what the optimizer keeps, under the names
that its `state_names` gives.
Operation: the results of its operator, as `suites/operations` describes them.
Learn: `train_loss` (mean over an epoch's steps), `test_loss` and `correct` (how many test samples),
each [epochs], and the final weights; every call begins from the initial weights.

Steps go round `arrays.ring`: the first takes its first batch, and after the last comes the first
again (`inputs` beside it holds what all steps share, as the right operand of a product). Where
`workload.inputs` is not `device`, every step copies `arrays.batch()` to the device, which goes
round by itself; Learn then copies each batch from the host arrays as it comes.
"""

Reset = Callable[[Arrays], Callable[[], None]]
"""Copies other arrays of the same shapes to the device, beside those in use, and returns a function
that exchanges them: from its call on the step begins again, with the ring's first batch (or the
next of `arrays.batch()`), and training with these weights and an optimizer without memory; a
forward pass keeps its weights. All copying is finished before each of the two returns, and neither
makes the step compile anew. The weights may be those it began with."""


class Resettable(NamedTuple):
    """What `build` returns where the harness may exchange what the step works on. It then holds
    steps inside timed samples against answers that the adapter cannot have seen before."""

    step: Step
    reset: Reset


def parts(built: Step | Resettable) -> tuple[Step, Reset | None]:
    """What `build` returned: the step, and how to exchange its arrays, if that can be done."""
    return built if isinstance(built, Resettable) else (built, None)


class Unsupported(Exception):
    """This framework cannot do this work here; the message is the reason a user will read."""


FLOAT32_LEARNING = "learning over epochs is defined in float32; single steps in all precisions"
"""The reason for refusing any other."""


Backend = Literal["cpu", "cuda", "rocm", "metal"]
"""What drives a device: who is asked for its memory, its energy and how busy it is."""

_BACKENDS: Mapping[str, Backend] = {
    "cuda": "cuda",
    "rocm": "rocm",
    "mps": "metal",
    "metal": "metal",
}


def backend_of(kind: str, device_id: str) -> Backend | None:
    """What drives a device, by what frameworks call it; None where that does not tell."""
    return "cpu" if kind == "cpu" else _BACKENDS.get(device_id.partition(":")[0])


@dataclass(frozen=True)
class Device:
    """A device this environment can really use."""

    id: str
    """The framework's word for it, as in `cpu`, `cuda:0`, `mps`, `metal:0`."""
    kind: Literal["cpu", "gpu"]
    name: str
    """Marketing name, as in `AMD Radeon RX 570`; the id where the framework cannot say."""
    memory_bytes: int | None = None
    """Memory of its own; None where shared with the host or unknown."""
    backend: Backend | None = None
    """Follows from the other words where it is not given; an adapter says what they do not tell:
    PyTorch calls a GPU `cuda:0` under ROCm too. None: nothing known drives it."""

    def __post_init__(self) -> None:
        if self.backend is None:
            object.__setattr__(self, "backend", backend_of(self.kind, self.id))


@dataclass(frozen=True)
class Settings:
    """What the harness asks of a contender."""

    precision: str
    """`float32`, `float16` or `bfloat16`: of weights, inputs and results; in training of what
    passes through the model, beside weights in float32."""
    execution: str
    """The framework's way of running, one of its row in `frameworks.FRAMEWORKS`."""
    threads: int | None = None
    """CPU threads; None leaves the framework's default."""


def refused(device: Device, settings: Settings, error: Exception) -> Unsupported:
    """What an adapter raises when not even the smallest work runs: no such type, no compiler."""
    reason = " ".join(str(error).split("\n\n")[0].split())
    return Unsupported(
        f"{settings.precision} ({settings.execution}) does not run on {device.id}: {reason[:500]}"
    )


@dataclass(frozen=True)
class Runtime:
    """What was really chosen after `start`."""

    versions: Mapping[str, str]
    """Version by distribution, the framework's own first."""
    device: Device
    asynchronous: bool
    """Whether a step may return before its results are complete; the harness then keeps several
    steps in flight before it waits."""
    threads: int | None = None
    """CPU threads the framework says it uses; None where it does not say."""
    notes: Sequence[str] = ()
    """What a reader of the figures must know, a sentence each."""
    details: str = ""
    """The build's own description (BLAS, flags), free text."""
    build: Mapping[str, str] = field(default_factory=dict)
    """What tells this build from another of the same version: its commit, how it was built."""


@dataclass(frozen=True)
class Memory:
    """Device bytes as the framework counts them; None where it cannot say, never 0 for unknown."""

    now_bytes: int | None = None
    peak_bytes: int | None = None
    """Since the last `build`."""


class Framework(Protocol):
    """The adapter module. `start` is called once in a process, before `build`."""

    NAME: str

    def devices(self) -> Sequence[Device]:
        """The devices usable here, `cpu` first; never a guess."""

    def start(self, device: Device, settings: Settings) -> Runtime:
        """Select device, precision, threads, execution. Raises Unsupported."""

    def build(self, workload: Workload, arrays: Arrays) -> Step | Resettable:
        """Copy the arrays to the device and return the step. Raises Unsupported."""

    def wait(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Return when the device has finished all of these steps' results."""

    def to_numpy(self, array: Any) -> Array:
        """A result on the host, float32 or wider, in the layout of the description."""

    def memory(self) -> Memory:
        """Device memory now and at its peak."""


class Compiling(Protocol):
    """What an adapter may have besides: a framework that compiles can show that it does so once."""

    def compilations(self) -> int | None:
        """How often this process has compiled or traced so far; None where nothing is compiled."""


class Keeping(Protocol):
    """What an adapter may have besides: a framework whose compiled programs outlive the process.
    Where it has neither, the framework itself keeps none."""

    def keep(self, folder: str | None) -> None:
        """Keep what is compiled from now on in the folder, and take it from there; None: compile
        all of it, as in a process that is the first of its kind."""

    def kept(self) -> int:
        """Programs that were taken from there so far, and so not compiled."""
