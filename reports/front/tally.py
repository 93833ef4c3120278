"""How many cells of each contender ended in which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reports import formatting
from reports.analysis.ranking import labels
from reports.frame import NULL, Results

Tally = Mapping[str, Counter[str]]
"""Cells of one run by the label of their contender and their status."""


def tally(results: Results) -> dict[str, Tally]:
    """By run; contenders that never came to a cell included, the null adapter not."""
    found: dict[str, Tally] = {}
    cells = results.cells[results.cells["framework"] != NULL]
    counts = cells.groupby(["run", "contender", "status"], sort=False).size()
    ended: dict[str, list[tuple[str, str, int]]] = {name: [] for name in results.runs}
    for (name, contender, status), number in counts.items():
        ended[name].append((contender, status, number))
    for name, run in results.runs.items():
        called = labels(run)
        mine: dict[str, Counter[str]] = {}
        for contender, status, number in ended[name]:
            mine.setdefault(called[contender], Counter())[status] += number
        for absent in results.absent:
            who, failed = absent.contender, absent.status == "failed"
            if absent.run == name and failed and who not in called and who != NULL:
                mine.setdefault(formatting.plain(who, 60), Counter())["failed"] += 1
        found[name] = mine
    return found
