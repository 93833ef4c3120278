"""The command `bisect`: the release that made the difference, found by measuring a few of them."""

from __future__ import annotations

import dataclasses
import functools
import signal as signals
from dataclasses import dataclass

from bench import values
from bench.bisect import answer
from bench.bisect.oracle import Ended, Oracle, Question, Told, Unmeasurable
from bench.bisect.search import Found, search
from bench.bisect.shelf import Shelf
from bench.contenders import spec
from bench.environments import manager
from bench.environments.versions import numbers
from bench.plan import request as requests
from bench.plan.options import RunOptions
from bench.plan.request import Request
from bench.printable import Screen, tell
from bench.terminal import progress, run_header
from bench.terminal.exit_codes import failed
from bench.terminal.progress import Progress
from bench.values import BadValue

NOT_WORSE = 3
"""Exit code where the last version is no worse than the first."""

STARTS, FEWEST_STARTS = 6, 3
"""Of each run: of fewer than six one run gives no interval, of fewer than three not even five."""

A_DAY_S = 86400.0
"""What one run may take: the starts bound it."""


@dataclass(frozen=True)
class BisectOptions:
    """What was typed."""

    run: RunOptions
    """What is measured and how; its framework is without a version."""
    good: str
    bad: str
    slower: str
    wrong: bool
    disk: str


def run(asked: BisectOptions) -> int:
    """Find it and say it; the exit code. Raises UserError, OSError."""
    threshold, room = values.share(asked.slower), values.size(asked.disk)
    first = _request(asked, (asked.good, asked.bad))
    _check(asked, first)
    console = Screen(stderr=True)
    above = functools.partial(
        run_header.lines, first.contenders.specs, first.preset_name, console.width
    )
    try:
        with progress.for_console(console, above) as shown:
            question = Question(
                versions=_versions(asked, first, shown),
                asked=functools.partial(_request, asked),
                threshold=threshold,
                wrong=asked.wrong,
            )
            oracle, found = _search(asked, question, room, shown)
    except Unmeasurable as error:
        return failed(str(error))
    except Ended as end:
        return _ended(end, asked)
    except KeyboardInterrupt:
        return _ended(Ended(signals.SIGINT, "interrupted"), asked)
    return _tell(asked, oracle, found, threshold)


def _search(
    asked: BisectOptions, question: Question, room: int, shown: Progress
) -> tuple[Oracle, Found]:
    def say(told: Told) -> None:
        shown.say(answer.line(told, wrong=asked.wrong))

    def named(version: str) -> spec.Name:
        return question.asked((version, version)).contenders.specs[0].environment

    shelf = Shelf(named, room, asked.run.index, shown.say)
    oracle = Oracle(question, shelf, shown, say)
    found = search(question.versions, oracle.decide, "wrong" if asked.wrong else "slower")
    if found.bad and not asked.wrong:
        oracle.decide(found.good, found.bad)  # the step itself, both in the same rounds
    return oracle, found


def _tell(asked: BisectOptions, oracle: Oracle, found: Found, threshold: float) -> int:
    framework, kept = asked.run.framework, f"make report RESULTS={asked.run.out}"
    if found.bad is None:
        told = oracle.told[asked.good, asked.bad]
        text = answer.nothing(told, framework, threshold, wrong=asked.wrong)
        if told.word in ("unknown", "untestable"):
            return failed(text)
        print(text)
        return NOT_WORSE
    at = oracle.told
    for line in answer.found(
        found, lambda *pair: at[pair], framework, threshold, wrong=asked.wrong
    ):
        print(line)
    print(f"All that was measured: {kept}")
    return failed("a range of releases, and not one of them") if found.between else 0


def _versions(asked: BisectOptions, first: Request, shown: Progress) -> list[str]:
    """All releases from the good one to the bad one. Raises Unmeasurable, Unavailable."""
    last = first.contenders.specs[1].environment
    shown.now("looking for the releases between")
    try:
        between = manager.releases(last, asked.good, asked.run.index)
    except (manager.BuildFailed, manager.Unavailable) as error:
        raise Unmeasurable(f"the releases between are not known: {error}") from None
    shown.say(f"{len(between)} releases between {asked.good} and {asked.bad}")
    return [asked.good, *between, asked.bad]


def _check(asked: BisectOptions, first: Request) -> None:
    """Raises BadValue, BadRequest, UnknownSuite."""
    order = numbers(asked.good), numbers(asked.bad)
    if asked.good == asked.bad or not (order[0] and order[1] and order[0] <= order[1]):
        raise BadValue(
            "GOOD must be the older of two versions. Expected, for example, GOOD=2.8.0 "
            f"BAD=2.15.0. Received: GOOD={asked.good} BAD={asked.bad}"
        )
    plan = requests.planned(first)
    if len(plan) != 1:
        known = ", ".join(workload.case for _, workload in plan[:8])
        raise BadValue(
            f"one case is needed, as in SUITE=mlp CASE=train/64. Received: {len(plan)} ({known})"
        )
    if len(first.contenders.precisions) != 1 or first.contenders.device == "all":
        raise BadValue(
            "one device and one precision are needed, as in DEVICE=cpu PRECISION=float32. "
            f"Received: DEVICE={first.contenders.device} "
            f"PRECISION={','.join(first.contenders.precisions)}"
        )
    if first.preset.starts < FEWEST_STARTS:
        raise BadValue(
            f"bisecting needs at least {FEWEST_STARTS} starts. Received: {first.preset.starts}"
        )
    requests.check(first, plan)


def _request(asked: BisectOptions, versions: tuple[str, str]) -> Request:
    """The run of two versions, as it would be typed."""
    specs = ",".join(at_version(asked.run.framework, version) for version in versions)
    options = dataclasses.replace(asked.run, framework=specs, starts=asked.run.starts or STARTS)
    wanted = options.request()
    typed = {"framework": specs, "suite": options.suite, "case": options.case}
    typed |= {"device": options.device, "precision": options.precision}
    typed |= {"preset": options.preset, "starts": str(options.starts)}
    return dataclasses.replace(
        wanted,
        arguments=["run", *(word for name in typed for word in (f"--{name}", typed[name]))],
        preset=dataclasses.replace(wanted.preset, time_s=A_DAY_S),
    )


def at_version(framework: str, version: str) -> str:
    """`torch==2.9.0@compile` of `torch@compile`. Raises BadValue where it is no plain framework."""
    name, at, execution = framework.partition("@")
    plain = name.endswith(".py") or not set(name) & set(":=")
    if not name or "," in name or not plain:
        raise BadValue(
            "one framework without a version is needed, or the path of an adapter. Expected, for "
            f"example, FRAMEWORK=torch. Received: {framework!r}"
        )
    return f"{name}=={version.strip()}{at}{execution}"


def _ended(end: Ended, asked: BisectOptions) -> int:
    kept = f"All that was measured is kept in {asked.run.out}; RESUME=yes (--resume) goes on."
    if end.signal is None:
        return failed(f"the bisection broke off: {end}. {kept}")
    tell(f"Interrupted. {kept}")
    return 128 + end.signal
