"""Whether a contender's times can be believed: its clock, its samples and its audits, held against
one another and against the host's clock.

Pure functions over a cell's slices. What fails here says nothing about answers.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.schema import Check, Slice
from bench.statistics.estimates import MAD_TO_DEVIATION

SAMPLES = "samples' seconds, as a share off the time that sampling took"
PARTS = "seconds of a slice that are in none of its parts"
EVEN = "share by which undisturbed steps take longer than is claimed for them"
CLOCK = "share by which the worker's clock is off the host's"
AUDITED = "seconds beyond the claimed ones when looked into"

SAMPLES_OFF = 0.01
UNEVEN = 0.5
"""By so much the mean of undisturbed steps may lie above the median that is claimed: between
disturbances all steps cost the same."""

QUIET = 0.1
DISTURBED = 15.0
"""Cores that others may use while that is asked: where they use more, or nobody knows,
this much is accepted."""

UNTOLD_SHARE = 0.1
UNTOLD_S = 0.005
"""Of a slice, what may be in none of its parts in the best one: others want the processor too."""

REQUEST_S = 0.003
"""A request and its reply take the host less than this."""

SLOW = 0.05
FAST = 0.02
"""Shares by which the worker's clock may be behind the host's, or ahead of it. A delay makes it
seem behind, so the least of several counts; a slow clock is always behind."""

FLOOR_S = 1e-4
"""What the harness did not call for a while is in no cache: an audit of less than this says
nothing."""

COLD_BYTES_PER_S = {"cpu": 1e10, "gpu": 1e11}
"""Nor are fresh inputs: so fast a core of the slowest computers in use reads its memory, and the
slowest of their GPUs."""

MEAN = 4.0
"""Samples' median counts where time is reported. On a busy machine single steps are often much
longer, and so is their mean: by no more than this factor is it taken for the claimed time."""

ALONE = 4.0
"""One audit alone, which nothing confirms, must be so many times over its limit."""

COMPANY = 2.0
"""An audit must be so many times over it where others use more than `QUIET`: of 296 honest cells
on two busy cores the fastest audit of one came to 81 % of the limit without it. Where they leave
less than half of the cores it must be more: as many times as what they leave is short of all."""

CROWD = 0.75
"""Share of the cores that others use, from which one look into a sample tells nothing by itself."""

LEAST_LEFT = 0.02
"""A share of the cores. The system's own count is no finer than that in a slice."""

Look = tuple[tuple[float, float], bool]

LARGEST = 1e308
"""The largest error in a record."""


def about_time(name: str, error: float, limit: float) -> Check:
    return Check(name, error=min(error, LARGEST), limit=limit, about="time")


def of_samples(slices: Sequence[Slice]) -> list[Check]:
    """Samples add up to the time of sampling, and all parts to the time of the slice."""
    untold = [
        (abs(each.wall_s - _told_s(each)), max(UNTOLD_SHARE * each.wall_s, UNTOLD_S))
        for each in slices
        if each.wall_s is not None
    ]
    found = _of_sums(slices) + _of_parts(slices)
    if untold:
        found.append(about_time(PARTS, *min(untold, key=lambda pair: pair[0] / pair[1])))
    return found


def _of_sums(slices: Sequence[Slice]) -> list[Check]:
    """A sample is all of its time, where it is no median of parts."""
    off = [
        abs(sum(each.samples_s) * each.steps_per_sample / each.sampled_s - 1)
        for each in slices
        if each.sampled_s and each.steps_per_part is None
    ]
    return [about_time(SAMPLES, max(off), SAMPLES_OFF)] if off else []


def _of_parts(slices: Sequence[Slice]) -> list[Check]:
    """Work that most steps leave to a few is in no median, but in the mean of an undisturbed
    sample."""
    pairs = [
        (
            max(0.0, each.even_step_s / statistics.median(each.samples_s) - 1),
            UNEVEN if _is_quiet(each) else DISTURBED,
        )
        for each in slices
        if each.even_step_s is not None
    ]
    return [about_time(EVEN, *min(pairs, key=lambda pair: pair[0] / pair[1]))] if pairs else []


def in_a_crowd(taken: Slice, cores: float) -> bool:
    """Whether others are known to have left hardly a core to it."""
    used = _others(taken)
    return used is not None and used >= CROWD * cores


