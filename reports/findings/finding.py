"""A finding: what a reader must know before believing a figure; and the words findings share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from reports.context import ReportContext
from reports.formatting import plain
from reports.frame import NULL
from reports.ingest.slices import KEY, Key

SHOWN = 6
"""Places a finding names before it counts the rest."""


@dataclass(frozen=True)
class Finding:
    """Something a reader must know before believing a figure."""

    severity: str
    """`wrong`, `untimed`, `suspect`, `failed`, `withdrawn`, `unfinished`, `busy`, `noisy`,
    `left out` or `note`."""
    what: str
    where: str
    action: str
    published: bool = False
    """About figures from elsewhere."""
    cells: frozenset[Key] = frozenset()
    """Of what is suspect: the cells whose time is doubted."""
    about: str = ""
    """Whose fault it is; what is known against one stands together."""
    effect: float = 0.0
    """How large: times a limit, a bound or an honest figure, or the share of results it touches;
    the larger of one severity comes first."""
    command: str = ""
    """What to type next, without words around it."""
    brief: str = ""
    """A few words for a glance, of what is nobody's fault."""
    run: str = ""
    """Which it is about, where it is one."""


def suspect(
    context: ReportContext,
    cells: pd.DataFrame,
    *,
    what: str,
    action: str,
    where: str = "",
    run: str = "",
    about: str = "",
    effect: float = 0.0,
) -> Finding:
    """Doubt about these cells of one run, where there may be none and then `run` and `where` say of
    which run and what."""
    run = run or cells["run"].iloc[0]
    return Finding(
        severity="suspect",
        what=what,
        where=placed(context, run, where or listed(cells["case"].tolist())),
        run=run,
        action=action,
        cells=frozenset(cells[KEY].itertuples(index=False, name=None)),
        about=about,
        effect=effect,
    )


def called(context: ReportContext, run: str, contender: str) -> str:
    """The contender as rankings call it, its precision besides where the run has several; its id
    where rankings cut its name."""
    asked = {each.contender: each for each in context.results.runs[run].contenders}
    known = asked.get(contender)
    label = context.labels.get(run, {}).get(contender)
    if known is None or label is None or "…" in label or known.framework == NULL:
        return plain(contender)
    several = len({each.precision for each in asked.values() if each.framework != NULL}) > 1
    return f"{label} {plain(known.precision, 40)}" if several else label


def placed(context: ReportContext, run: str, where: str) -> str:
    """The place, with its run where there are several."""
    return where if len(context.results.runs) == 1 else f"{where} (run {plain(run)})"


def listed(items: Sequence[str], separator: str = ", ") -> str:
    """The first items, made safe, and how many more there are."""
    shown = separator.join(plain(item, 200) for item in items[:SHOWN])
    return shown if len(items) <= SHOWN else f"{shown} and {len(items) - SHOWN} more"
