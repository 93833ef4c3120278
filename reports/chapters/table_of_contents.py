"""The chapters of a report, in order. A new one is a file beside this one and a row here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reports.chapters import (
    answer,
    costs,
    coverage,
    cpu_vs_gpu,
    learning,
    machines,
    method,
    pitfalls,
    published,
    roofline,
    trust,
    versions,
)
from reports.context import ReportContext
from reports.document import Chapter, Part
from reports.isolation import Attempts

CHAPTERS: tuple[Callable[[ReportContext], Chapter], ...] = (
    answer.chapter,
    pitfalls.chapter,
    cpu_vs_gpu.chapter,
    roofline.chapter,
    machines.chapter,
    trust.chapter,
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


def make(context: ReportContext, attempts: Attempts) -> tuple[Chapter, ...]:
    """All chapters; one that fails says so in its place."""
    return tuple(
        attempts.of(
            f"This chapter ({_name(chapter)})",
            partial(chapter, context),
            partial(_told, _name(chapter)),
        )
        for chapter in CHAPTERS
    )


def _name(chapter: Callable[[ReportContext], Chapter]) -> str:
    """`cpu vs gpu`: of a chapter that did not come to say its title."""
    module, name = chapter.__module__.rpartition(".")[2], chapter.__name__
    return (module if name == "chapter" else name).replace("_", " ")


def _told(name: str, sentence: str) -> Chapter:
    key = name.replace(" ", "-")
    return Chapter(key, name.capitalize(), "", (Part(f"{key}-fault", "", (sentence,)),))
