"""Three questions and short answers: who is fastest, is the GPU worth it, are the answers right?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reports import formatting
from reports.analysis import cpu_gpu_pairs
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.ranking import Row
from reports.analysis.suite_leaders import Share, joined
from reports.chapters.cpu_vs_gpu import sized
from reports.context import Section
from reports.formatting import digits
from reports.frame import FAULTS, STATUSES, Results
from reports.front import headline, pairs
from reports.front.tally import Tally

Tone = Literal["good", "doubt", "bad"]


@dataclass(frozen=True)
class Card:
    """A question, its answer, and what stands behind it."""

    question: str
    answer: str
    detail: str
    tone: Tone
    link: str
    """Key of the chapter that tells more."""


def cards(
    results: Results, section: Section, contests: Sequence[Contest], tally: Tally
) -> Iterator[Card]:
    """Those that this run has an answer to."""
    yield from _fastest(results, section)
    worth = pairs.devices(contests)
    yield from _worth(worth, contests) if worth else _matters(section)
    yield from _right(tally)


# --- who is fastest ---------------------------------------------------------------------------


def _fastest(results: Results, section: Section) -> Iterator[Card]:
    kinds = {row.cell.device_kind for row in _rows(section)}
    kind = "gpu" if "gpu" in kinds else "cpu"
    led = [front for front in _fronts(results, section, kind) if front]
    if not led:
        return
    where = " on the GPU" if len(kinds) > 1 else ""
    if not any(group.behind for _, group in headline.contested([section])):
        told = f"Nobody is shown slower than another in {Share(len(led)).of(len(led))}."
        yield Card(f"Fastest{where}", "Too close to call", told, "doubt", "answer")
        return
    counts = Counter(label for front in led for label in front)
    (leader, most), *others = counts.most_common()
    alone = sum(front == (leader,) for front in led)
    total = len(led)
    share = f"in {most} of {total} cases" if most < total else f"in all {total} cases"
    also = [f"{label} in {count}" for label, count in others[:3]]
    said = [f"Clearly ahead in {alone}; the others are too close to call."] * (0 < alone < most)
    said += [f"Also in front: {', '.join(also)}."] if also else []
    yield Card(
        question=f"Fastest{where}",
        answer=f"{leader}, {share if total > 1 else 'in the one case'}",
        detail=" ".join(said),
        tone="good" if alone else "doubt",
        link="answer",
    )


def _rows(section: Section) -> Iterator[Row]:
    for ranking in section.rankings:
        for group in ranking.groups:
            yield from group.rows


def _fronts(results: Results, section: Section, kind: str) -> Iterator[tuple[str, ...]]:
    """Of each case that two contenders on such devices have: the first of them, and those that are
    near it and not shown slower."""
    idle = headline.answers_only(section)
    for _, group in headline.contested([section]):
        rows = [row for row in group.rows if row.cell.device_kind == kind]
        if len(rows) < 2 or rows[0].span:  # nobody wins against times that jump
            continue
        first, *others = rows
        found = results.ratios([(row.cell.key, first.cell.key) for row in others])
        near = [
            row.label
            for row, ratio in zip(others, found, strict=True)
            if ratio
            and not row.span
            and ratio.value <= headline.CLOSE
            and results.word(ratio) != "slower"
        ]
        yield tuple(label for label in (first.label, *near) if label not in idle)


# --- is the GPU worth it ----------------------------------------------------------------------


def _worth(worth: pairs.Devices, contests: Sequence[Contest]) -> Iterator[Card]:
    won = [row for row in worth.rows if row.word == "faster"]
    lost = [row for row in worth.rows if row.word == "slower"]
    best = max(won, key=lambda row: row.speedup, default=None)
    most = f"{digits(best.speedup, 2)}x" if best else ""
    if best and not lost:
        answer = f"Yes: up to {most} as fast"
    elif best:
        answer = f"Up to {most} as fast, not at every size"
    else:
        answer = "No, not at these sizes" if lost else "Nothing shows it"
    parts = [
        f"{worth.name} against itself on the CPU"
        if worth.who != cpu_gpu_pairs.BEST
        else cpu_gpu_pairs.BEST
    ]
    parts += [f"best in {best.work}"] if best else []
    mine = (contest for contest in contests if contest.who == worth.who)
    crossed = next((contest for contest in mine if contest.crossing.kind == "crosses"), None)
    if crossed and crossed.crossing.size is not None:
        size = sized(formatting.amount(crossed.crossing.size), crossed.size_of)
        parts.append(f"from about {size} on in {crossed.work}")
    parts += [f"slower in {joined([row.work for row in lost], most=2)}"] if lost else []
    tone: Tone = "good" if best and not lost else "doubt"
    detail = f"{'; '.join(parts)}."
    yield Card("Is the GPU worth it?", answer, detail, tone, "crossover")


def _matters(section: Section) -> Iterator[Card]:
    """Without a GPU: how much the choice matters."""
    alone = headline.answers_only(section)
    by_case = [
        [r.ratio.value for r in group.rows if r.ratio and not r.span and r.label not in alone]
        for _, group in headline.contested([section])
    ]
    ratios = [max(found) for found in by_case if found]
    if not ratios:
        return
    close = sum(ratio <= headline.CLOSE for ratio in ratios)
    typical = float(np.exp(np.median(np.log(ratios))))
    told = f"In {close} of {len(ratios)} cases all lie within 10 %." if close else ""
    answer = f"The slowest takes {digits(typical, 2)}x the time"
    if not math.isclose(min(ratios), max(ratios)):
        answer += ", typically"
        told = f"From {digits(min(ratios))}x to {digits(max(ratios))}x, by the work. {told}".strip()
    yield Card("Does the choice matter?", answer, told, "good", "answer")


# --- is it right ------------------------------------------------------------------------------


def _right(tally: Tally) -> Iterator[Card]:
    counts = sum((Counter(statuses) for statuses in tally.values()), Counter[str]())
    right = counts["ok"] + counts["untimed"]
    checked, faulty = right + counts["wrong"], any(counts[status] for status in FAULTS)
    if not checked and not faulty:
        return
    wrong = counts["wrong"]
    told = (
        f"{wrong} of {checked} checked: wrong" if wrong else f"{right} of {checked} checked: right"
    )
    said = [told] if checked else []
    said += [f"{counts['failed']} failed"] if counts["failed"] else []
    about = [
        f"{words}: {joined([label for label, mine in tally.items() if mine[status]])}."
        for status, words in _FAULTY.items()
        if counts[status]
    ]
    left = [
        f"{counts[status]} {STATUSES[status]}"
        for status in ("withdrawn", "incomplete", "skipped", "no time")
        if counts[status]
    ]
    about += [f"Not measured: {', '.join(left)}."] if left else []
    tone: Tone = "doubt" if faulty else "good"
    if wrong or counts["failed"]:
        tone = "bad"
    link = "findings" if faulty else "verification"
    yield Card("Are the answers right?", "; ".join(said), " ".join(about), tone, link)


_FAULTY = {"wrong": "Wrong", "failed": "Failed", "untimed": "Right, but the time is not credible"}
"""What is said of contenders, by the status of their cells."""
