"""What to call the two sides: by what differs between them; A and B where no short name tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench import names
from bench.schema import Contender
from reports.compare.comparison import Comparison, Pair
from reports.formatting import plain

LONGEST, BOTH_AT_HEAD = 24, 10
"""Characters of a name in a sentence, and of both at the heads of a table of 80 columns."""


@dataclass(frozen=True)
class Called:
    """Both names."""

    a: str
    b: str

    @property
    def heads(self) -> tuple[str, str, str, str]:
        """Of a table: the time of each, the ratio, the word."""
        if len(self.a) + len(self.b) > BOTH_AT_HEAD or self == LETTERS:
            return "A takes", "B takes", "B / A", "B is"
        return self.a, self.b, f"{self.b} / {self.a}", f"{self.b} is"


LETTERS = Called("A", "B")


def called(comparison: Comparison) -> Called:
    """`torch` and `jax`, `torch (CPU)` and `torch (GPU)`, `jax 0.4.38` and `jax 0.10.2`."""
    for told in (_spec, _device, _precision):
        found = _of(comparison, lambda pair: (told(pair.a), told(pair.b)))  # noqa: B023  used at once
        if found:
            return found
    return _of(comparison, _versions) or LETTERS


def _of(comparison: Comparison, told: Callable[[Pair], tuple[str, str]]) -> Called | None:
    """The names, where all pairs have the same two, which differ and are short."""
    every = {told(pair) for pair in comparison.pairs}
    if len(every) != 1:
        return None
    a, b = (plain(name, LONGEST) for name in every.pop())
    short = max(len(a), len(b)) <= LONGEST
    return Called(a, b) if a and b and a != b and short else None


def _spec(contender: Contender) -> str:
    return names.specs([contender.spec])[contender.spec]


def _device(contender: Contender) -> str:
    return names.on_device(contender.spec, contender.device_kind)


def _precision(contender: Contender) -> str:
    return f"{_spec(contender)} {contender.precision}"


def _versions(pair: Pair) -> tuple[str, str]:
    known = pair.a_version and pair.b_version
    own, other = f"{_spec(pair.a)} {pair.a_version}", f"{_spec(pair.b)} {pair.b_version}"
    return (own, other) if known else ("", "")
