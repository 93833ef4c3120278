"""What a worker does between two samples of a slice, off the clock: an audit, and looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.worker import observations, resident_memory
from bench.worker.audit import Audited
from bench.worker.case import Case
from bench.worker.waiting import Look


class BetweenSamples:
    """Called once in a slice; afterwards it holds what was found."""

    def __init__(
        self, case: Case, asynchronous: bool, warm_s: float, audit: str | None, looks: bool
    ) -> None:
        self._case, self._asynchronous, self._warm_s = case, asynchronous, warm_s
        self._path, self._looks = audit, looks
        self._audited: Audited | None = None
        self._found: list[Look] = []
        self.resident_bytes = 0
        """The peak before: what is done here is not the case's own."""

    def __call__(self) -> None:
        case = self._case
        self.resident_bytes = resident_memory.peak_bytes()
        if self._path is not None:
            self._audited = case.audit(warm_s=self._warm_s, asynchronous=self._asynchronous)
            if self._audited:
                observations.write(Path(self._path), self._audited.observed)
        if self._looks and case.looks:
            self._found = case.looks.look()
        if case.resettable:
            resident_memory.reset_peak()

    def reply(self) -> dict[str, Any]:
        """The audit's time, if there was one, and seconds and limits of each look."""
        audited = self._audited
        return {
            "audit_s": audited.seconds if audited else None,
            "audit_steps": audited.steps if audited else None,
            "left_over": [(look.left_s, look.left_limit_s) for look in self._found],
            "undone": [(look.undone_s, look.undone_limit_s) for look in self._found],
        }
