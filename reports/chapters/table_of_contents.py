"""The chapters of a report, in order. A new one is a file beside this one and a row here."""

from __future__ import annotations

from collections.abc import Callable

from reports.chapters import (
    answer,
    costs,
    coverage,
    cpu_vs_gpu,
    learning,
    machines,
    method,
    published,
    roofline,
    versions,
)
from reports.context import ReportContext
from reports.document import Chapter

CHAPTERS: tuple[Callable[[ReportContext], Chapter], ...] = (
    answer.chapter,
    cpu_vs_gpu.chapter,
    roofline.chapter,
    machines.chapter,
    versions.chapter,
    costs.latency,
    costs.first_step,
    costs.memory,
    costs.energy,
    learning.chapter,
    coverage.chapter,
    published.chapter,
    method.chapter,
)
"""A chapter that has neither parts nor words for their absence is left out of a report."""
