"""Failed checks: whether they make a cell wrong or only untimed, and by what factor, in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bench.schema import Check, Verified
from reports.formatting import digits

OF_TIME = ("seconds of work left after wait",)
"""Checks about time in records that do not say yet what a check is about (schema 1 and 2)."""

SHOWN = 3
"""Mistakes a reason names before it counts the rest."""


def proves(look: Verified) -> bool:
    """Whether the checks themselves, not only the record's word, say that all is right."""
    return look.passed and bool(look.checks) and all(check.passes for check in look.checks)


def status(look: Verified) -> str:
    """What a look that proves nothing makes of its cell: `untimed` where every check that failed is
    about time, else `wrong`."""
    bad = [check for check in look.checks if not check.passes]
    return "untimed" if bad and all(map(about_time, bad)) else "wrong"


def about_time(check: Check) -> bool:
    return check.about == "time" or check.name in OF_TIME


def off_by(looks: Iterable[Verified]) -> float:
    """How many times its limit the worst answer is off; infinite for what has no number."""
    return max((_factor(c) for look in looks for c in look.checks if not c.passes), default=0.0)


def words(look: Verified) -> str:
    """The mistakes of a failed look, largest first; those without a number before all others."""
    bad = [check for check in look.checks if not check.passes]
    if not bad:
        return f"not proven right {look.phase} timing"
    answers = [check for check in bad if not about_time(check)]
    worst = sorted(answers or bad, key=_factor, reverse=True)
    named = ", ".join(map(_said, worst[:SHOWN]))
    more = f", and {len(worst) - SHOWN} more" if len(worst) > SHOWN else ""
    return f"{named}{more} ({look.phase} timing)"


def _factor(check: Check) -> float:
    if check.problem or check.error is None or not check.limit:
        return math.inf
    return check.error / check.limit


def _said(check: Check) -> str:
    factor = _factor(check)
    if check.problem:
        return f"{check.name}: {check.problem}"
    if check.error is None or check.limit is None:
        return f"{check.name}: not compared"
    if math.isinf(factor):
        return f"{check.name} is off by {check.error:.2g}, and no error is allowed"
    times = f"{digits(factor, 2)}x the limit"
    return f"{check.name}: {times}" if about_time(check) else f"{check.name} is off by {times}"
