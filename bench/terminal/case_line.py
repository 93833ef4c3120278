"""The line of a case that has ended: who was first, how many times as long the others took."""

from __future__ import annotations

from bench import names
from bench.terminal import figures
from bench.terminal.case_outcome import CaseOutcome, Standing

_UNPLACED = ("wrong", "untimed", "failed", "withdrawn")
"""Words of those that have no place in the order."""
_NARROW, _WIDE = 20, 24
"""Columns of a case's name: at first, and at most."""


class Lines:
    """Aligned as far as one can who does not know what comes: columns grow, and never shrink."""

    def __init__(self) -> None:
        self._case, self._label = _NARROW, 0

    def line(self, ended: CaseOutcome, width: int) -> str | None:
        """At most `width` columns; None where nobody took part."""
        took_part = [one for one in ended.standings if one.word != "skipped"]
        if not took_part:
            return None
        name, size = called(ended.case, ended.precision), _size(ended.case)
        self._case = min(max(self._case, len(name)), _WIDE, max(width // 3, 1))
        if len(name) > self._case:  # the size tells cases apart: it stays
            name = f"{_cut(name, self._case - len(size) - 1)} {size}"
        head = f"  {_cut(name, self._case):<{self._case}} "
        first = next((one for one in took_part if one.word == "first"), None)
        if first:
            self._label = max(self._label, min(len(first.label), width // 4))
            took = figures.seconds(first.step_s) if first.step_s is not None else ""
            head += f"{_cut(first.label, self._label):<{self._label}} {took:>7}"
        others = [one for one in took_part if one is not first]
        return _cut(_filled(head, others, width), width)


def called(case: str, precision: str = "float32") -> str:
    """`sweep train 91k` of `sweep/train/90902`; the precision where it is not the usual one."""
    suite, _, name = case.rpartition("/")[0].partition("/")
    words = [names.work(suite, name), _size(case)]
    words += [precision] if precision != "float32" else []
    return " ".join(filter(None, words))


def _size(case: str) -> str:
    size = case.rpartition("/")[2]
    return figures.size(int(size)) if size.isdecimal() else size


def _filled(head: str, others: list[Standing], width: int) -> str:
    """As many as fit; of those left out, the slowest of the timed go first, then they are counted.

    What is wrong or failed is what a reader must see.
    """
    left_out = 0
    kept = list(others)
    while True:
        more = [f"+{left_out} more"] if left_out else []
        line = "  ".join([head, *map(_told, kept), *more]).rstrip()
        if len(line) <= width or not kept:
            return line
        timed = [one for one in kept if one.word not in _UNPLACED]
        kept.remove((timed or kept)[-1])
        left_out += 1


def _told(one: Standing) -> str:
    if one.word == "same":
        return f"{one.label} ~same"
    if one.word in ("first", "slower") and one.ratio is not None:
        return f"{one.label} {figures.times(one.ratio)}"
    if one.word == "unresolved":
        near = f" {figures.times(one.ratio, 1)}" if one.ratio is not None else ""
        return f"{one.label} ??{near}"
    return f"{one.label} {one.word}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"
