"""The command `history`: every release of a range, or every few, measured in one run."""

from __future__ import annotations

import dataclasses
import re

from bench import values
from bench.commands import bisect
from bench.commands import run as run_command
from bench.contenders import spec
from bench.environments import manager
from bench.plan.options import RunOptions
from bench.printable import tell
from bench.values import BadValue

MOST = 40
"""Versions of one run: each has a process of its own."""

_RANGE = re.compile(r"(?P<name>.+)==(?P<first>[^:=]+):(?P<last>[^:@]+)(?P<execution>@.+)?")


def run(asked: RunOptions, every: int) -> int:
    """Measure and report; the exit code. Raises UserError, OSError."""
    return run_command.run(dataclasses.replace(asked, framework=",".join(specs(asked, every))))


def specs(asked: RunOptions, every: int) -> list[str]:
    """The contenders that a range stands for. Raises BadValue, Unknown, Unavailable."""
    found = _RANGE.fullmatch(asked.framework.strip())
    if found is None or "," in asked.framework:
        raise BadValue(
            "no range of versions. Expected the first and the last, as in "
            f"FRAMEWORK=torch==2.6.0:2.9.0. Received: {asked.framework!r}"
        )
    framework = found["name"] + (found["execution"] or "")
    first, last = found["first"], found["last"]
    end = spec.parse([bisect.at_version(framework, each) for each in (first, last)])[-1]
    try:
        between = manager.releases(end.environment, first, values.index(asked.index))
    except (manager.BuildFailed, manager.Unavailable) as error:
        raise BadValue(f"the releases between are not known: {error}") from None
    versions = thinned([first, *between, last], every)
    if len(versions) > MOST:
        raise BadValue(
            f"{len(versions)} versions are too many for one run. Expected at most {MOST}: try "
            f"EVERY={-(-len(versions) * every // MOST)}, which takes every so many of them."
        )
    tell(f"{len(versions)} versions: {', '.join(versions)}")
    return [bisect.at_version(framework, version) for version in versions]


def thinned(versions: list[str], every: int) -> list[str]:
    """Every so many of them, from the first; the last always."""
    return list(dict.fromkeys([*versions[::every], versions[-1]]))
