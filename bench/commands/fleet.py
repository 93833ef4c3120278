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
from bench.printable import Screen, tell
from bench.run.sleep_inhibitor import prevent_sleep
from bench.store import sending
from bench.terminal.exit_codes import failed

TRIAL = (
    "local: a trial. The slots share this machine, so their times disturb each other and mean "
    "nothing; what a fleet does with them is the same."
)


GO_ON = "The same command with --resume (make fleet ... RESUME=yes) goes on."


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
        tell(f"Interrupted: what came home is kept. {GO_ON}")
        return 130


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
    troubles = [sentence for lane in lanes for sentence in lane.troubles]
    troubles += _report(found)
    if asked.store:
        troubles += _push(asked.store, lanes)
    if signal is not None:
        tell(f"Interrupted: the report holds what came home. {GO_ON}")
        return 128 + signal
    return _code(lanes, troubles)


def _code(lanes: Sequence[Lane], troubles: Sequence[str]) -> int:
    """The exit code, with a sentence for everything that is missing."""
    if not troubles:
        return 0
    lost = [lane.name for lane in lanes if lane.state == LOST]
    for sentence in troubles:
        tell(sentence)
    if lost:
        return failed(
            f"{len(lost)} of {len(lanes)} machines were lost ({', '.join(lost)}): the same command "
            "with --resume (make fleet ... RESUME=yes) goes on with what they left"
        )
    return failed(troubles[0])


def _report(found: Plan) -> list[str]:
    """One report on all machines, in the fleet's folder; what is wrong in it."""
    folders = sorted({path.parent for path in found.folder.glob("*/*/records.jsonl")})
    if not folders:
        return ["nothing was measured: there is no report"]
    from bench.commands import report

    _, why, missing = report.write(folders, found.folder, verbose=False)
    return [sentence for sentence in (why, missing) if sentence]


def _push(store: str, lanes: Sequence[Lane]) -> list[str]:
    """Put the finished runs into the store; what went wrong."""
    paths = [copy.path for lane in lanes for copy in lane.copies.values() if copy.finished]
    if not paths:
        return []
    why = sending.send(store, paths)
    return [f"the runs are {why}"] if why else []
