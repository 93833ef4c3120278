"""What makes a comparison fail: `--fail-on`, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import values
from bench.statistics.estimates import Verdict
from reports.compare.comparison import Compared, Comparison

_WORDS: dict[str, Verdict] = {
    "slower": "slower",
    "faster": "faster",
    "unresolved": "unresolved",
}


@dataclass(frozen=True)
class Gate:
    """A word that no case may deserve; of slower and faster, from how much on."""

    word: Verdict
    limit: float

    def stops(self, one: Compared) -> bool:
        """Whether the whole interval of this case lies beyond the limit."""
        return one.word(self.limit) == self.word


@dataclass(frozen=True)
class Outcome:
    """How a comparison ended."""

    failed: tuple[Compared, ...]
    """Cases that a gate stops."""
    exit_code: int


def parse(text: str, threshold: float) -> tuple[Gate, ...]:
    """The gates of `slower:3%,unresolved`. Raises BadValue."""
    return tuple(_gate(part.strip(), threshold) for part in text.split(",") if part.strip())


def _gate(text: str, threshold: float) -> Gate:
    word, colon, limit = text.partition(":")
    if word not in _WORDS or (colon and word == "unresolved"):
        raise values.BadValue(
            "no such limit. Expected slower:3%, faster:3%, unresolved, or several with commas. "
            f"Received: {text!r}"
        )
    return Gate(_WORDS[word], values.share(limit) if colon else threshold)


def outcome(comparison: Comparison, gates: Sequence[Gate]) -> Outcome:
    """1 where a gate stops a case, an answer is wrong, a time cannot be believed, a cell broke, or
    something was left out."""
    failed = tuple(one for one in comparison.compared if any(gate.stops(one) for gate in gates))
    troubled = any(each.grave for each in comparison.excluded) or bool(comparison.left_out)
    return Outcome(failed, 1 if failed or troubled else 0)
