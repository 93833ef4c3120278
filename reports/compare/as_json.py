"""A comparison for programs, as docs/comparing.md describes it; what is unknown is absent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.statistics.estimates import CONFIDENCE, Estimate
from reports.cell import VerifiedCell
from reports.compare.comparison import Compared, Comparison, Mean
from reports.compare.fail_on import Gate, Outcome
from reports.compare.sides import Side

SCHEMA = 1
"""Raised with every change that a program could trip over."""


def render(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> str:
    """One object, in ASCII: text of records cannot act on a terminal."""
    threshold = comparison.threshold
    content = {
        "schema": SCHEMA,
        "kind": "comparison",
        "paired": comparison.paired,
        "threshold": threshold,
        "confidence": CONFIDENCE,
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "across": list(comparison.allowed_differences),
        "cases": [_case(one, one in outcome.failed, threshold) for one in comparison.compared],
        **_overall(comparison),
        "suites": [_mean(m) for pair in comparison.pairs for m in comparison.means(pair)],
        "excluded": [
            {"what": one.what, "why": one.why, "grave": one.grave} for one in comparison.excluded
        ],
        "left_out": [
            _known({"path": str(each.path), "line": each.line, "reason": each.reason})
            for each in comparison.left_out
        ],
        "fail_on": [{"verdict": gate.word, "limit": gate.limit} for gate in gates],
        "exit_code": outcome.exit_code,
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _side(side: Side) -> dict[str, Any]:
    head = side.head
    return _known(
        {
            "path": str(side.path),
            "run": head.run,
            "started_at": head.started_at,
            "machine": head.machine.label,
            "commit": head.commit,
            "others_cores": side.others_cores,
        }
    )


def _case(one: Compared, failed: bool, threshold: float) -> dict[str, Any]:
    return {
        "suite": one.suite,
        "name": one.name,
        "case": one.case,
        "size": one.size,
        "a": _time(one.a, one.pair.a_version),
        "b": _time(one.b, one.pair.b_version),
        **_ratio(one.ratio),
        "verdict": one.word(threshold),
        "decided_by": "CPU time" if one.decided_by_cpu(threshold) else "wall time",
        **({"cpu_ratio": one.by_cpu.value} if one.by_cpu else {}),
        "rounds": one.rounds,
        "starts": one.starts,
        "comparisons": one.among.comparisons,
        **_settles(one, threshold),
        "failed": failed,
    }


def _settles(one: Compared, threshold: float) -> Mapping[str, int]:
    if one.word(threshold) != "unresolved":
        return {}
    if one.needs_starts(threshold):
        return {"needs_starts": True}
    more = one.more(threshold)
    return {} if more is None else {"more_repeats": more}


def _time(cell: VerifiedCell, version: str | None) -> dict[str, Any]:
    names = ("contender", "time_s", "low_s", "high_s", "rounds")
    return _known({name: getattr(cell, name) for name in names} | {"version": version})


def _overall(comparison: Comparison) -> dict[str, Any]:
    mean = comparison.overall
    return {"overall": {"cases": len(comparison.compared), **_ratio(mean)}} if mean else {}


def _mean(mean: Mean) -> dict[str, Any]:
    return {
        "suite": mean.suite,
        "a": mean.pair.a.contender,
        "b": mean.pair.b.contender,
        "cases": mean.cases,
        **_ratio(mean.ratio),
        "verdict": mean.verdict,
    }


def _ratio(ratio: Estimate) -> dict[str, float]:
    ends = ratio.interval or ()
    return {"ratio": ratio.value, **dict(zip(("low", "high"), ends, strict=False))}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_items(values))


def _items(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in values.items() if value is not None)