def without_the_crowds(looks: Sequence[Look]) -> list[tuple[float, float]]:
    """Seconds and limits of looks, each with whether it was taken in a crowd: what is late there
    waited for a processor as well as not, so it counts only where no look at all is innocent."""
    telling = [(error, limit) for (error, limit), crowd in looks if not crowd or error <= limit]
    innocent = any(error <= limit for error, limit in telling)
    return telling if innocent else [pair for pair, _ in looks]


def _is_quiet(taken: Slice) -> bool:
    """Whether other programs, and a hypervisor, left the machine alone: not where nobody knows."""
    share = _others(taken)
    return share is not None and share <= QUIET


def _company(taken: Slice, cores: float) -> float:
    """How many times as long they let work take: a processor is lent for milliseconds, which short
    samples fit in and an audit does not."""
    used = _others(taken)
    if used is None or used <= QUIET:
        return 1.0
    return max(COMPANY, 1 / max(LEAST_LEFT, 1 - used / cores))


def _others(taken: Slice) -> float | None:
    """Cores that others used meanwhile."""
    taken_s = taken.host_s or taken.wall_s
    return taken.others_cpu_s / taken_s if taken_s and taken.others_cpu_s is not None else None


def _told_s(taken: Slice) -> float:
    """Where a sample, or its part, is one step, the latencies are of those."""
    alone_s = 0.0 if 1 in (taken.steps_per_sample, taken.steps_per_part) else sum(taken.latencies_s)
    return alone_s + sum(part or 0.0 for part in (taken.warmed_s, taken.sampled_s, taken.apart_s))


def of_clock(slices: Sequence[Slice]) -> list[Check]:
    """The worker's clock goes as fast as the host's, which saw the same requests."""
    told = [(each.host_s, each.wall_s) for each in slices if each.host_s and each.wall_s]
    if not told:
        return []
    ahead = max(wall_s / host_s - 1 for host_s, wall_s in told)
    if ahead > FAST:
        return [about_time(CLOCK, ahead, FAST)]
    behind = min((host_s - REQUEST_S) / wall_s - 1 for host_s, wall_s in told)
    return [about_time(CLOCK, max(0.0, behind), SLOW)]


def of_audits(slices: Sequence[Slice], cores: float, cold_s: float = 0.0) -> list[Check]:
    """The time of steps with inputs never seen before fits the claimed time of a step; `cores` are
    the machine's, and `cold_s` is what a step may take longer to fetch its inputs."""
    audited = [each for each in slices if each.audit_s is not None]
    if not audited:
        return []
    rounds = [statistics.median(each.samples_s) for each in slices]
    middle_s = statistics.median(rounds)
    # Round the middle, not the mean: what the mean is above it is allowed for already.
    noise_s = 3 * MAD_TO_DEVIATION * statistics.median(abs(each - middle_s) for each in rounds)
    step_s = max(middle_s, min(_mean_s(slices), MEAN * middle_s))
    alone = [statistics.median(each.latencies_s) for each in slices if each.latencies_s]
    latency_s = statistics.median(alone) if alone else step_s
    pairs = []
    for each in audited:
        count = each.audit_steps or 1
        claimed_s = count * step_s + latency_s
        limit_s = max(claimed_s, FLOOR_S + count * noise_s) + count * cold_s
        times = max(ALONE if len(audited) == 1 else 1.0, _company(each, cores))
        pairs.append((max(0.0, (each.audit_s or 0.0) - claimed_s), limit_s * times))
    return [about_time(AUDITED, *min(pairs, key=lambda pair: pair[0] / pair[1]))]


def _mean_s(slices: Sequence[Slice]) -> float:
    """Seconds of a step, whatever happened meanwhile."""
    sums_s = [sum(each.samples_s) * each.steps_per_sample for each in slices]
    taken_s = sum(each.sampled_s or told for each, told in zip(slices, sums_s, strict=True))
    return taken_s / sum(each.steps_per_sample * len(each.samples_s) for each in slices)


def worst(found: Sequence[Check]) -> tuple[Check, ...]:
    """Of checks of one name the one that is farthest over its limit: one for each name."""
    kept: dict[str, Check] = {}
    for check in found:
        known = kept.get(check.name)
        if known is None or _badness(check) > _badness(known):
            kept[check.name] = check
    return tuple(kept.values())


def _badness(check: Check) -> float:
    if check.error is None or check.limit is None:
        return float("inf")
    return check.error / check.limit if check.limit else float(check.error > 0)
