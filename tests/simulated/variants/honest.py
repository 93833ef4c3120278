"""The honest device, and everything in which a lie may differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from frameworks.interface import Memory

if TYPE_CHECKING:
    from tests.simulated.adapter import Adapter, Placed

ALL = frozenset({"product", "forward", "train", "learn"})


class Honest:
    """Does every step and waits for all of them."""

    arithmetic: ClassVar[str] = "float32"
    share: ClassVar[float] = 1.0
    """Part of the true work that a step of it does."""
    wrong_in: ClassVar[frozenset[str]] = frozenset()
    """Kinds of work whose answers are wrong, whatever the time."""
    optimizer: ClassVar[str | None] = None
    """The only optimizer that it lies about."""
    quick_in: ClassVar[frozenset[str]] = frozenset()
    """Kinds of work whose times are wrong, unless something else hides it."""
    below: ClassVar[bool] = False
    """Whether it is smaller than what is looked for."""
    elsewhere: ClassVar[bool] = False
    """Whether the work is done on another device than claimed."""
    driver: ClassVar[str] = "Simulated GPU"
    """The device's name, by which the pretend driver knows what it does."""
    real: ClassVar[bool] = False
    """Whether it needs seconds that pass."""

    def __init__(self) -> None:
        self.calls = self.waits = self.since_look = self.since_exchange = 0

    # --- what happens ---

    def started(self) -> None:
        """The process has begun with this device."""

    def built(self) -> None:
        """Another workload is placed."""
        self.calls = self.waits = self.since_look = self.since_exchange = 0

    def exchanged(self, placed: Placed) -> bool:
        """Other arrays are to be taken; whether they are."""
        self.since_exchange = 0
        return True

    def looked(self) -> None:
        """Someone converts a result."""
        self.since_look = 0

    # --- time ---

    def step(self, placed: Placed) -> Any:
        """One step's results."""
        self.calls += 1
        self.since_look += 1
        self.since_exchange += 1
        return self.do(placed)

    def do(self, placed: Placed) -> Any:
        return placed.issue(self.share)

    def wait(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        """Return when the device has finished these."""
        self.waits += 1
        self.wait_for(adapter, outputs)

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        adapter.finish(outputs)

    def memory(self, counted: Memory) -> Memory:
        """What is told of the device's memory."""
        return counted

    # --- answers ---

    def output(self, output: Any) -> Any:
        """A product or a model's output."""
        return output

    def batch(self, x: Any, labels: Any) -> tuple[Any, Any]:
        """What a training step learns from."""
        return x, labels

    def gradients(self, found: dict[str, Any]) -> dict[str, Any]:
        """By path."""
        return found

    def remembered(self, m: Any, v: Any) -> tuple[Any, Any]:
        """Adam's moments before a step."""
        return m, v

    def moment(self, path: str, m: Any) -> Any:
        """Adam's first moment after a step."""
        return m

    def corrected(self, count: int) -> float:
        """The t of Adam's bias correction."""
        return count

    def correct(self, count: Any) -> Any:
        """How many test samples are right."""
        return count
