"""What the machine is doing: power, heat, and who else is at work."""

from __future__ import annotations

from collections.abc import Iterator

from bench.doctor.finding import Finding, quoted
from bench.doctor.subject import Subject

BUSY_GPU = 0.3
"""Share of time; drawing a still screen takes less."""
BUSY_CORES = 0.25
"""Share of all cores, from which on others are in the way of every framework."""
NOTED_CORES = 0.05
_MOST_CORES = 9999
"""Told of as busy: a description from elsewhere may claim any number."""


def battery(subject: Subject) -> Iterator[Finding]:
    if subject.description.state.get("power") == "battery":
        yield Finding(
            "spoils",
            "The machine runs on its battery.",
            "Systems lower the clocks to save it, and lower them further as it empties.",
            "Plug in the power supply.",
        )


def low_power(subject: Subject) -> Iterator[Finding]:
    if subject.description.state.get("low_power") is True:
        yield Finding(
            "spoils",
            "The machine saves power.",
            "CPU and GPU stay below the clocks they can hold.",
            "Switch it off in the system's settings: Low Power Mode on a Mac.",
        )


def background(subject: Subject) -> Iterator[Finding]:
    """On Apple Silicon the slow cores alone; elsewhere behind all other programs."""
    if subject.description.state.get("background") is True:
        slow = subject.apple_silicon
        yield Finding(
            "spoils" if slow else "limits",
            "The system runs this shell, and all that it starts, in the background.",
            "Background work runs on the efficiency cores alone, and waits for the disk."
            if slow
            else "Background work waits for all other programs, and for the disk.",
            "Start it in a terminal, not by `taskpolicy`, cron, launchd or an editor's task; "
            "`taskpolicy -B -p $$` may lift it.",
            "taskpolicy(8); pyperf#243",
        )


def heat(subject: Subject) -> Iterator[Finding]:
    thermal = subject.description.state.get("thermal")
    if isinstance(thermal, str) and thermal not in ("", "nominal"):
        yield Finding(
            "spoils",
            f"The machine is too hot: {quoted(thermal)}.",
            "It holds its clocks down, and what is measured first looks faster than what follows.",
            "Let it cool, away from sun and blankets; then `make doctor`.",
        )


def busy_gpu(subject: Subject) -> Iterator[Finding]:
    busy = subject.description.state.get("gpu_busy")
    if isinstance(busy, int | float) and busy >= BUSY_GPU:
        yield Finding(
            "spoils",
            f"The GPU is busy already, {100 * busy:.0f} % of the time.",
            "Whatever draws or computes there takes its share of every step.",
            "Close what uses it: browsers with video, games, other training.",
        )


def heavy_programs(subject: Subject) -> Iterator[Finding]:
    heavy = subject.description.heavy_processes
    share = sum(one.cpu_share for one in heavy) / subject.cores
    if share < NOTED_CORES:
        return
    names = ", ".join(
        f"{quoted(one.name)} ({min(one.cpu_share, _MOST_CORES):.1f})" for one in heavy[:4]
    )
    spoils = share >= BUSY_CORES
    yield Finding(
        "spoils" if spoils else "limits",
        f"Other programs use {min(share, 9.99):.0%} of the CPU: {names} cores.",
        "They take cores, caches and memory from whatever is measured meanwhile"
        + ("; most verdicts will be unresolved." if spoils else "."),
        "Close them, or wait until they have finished; then `make doctor`.",
    )


def load(subject: Subject) -> Iterator[Finding]:
    """The average of the last minute also tells of what has just ended."""
    told = subject.description.state.get("load")
    if isinstance(told, int | float) and told >= subject.cores:
        yield Finding(
            "limits",
            f"The load of the last minute is {min(told, _MOST_CORES):.4g} "
            f"on {subject.cores} core(s).",
            "More wanted to run than could. If that goes on, frameworks wait for their turn.",
            "Wait a minute, then `make doctor`.",
        )


CHECKS = (battery, low_power, background, heat, busy_gpu, heavy_programs, load)
