"""Failed checks: whether they make a cell wrong or only untimed, and by what factor, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.schema import Check, Verified
from reports.formatting import digits, seconds

OF_TIME = ("seconds of work left after wait",)
"""Checks about time in records that do not say yet what a check is about (schema 1 and 2)."""

_IN_SECONDS = {
    "seconds of work left after wait": "work left after wait",
    "seconds beyond the claimed ones when looked into": "longer than claimed when looked into",
}
"""Checks whose errors are seconds, as one would say them."""

SHOWN = 3
"""Mistakes a reason names before it counts the rest."""

_PARAMETER = re.compile(r"^(?:(change|gradient) of )?(?:[\w.]+\.)?(\w+)$")
_PARAMETERS = {
    "running_mean": "batch-norm mean",
    "running_var": "batch-norm variance",
    "weight": "weights",
    "bias": "biases",
}
"""Parameters by the last part of their paths, as one would say them."""


@dataclass(frozen=True)
class Mistake:
    """The worst that is wrong in a cell."""

    check: str
    """What was looked at: parameters of one kind together, whichever their layer."""
    factor: float
    """Times its limit; infinite for what has no number."""
    said: str
    """`change of 2.weight: 8.6e-09 > 6.6e-09`, or what the problem is."""


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


def worst(looks: Iterable[Verified]) -> Mistake | None:
    """The check that is off most; of answers where one of these is wrong. None where all passed."""
    bad = [check for look in looks for check in look.checks if not check.passes]
    answers = [check for check in bad if not about_time(check)]
    check = max(answers or bad, key=_factor, default=None)
    if check is None:
        return None
    if check.problem or check.error is None or check.limit is None:
        return Mistake(_name(check.name), math.inf, check.problem or "not compared")
    in_seconds = check.name in _IN_SECONDS
    ends = [seconds(v) if in_seconds else f"{v:.2g}" for v in (check.error, check.limit)]
    name = _IN_SECONDS.get(check.name) or _name(check.name)
    # The kind groups findings; whoever mends it wants to know which parameter it was.
    whose = "" if name == check.name or in_seconds else f"{check.name}: "
    return Mistake(name, _factor(check), f"{whose}{ends[0]} > {ends[1]}")


def _name(check: str) -> str:
    """`batch-norm mean`, of `change of features.1.running_mean`; others as they are."""
    found = _PARAMETER.match(check)
    if not found or found[2] not in _PARAMETERS:
        return check
    kind = _PARAMETERS[found[2]]
    return f"gradient of {kind}" if found[1] == "gradient" else kind


def words(look: Verified) -> str:
    """The mistakes of a failed look, largest first; those without a number before all others."""
    bad = [check for check in look.checks if not check.passes]
    if not bad:
        return f"not proven right {look.phase} timing"
    answers = [check for check in bad if not about_time(check)]
    ordered = sorted(answers or bad, key=_factor, reverse=True)
    named = ", ".join(map(_said, ordered[:SHOWN]))
    more = f", and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
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
