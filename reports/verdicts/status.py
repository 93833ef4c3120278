"""How each cell ended, judged by its records: only `ok` may rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.schema import Verified
from reports.ingest.reading import Absent, Gathered, kind, why
from reports.ingest.slices import Key
from reports.verdicts import failed_checks


def ending(gathered: Gathered, key: Key, whole: Absent | None) -> dict[str, Any]:
    """How the cell came out, and its one-off figures."""
    looks = gathered.verified.get(key, [])
    status, reason = _status(gathered, key, looks, whole)
    befores = [look for look in reversed(looks) if look.phase == "before"]
    before = befores[0] if befores else None
    # Where programs were kept from an earlier process it was no first step.
    true_first = next((look for look in befores if not look.first_step_kept), None)
    return {
        "status": status,
        "reason": reason,
        "verified": status == "ok",
        "stopped": gathered.finished.get(key),
        "build_s": before.build_s if before else None,
        "first_step_s": true_first.first_step_s if true_first else None,
    }


def _status(
    gathered: Gathered, key: Key, looks: Sequence[Verified], whole: Absent | None
) -> tuple[str, str | None]:
    """The status and its reason, the gravest first; only `ok` may rank."""
    judged = [
        (failed_checks.status(look), look) for look in looks if not failed_checks.proves(look)
    ]
    for status in ("wrong", "untimed"):
        bad = next((look for found, look in judged if found == status), None)
        if bad is not None:
            return status, failed_checks.words(bad)
    unmeasured = gathered.unmeasured.get(key)
    if unmeasured is not None:
        return kind(unmeasured), why(unmeasured)
    if key in gathered.finished and {look.phase for look in looks} == {"before", "after"}:
        return "ok", None
    if whole is not None:
        return whole.status, whole.reason
    return "incomplete", "the run ended early"
