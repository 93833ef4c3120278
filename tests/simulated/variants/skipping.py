"""Lies about work: steps that are not done, or not wholly."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.simulated.variants.honest import ALL, Honest

if TYPE_CHECKING:
    from tests.simulated.adapter import Adapter, Placed

LOOKS = 12
"""Calls since it was built after which some believe that they are timed."""

CAREFUL = 4
AS_LONG_AS_AN_AUDIT = 64
"""Steps after a look or an exchange for which some are honest."""


class CachesByIdentity(Honest):
    """Hands out again what it worked out for the same array."""

    quick_in = ALL

    def built(self) -> None:
        super().built()
        self.known: dict[Any, Any] = {}
        self.held: dict[int, Any] = {}
        """Arrays it has seen: were they let go, others would get their ids."""

    def key(self, placed: Placed) -> Any:
        self.held[id(placed.arrays)] = placed.arrays
        return id(placed.arrays), placed.steps.place

    def do(self, placed: Placed) -> Any:
        key = self.key(placed)
        if key in self.known:
            placed.idle()
            return self.known[key]
        self.known[key] = placed.issue()
        return self.known[key]


class CachesByValue(CachesByIdentity):
    """Hands out again what it worked out for the same values."""

    def built(self) -> None:
        super().built()
        self.prints: dict[Any, str] = {}

    def key(self, placed: Placed) -> Any:
        place = super().key(placed)
        if place not in self.prints:
            self.prints[place] = placed.steps.fingerprint()
        return self.prints[place]


class EverySecond(Honest):
    """Every second step hands out what the one before it made."""

    wrong_in = frozenset({"product", "forward", "train"})
    quick_in = ALL

    def do(self, placed: Placed) -> Any:
        return placed.repeat() if self.calls % 2 == 0 else placed.issue()


class CheatsWhenTimed(EverySecond):
    """Does nothing once there were so many calls that it must be timed."""

    wrong_in = ALL

    def do(self, placed: Placed) -> Any:
        return placed.repeat() if self.calls > LOOKS else placed.issue()


class HonestWhenLookedAt(EverySecond):
    """Does a few steps after each look and each exchange, and nothing in between."""

    def do(self, placed: Placed) -> Any:
        careful = min(self.since_look, self.since_exchange) <= CAREFUL
        return placed.issue() if careful else placed.repeat()


class HonestInAudits(Honest):
    """Does as many steps after each look and each exchange as an audit has."""

    quick_in = ALL

    def do(self, placed: Placed) -> Any:
        careful = min(self.since_look, self.since_exchange) <= AS_LONG_AS_AN_AUDIT
        return placed.issue() if careful else placed.repeat()


class WrongWhenTimed(EverySecond):
    """Does half the work once it believes that it is timed; the answer is nonsense then."""

    wrong_in = ALL

    def do(self, placed: Placed) -> Any:
        if self.since_look <= CAREFUL or self.calls <= LOOKS:
            return placed.issue()
        right = placed.steps.take()
        return placed.call(lambda: {name: array / 2 for name, array in right().items()}, 0.5)


class ForLookersOnly(EverySecond):
    """Works for everybody but the function that takes samples, which it knows by its file."""

    wrong_in = ALL

    def do(self, placed: Placed) -> Any:
        # This function, `step`, the adapter's lambda, and who called that.
        caller = sys._getframe(3).f_code
        return placed.repeat() if caller.co_filename.endswith("measure.py") else placed.issue()


class RemembersTheFirst(EverySecond):
    """Works out the first call after it was built and returns that for ever."""

    wrong_in = ALL

    def do(self, placed: Placed) -> Any:
        return placed.repeat()


class SmallerBatch(Honest):
    """Does half of the batch and fills the rest up."""

    share = 0.5
    wrong_in = ALL

    def output(self, output: Any) -> Any:
        padded = output.copy()
        padded[len(padded) // 2 :] = padded[0]
        return padded

    def batch(self, x: Any, labels: Any) -> tuple[Any, Any]:
        half = len(x) // 2
        return x[:half], labels[:half]


class FirstAndLast(Honest):
    """Does the first and the last row."""

    share = 0.02
    wrong_in = quick_in = frozenset({"product", "forward"})

    def do(self, placed: Placed) -> Any:
        return placed.issue(self.share if placed.kind in self.wrong_in else 1.0)

    def output(self, output: Any) -> Any:
        kept = output.copy()
        kept[1:-1] = 0
        return kept


class TenthOfRows(Honest):
    """Does a batch that it sees first, and from then on a tenth of its rows each time, into a
    result that it keeps."""

    quick_in = frozenset({"product", "forward"})

    def built(self) -> None:
        super().built()
        self.known: dict[Any, Any] = {}

    def do(self, placed: Placed) -> Any:
        key = id(placed.arrays), placed.steps.place
        fresh = key not in self.known or placed.kind not in self.quick_in
        self.known[key] = placed.arrays  # held, or others would get their id and be taken for them
        return placed.issue(1.0 if fresh else 0.1)


class Folded(Honest):
    """Inputs were made constants when it was compiled, and their answer worked out then."""

    wrong_in = quick_in = frozenset({"product", "forward"})

    def do(self, placed: Placed) -> Any:
        return placed.issue(0.0 if placed.kind in self.quick_in else 1.0)

    def exchanged(self, placed: Placed) -> bool:
        super().exchanged(placed)
        return placed.kind not in self.quick_in


class Promised:
    """A result that is worked out when someone converts it."""

    def __init__(self, placed: Placed, answer: Any, name: str, *, kept: bool) -> None:
        self.placed, self.answer, self.name, self.kept = placed, answer, name, kept
        self.made: Any = None

    def to_numpy(self) -> Any:
        result = self.made or self.placed.call(self.answer, 1.0)[self.name]
        if self.kept:
            self.made = result
        return result.to_numpy()


class Promises(Honest):
    """A step describes what it would do; whoever converts a result has it done, once."""

    quick_in = ALL
    kept = True

    def do(self, placed: Placed) -> Any:
        answer = placed.steps.take()
        placed.pause()
        names = placed.steps.names
        return {name: Promised(placed, answer, name, kept=self.kept) for name in names}

    def wait_for(self, adapter: Adapter, outputs: Sequence[Any]) -> None:
        adapter.timeline.clock.spend(2e-7)


class PromisesAgain(Promises):
    """The same, and each conversion does the work anew."""

    kept = False
