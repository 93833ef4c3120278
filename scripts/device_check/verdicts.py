"""What the records of a part come to: honest cells, and of each lie whether it was found."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from reports import context
from reports.findings import registry
from reports.frame import STATUSES, Results, read
from scripts.device_check.lies import BY_NAME, Lie

QUICK = 0.9
"""A time below this share of the honest one is a lie."""

ACCUSED = ("wrong", "untimed", "suspect")


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contender at a case. What is unknown is absent."""

    part: str
    contender: str
    device: str
    device_name: str
    case: str
    status: str
    """A key of STATUSES, or `suspect`."""
    version: str | None = None
    time_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    flop_per_s: float | None = None
    first_step_s: float | None = None
    reason: str | None = None
    lie: str | None = None
    """Name of the lie that it tells, or would tell in other cases."""
    honest_s: float | None = None
    """Of a lie: the honest contender's time beside it."""
    verdict: str | None = None
    """Of a lie: `found`, `missed`, `time right`, `no lie`, `accused` or `not tried`."""


def cells(part: str, records: Path) -> list[Cell]:
    """Every cell that the part planned. Raises UserError, OSError where the records are none."""
    results = read([records])
    doubted = _doubted(results)
    rows = [_cell(part, row, doubted) for row in results.cells.to_dict("records")]
    honest = {(row.device, row.case): row.time_s for row in rows if not row.lie}
    return [_judged(row, honest.get((row.device, row.case))) for row in rows]


def _doubted(results: Results) -> dict[tuple[str, ...], str]:
    """What the report would say, by cell that it calls suspect."""
    found = registry.find(context.of(results))
    return {key: each.what for each in found for key in each.cells if each.severity == "suspect"}


def _cell(part: str, row: dict[str, Any], doubted: dict[tuple[str, ...], str]) -> Cell:
    key = row["run"], row["contender"], row["case"]
    known = {name: value for name, value in row.items() if _is_known(value)}
    suspect = row["status"] == "ok" and key in doubted
    path = Path(row["spec"])
    return Cell(
        part=part,
        contender=path.stem if row["outside"] else row["spec"],
        device=row["device"],
        device_name=row["device_name"],
        case=row["case"],
        status="suspect" if suspect else row["status"],
        reason=doubted[key] if suspect else known.get("reason"),
        lie=path.stem if row["outside"] and path.stem in BY_NAME else None,
        **{name: known.get(name) for name in _FIGURES},
    )


_FIGURES = ("version", "time_s", "low_s", "high_s", "flop_per_s", "first_step_s")


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _judged(cell: Cell, honest_s: float | None) -> Cell:
    if cell.lie is None:
        return cell
    verdict = _verdict(BY_NAME[cell.lie], cell, honest_s)
    return msgspec.structs.replace(cell, honest_s=honest_s, verdict=verdict)


def _verdict(lie: Lie, cell: Cell, honest_s: float | None) -> str:
    lies_here = cell.case.startswith(lie.work) and cell.device.startswith(
        lie.device_ids or cell.device
    )
    if cell.status in ACCUSED:
        return "found" if lies_here else "accused"
    if not lies_here:
        return "no lie"
    if cell.status != "ok":
        return "not tried"
    if lie.about != "time":
        return "missed"
    if honest_s is None or cell.time_s is None:
        return "not tried"
    return "missed" if cell.time_s < QUICK * honest_s else "time right"


def accused(found: Sequence[Cell]) -> list[Cell]:
    """Honest cells that were called wrong, untimed or suspect."""
    honest = [cell for cell in found if not cell.lie and cell.status in ACCUSED]
    return honest + [cell for cell in found if cell.verdict == "accused"]


LATE = ("no time", "incomplete")


def left_out(found: Sequence[Cell]) -> Iterator[tuple[str, int, Counter[str]]]:
    """By part how many cells were planned, and by suite for how many there was no time."""
    for part in dict.fromkeys(cell.part for cell in found):
        own = [cell for cell in found if cell.part == part]
        late = [cell for cell in own if cell.status in LATE]
        if late:
            yield part, len(own), Counter(cell.case.partition("/")[0] for cell in late)


def word(status: str) -> str:
    """A status in the words of reports."""
    return STATUSES.get(status, status)
