"""Lies about waiting: the clock stops before the work is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.simulated.variants.honest import ALL, Honest

if TYPE_CHECKING:
    from tests.simulated.adapter import Adapter, Placed

AT_FIRST = 12
"""Waits after which one that waits at first believes that nobody looks any more."""

RETURN_S = 2e-7


class NeverWaits(Honest):
    """`wait` returns at once."""

    quick_in = ALL

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        adapter.timeline.clock.spend(RETURN_S)


class WaitsAtFirst(NeverWaits):
    """Waits until it believes that nobody looks any more."""

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        if self.waits <= AT_FIRST:
            adapter.finish(outputs)
        else:
            super().wait_for(adapter, outputs)


class Sleeps(NeverWaits):
    """Waits for a fixed time, whatever there is to do."""

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        adapter.timeline.clock.spend(1e-4)


class WaitsForTheFirst(NeverWaits):
    """Waits for the first of the steps that it is given."""

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        adapter.finish(outputs[:1])


class WaitsForTheLast(NeverWaits):
    """Waits for the last step alone: right where steps come one after another, a lie where each
    is worked out when it is asked for."""

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        adapter.finish(outputs[-1:])


class WaitsForTheLoss(Honest):
    """Waits for a training step's loss; the gradients and the update are still to come."""

    quick_in = frozenset({"train"})

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        if "loss" not in outputs[-1]:
            adapter.finish(outputs)
            return
        call = outputs[-1].call
        adapter.timeline.clock.until(call.start() - call.work_s * 2 / 3)
        adapter.timeline.host(adapter.profile.sync_s)


class LateByOne(Honest):
    """Returns the results of the call before, and waits for those."""

    wrong_in = frozenset({"product", "forward", "train"})

    def do(self, placed: Placed) -> Any:
        last, made = placed.last, placed.issue()
        return last or made
