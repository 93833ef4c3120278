"""Slices as a table: a row each, in the order they were measured, their samples reduced at once.

A report on a hundred runs reads millions of samples and needs five figures of each slice's.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from bench.schema import Slice
from bench.statistics.estimates import Floats, Integers, medians

Key = tuple[str, str, str]
"""Run, contender, case."""

KEY = ["run", "contender", "case"]
"""Its columns."""

SUMMED = ("cpu_user_s", "cpu_system_s", "wall_s", "sampled_s", "others_cpu_s", "energy_j")
LARGEST = ("peak_resident_bytes", "device_memory_bytes", "device_peak_bytes", "energy_sampled")
WATCHED = (
    *("steps_in_flight", "at_s", "sentinel_s", "device_sentinel_s", "compilations"),
    *("host_s", "host_cpu_s", "device_busy", "warmed_s", "apart_s", "audit_s", "audit_steps"),
)

_WHOLE = ("cell", "line", "round", "start", "steps_per_sample", "samples", "latencies")
_FLOATS = (*SUMMED, *LARGEST, *WATCHED)
_REDUCED = ("median_s", "latency_s", "fastest_s", "first_s", "later_s")
_PEAK_OF = (None, "case", "process")

_floats = attrgetter(*_FLOATS)

_AT_ONCE = 2**18
"""Samples that are held before they are reduced."""


class Slices:
    """Takes slices one by one, then makes a table of them; with their `samples` only if asked."""

    def __init__(self, samples: bool = False) -> None:
        self._samples: list[Floats] | None = [] if samples else None
        self._cells: dict[Key, int] = {}
        self._whole, self._rows = array("q"), array("d")
        self._peak_of = bytearray()
        self._waiting, self._waiting_latencies = array("d"), array("d")
        self._reduced: list[Floats] = []
        self._done = 0

    def __len__(self) -> int:
        return len(self._peak_of)

    def add(self, key: Key, record: Slice, line: int) -> None:
        """Take the slice in, from this line of its file."""
        cell = self._cells.setdefault(key, len(self._cells))
        counts = len(record.samples_s), len(record.latencies_s)
        whole = cell, line, record.round, record.start or 0, record.steps_per_sample, *counts
        self._whole.extend(whole)
        self._rows.extend([np.nan if each is None else each for each in _floats(record)])
        self._peak_of.append(_PEAK_OF.index(record.peak_resident_of))
        self._waiting.extend(record.samples_s)
        self._waiting_latencies.extend(record.latencies_s)
        if len(self._waiting) + len(self._waiting_latencies) > _AT_ONCE:
            self._reduce()

    def repeated(self, since: int) -> list[int]:
        """Lines of the slices from that one on which measure a cell's round again."""
        table = self._numbers(since)
        rounds = pd.DataFrame({"cell": table[:, 0], "round": table[:, 2]})
        lines: list[int] = table[rounds.duplicated().to_numpy(), 1].tolist()
        return lines

    def table(self, left_out: Sequence[int]) -> pd.DataFrame:
        """All of them but those at these places."""
        self._reduce()
        kept: Any = slice(None)  # which copies nothing
        if left_out:
            kept = np.ones(len(self), dtype=bool)
            kept[np.array(left_out)] = False
        whole = dict(zip(_WHOLE, self._numbers()[kept].T, strict=True))
        columns: dict[str, Any] = dict(zip(KEY, self._key_columns(whole["cell"]), strict=True))
        columns |= {name: whole[name] for name in ("cell", "round", "start", "steps_per_sample")}
        columns["samples"] = whole["samples"]
        columns["steps"] = whole["steps_per_sample"].astype(float) * whole["samples"]
        reduced = np.concatenate([*self._reduced, np.empty((0, len(_REDUCED)))])[kept]
        columns |= dict(zip(_REDUCED, reduced.T, strict=True))
        rows = np.frombuffer(self._rows).reshape(-1, len(_FLOATS))
        columns |= dict(zip(_FLOATS, rows[kept].T, strict=True))
        peak_of = np.frombuffer(self._peak_of, np.uint8)[kept]
        columns["peak_resident_of"] = np.array(_PEAK_OF, dtype=object)[peak_of]
        if self._samples is not None:
            columns["samples_s"] = self._tuples(kept)
        return pd.DataFrame(columns)

    def _numbers(self, since: int = 0) -> Integers:
        return np.array(self._whole[since * len(_WHOLE) :]).reshape(-1, len(_WHOLE))

    def _key_columns(self, cells: Integers) -> list[pd.Series]:
        """A column for each part of the key."""
        parts: Any = zip(*self._cells, strict=True) if self._cells else ((), (), ())
        columns = [pd.Series(part, dtype="str").take(cells) for part in parts]
        return [column.reset_index(drop=True) for column in columns]

    def _reduce(self) -> None:
        """The figures of all samples that wait, after which those are let go."""
        *_, counts, alone = self._numbers(self._done).T
        self._done = len(self)
        if not len(counts):
            return
        samples = np.array(self._waiting)
        begin = np.cumsum(counts) - counts
        later = np.ones(len(samples), dtype=bool)
        later[begin] = False
        self._reduced.append(
            np.column_stack(
                [
                    medians(samples, counts),
                    medians(np.array(self._waiting_latencies), alone),
                    np.minimum.reduceat(samples, begin),
                    samples[begin],
                    medians(samples[later], counts - 1),
                ]
            )
        )
        if self._samples is not None:
            self._samples.append(samples)
        self._waiting, self._waiting_latencies = array("d"), array("d")

    def _tuples(self, kept: Any) -> pd.Series:
        """Every slice's samples."""
        samples = np.concatenate([*(self._samples or ()), np.empty(0)])
        ends = np.cumsum(self._numbers()[:, _WHOLE.index("samples")])[:-1]
        found = [tuple(each.tolist()) for each in np.split(samples, ends)] if len(self) else []
        return pd.Series(found, dtype=object)[kept].reset_index(drop=True)
