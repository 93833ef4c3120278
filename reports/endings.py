"""How each cell ended, judged by its records: only `ok` may rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.schema import Failed, Verified
from reports.reading import Absent, Gathered, Key, why


def ending(gathered: Gathered, key: Key, whole: Absent | None) -> dict[str, Any]:
    """How the cell came out, and its one-off figures."""
    looks = gathered.verified.get(key, [])
    finished = gathered.finished.get(key)
    status, reason = _status(gathered, key, looks, whole)
    before = next((look for look in reversed(looks) if look.phase == "before"), None)
    return {
        "status": status,
        "reason": reason,
        "verified": status == "ok",
        "stopped": finished.stopped if finished else None,
        "build_s": before.build_s if before else None,
        "first_step_s": before.first_step_s if before else None,
    }


def _status(
    gathered: Gathered, key: Key, looks: Sequence[Verified], whole: Absent | None
) -> tuple[str, str | None]:
    """The status and its reason, the gravest first; only `ok` may rank."""
    bad = next((look for look in looks if not proves(look)), None)
    if bad is not None:
        return "wrong", mistake(bad)
    unmeasured = gathered.unmeasured.get(key)
    if unmeasured is not None:
        failed = isinstance(unmeasured, Failed)
        return ("failed" if failed else "skipped"), why(unmeasured)
    if key in gathered.finished and {look.phase for look in looks} == {"before", "after"}:
        return "ok", None
    if whole is not None:
        return whole.status, whole.reason
    return "incomplete", "the run ended early"


def proves(look: Verified) -> bool:
    """Whether the checks themselves, not only the record's word, say that the answers are right."""
    return (
        look.passed
        and bool(look.checks)
        and all(
            check.error is not None and check.limit is not None and check.error <= check.limit
            for check in look.checks
        )
    )


def mistake(look: Verified) -> str:
    """The worst check of a failed verification in words."""
    bad = [c for c in look.checks if c.problem or (c.error or 0) > (c.limit or 0)]
    if not bad:
        return f"not proven right {look.phase} timing"
    worst = max(bad, key=lambda c: (bool(c.problem), (c.error or 0) / (c.limit or 1e-300)))
    others = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    detail = worst.problem or f"error {worst.error:.2g}, limit {worst.limit or 0:.2g}"
    return f"{worst.name}: {detail}{others} ({look.phase} timing)"
