"""Where a step gets its batches from, and how others are put in their place. Standard library."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from suites.data.arrays import Arrays, Batch

T = TypeVar("T")


class Source(Generic[T]):
    """`take` gives a step what it works on; `reset` is the part of an adapter's that changes it.

    `prepare` makes such a function of arrays, and has finished copying them when it returns.
    """

    def __init__(self, prepare: Callable[[Arrays], Callable[[], T]], arrays: Arrays) -> None:
        self._prepare = prepare
        self.take = prepare(arrays)

    def reset(self, arrays: Arrays) -> Callable[[], None]:
        """Prepare others; what is returned exchanges them, and does nothing else."""
        take = self._prepare(arrays)

        def swap() -> None:
            self.take = take

        return swap


def going_round(batches: Sequence[T]) -> Callable[[], T]:
    """A function that gives one after the other, and after the last the first again."""
    return itertools.cycle(batches).__next__  # in C: what a step calls is timed


def ring(arrays: Arrays) -> Sequence[Batch]:
    """The batches that steps go round: the one there is, where all steps are alike."""
    return arrays.ring or (arrays.inputs,)


def data_of(arrays: Arrays) -> tuple[Batch, Batch]:
    """Of learning's inputs those to train on and those to test with, each `x` and `labels`."""
    of = arrays.inputs
    return (
        {"x": of["x"], "labels": of["labels"]},
        {"x": of["test_x"], "labels": of["test_labels"]},
    )
