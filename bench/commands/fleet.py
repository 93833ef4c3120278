"""The command `fleet`: many machines measured at once, their records brought here, one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.environments.building import BuildFailed
from bench.environments.platforms import Unavailable
from bench.fleet import environment, hosts, plan
from bench.fleet.lane import LOST, Lane
from bench.fleet.plan import Options, Plan
from bench.machine.identity import identity
from bench.printable import Screen, tell
from bench.run.sleep_inhibitor import prevent_sleep
from bench.store import sending
from bench.terminal.exit_codes import failed

TRIAL = (
    "local: a trial. The slots share this machine, so their times disturb each other and mean "
    "nothing; what a fleet does with them is the same."
)

ANEW = "the reasons stand above, and the same command begins anew"
GO_ON = "the same command with --resume (make fleet ... RESUME=yes) goes on"


@dataclass(frozen=True)
class FleetOptions:
    """The options of `fleet`, as typed."""

    hosts: str
    out: Path
    store: str
    resume: bool
    measured: Mapping[str, str]
    """What is measured and how, by the names of `Options`."""


def run(asked: FleetOptions) -> int:
    """Measure, bring home, report, store; the exit code. Raises UserError, OSError."""
    machines = hosts.machines(asked.hosts)
    options = Options(**asked.measured)
    for machine in machines:
        options.of(machine)  # refused before anything is built
    try:
        environment.enter()
    except (Unavailable, BuildFailed) as error:
        return failed(f"the environment of a fleet cannot be made: {error}")
    try:
        return _measure(asked, machines, options)
    except KeyboardInterrupt:
        return _interrupted(130)


def _measure(asked: FleetOptions, machines: Sequence[hosts.Machine], options: Options) -> int:
    from bench.fleet import head
    from bench.fleet.screen import Screen as FleetScreen

    find = plan.resumed if asked.resume else plan.begun
    found = find(asked.out, machines, options)
    with found.held():
        lanes = head.lanes(found)
        with FleetScreen(Screen(stderr=True)) as screen, prevent_sleep(screen.say):
            screen.say(f"fleet {found.fleet}: {len(machines)} machines. Ctrl-C keeps all.")
            if not machines[0].ssh:
                screen.say(TRIAL)
            signal = head.Fleet(found, machines, lanes, screen).go()
    wrong = _report(found)
    if asked.store:
        wrong += _push(asked.store, lanes)
    if machines[0].ssh and (alike := _alike(lanes)):
        tell(alike)
    if signal is not None:
        return _interrupted(128 + signal)
    return _code(lanes, wrong)


def _alike(lanes: Sequence[Lane]) -> str:
    """What helps where records do not tell machines apart; empty where they do."""
    known = dict[str, list[str]]()
    for lane in lanes:
        if run := next((copy.run for copy in lane.copies.values() if copy.run), None):
            known.setdefault(identity(run.machine), []).append(lane.name)
    same = [", ".join(names) for names in known.values() if len(names) > 1]
    if not same:
        return ""
    return (
        f"One machine, as far as their records tell: {'; '.join(same)}. `label` in the hosts file "
        "tells them apart in reports, stores and sites."
    )


def _interrupted(code: int) -> int:
    tell(f"Interrupted: what came home is kept; {GO_ON}.")
    return code


def _code(lanes: Sequence[Lane], wrong: Sequence[str]) -> int:
    """The exit code, and in its line what is missing; the reasons were told when they came."""
    told = list[str]()
    if lost := [lane for lane in lanes if lane.state == LOST]:
        names = ", ".join(lane.name for lane in lost)
        told.append(f"{len(lost)} of {len(lanes)} machines were lost ({names})")
    if broken := [lane.name for lane in lanes if lane.troubles]:
        told.append(f"suites were not finished on {', '.join(broken)}")
    if told and any(copy.run for lane in lanes for copy in lane.copies.values()):
        told.append(GO_ON)
    elif told:
        told.append(ANEW)
    told += wrong
    return failed("; ".join(told)) if told else 0


def _report(found: Plan) -> list[str]:
    """One report on all machines, in the fleet's folder; what is wrong in it."""
    if not any(found.folder.glob("*/*/records.jsonl")):
        return ["nothing was measured, so there is no report"]
    from bench.commands import report

    _, why, missing = report.write([found.folder], found.folder, verbose=False)
    return [sentence for sentence in (why, missing) if sentence]


def _push(store: str, lanes: Sequence[Lane]) -> list[str]:
    """Put the finished runs into the store; what went wrong."""
    paths = [copy.path for lane in lanes for copy in lane.copies.values() if copy.finished]
    if not paths:
        return []
    why = sending.send(store, paths)
    return [f"the runs are {why}"] if why else []
