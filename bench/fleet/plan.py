"""What a fleet measures, machine by machine, and the note by which it is found again."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import filelock
import msgspec

from bench import values, whole_file
from bench.contenders import spec
from bench.fleet import note
from bench.fleet.hosts import Machine
from bench.fleet.note import THERE, Asked, Note
from bench.plan import request
from bench.plan.presets import PRESETS
from bench.version import commit
from suites import catalog
from suites.errors import UserError
from suites.workload import ITEMSIZE

MAX_FLEETS = 200
"""Newest folders looked at."""

_OWN_PYTHON = re.compile(":[^@]*")


class NothingToResume(UserError):
    """No fleet here broke off that was asked for in the same way; the message says what differs."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `fleet` that say what is measured and how, as typed."""

    framework: str = ""
    suite: str = ""
    preset: str = ""
    time: str = ""
    precision: str = ""
    device: str = ""

    def of(self, machine: Machine) -> Asked:
        """What is asked of one machine, its own wishes first. Raises UserError."""
        typed = {name: value for name, value in vars(self).items() if value}
        return checked(typed | dict(machine.own))


def checked(typed: Mapping[str, str]) -> Asked:
    """What was typed, every word of it checked. Raises UserError."""
    flags = dict(typed)
    suites = values.split(flags.pop("suite", "")) or list(catalog.DEFAULT)
    own_file = next((name for name in suites if name.endswith(".py")), None)
    contenders = values.split(flags.get("framework", ""))
    if own_file := own_file or next((c for c in contenders if ".py" in c), None):
        raise values.BadValue(
            "a file of your own is not on the other machines. Expected suites and frameworks "
            f"by name. Received: {own_file!r}"
        )
    suites = values.choices("suite", suites, catalog.NAMES)
    # What follows a colon may be a Python of that machine, which is not here.
    spec.parse([_OWN_PYTHON.sub("", contender) for contender in contenders])
    if "device" in flags:
        request.require_device_word(flags["device"])
    if "preset" in flags:
        values.choices("preset", [flags["preset"]], PRESETS)
    values.choices("precision", values.split(flags.get("precision", "")), ITEMSIZE)
    values.label(flags.get("label", ""))
    if "time" in flags:
        values.seconds(flags["time"])
    return Asked(tuple(suites), dict(sorted(flags.items())))


class Busy(UserError):
    """Another head is at work on the same fleet."""


@dataclass(frozen=True)
class Plan:
    """A fleet's id and folder, and what each machine measures."""

    fleet: str
    folder: Path
    machines: Mapping[str, Asked]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """This fleet to oneself: two heads would write the same copies. Raises Busy."""
        lock = filelock.FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise Busy(
                f"another command is at work on fleet {self.fleet}. Expected one at a time: wait "
                "for it, or end it."
            ) from None
        try:
            yield
        finally:
            lock.release()

    @property
    def slots(self) -> Path:
        """Folder of the slots of a trial, each with what a machine of its own would keep."""
        return self.folder / ".slots"

    def place(self, machine: str, suite: str) -> Path:
        """Folder of the head's copy of that suite's records."""
        return self.folder / machine / suite


PLACE = f"^results/{THERE}/[0-9]{{8}}-[0-9]{{6}}-[0-9a-f]{{4}}/[0-9a-f]{{12}}\\Z"
"""What `place_there` gives."""


def place_there(fleet: str, machine: str) -> Path:
    """Folder in which a machine keeps its part, from its checkout: the same whenever the fleet goes
    on. Not by its name, which its owner chose: others use that machine too."""
    return Path("results", THERE, fleet, hashlib.sha256(machine.encode()).hexdigest()[:12])


def begun(out: Path, machines: Sequence[Machine], options: Options) -> Plan:
    """A new one, with its folder. Raises UserError, OSError."""
    now = datetime.datetime.now(datetime.UTC)
    fleet = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    plan = Plan(fleet, out / fleet, _asked(machines, options))
    plan.folder.mkdir(parents=True)
    made = Note(note.FORMAT, fleet, commit(), dict(plan.machines))
    whole_file.write(
        plan.folder / note.FILE, msgspec.json.format(msgspec.json.encode(made)) + b"\n"
    )
    return plan


def resumed(out: Path, machines: Sequence[Machine], options: Options) -> Plan:
    """The newest that was asked for in the same way at this commit. Raises UserError."""
    wanted, here, differing = _asked(machines, options), commit(), ""
    for path in sorted(out.glob(f"*/{note.FILE}"), reverse=True)[:MAX_FLEETS]:
        found = note.read(path.parent)
        if found is None or found.fleet != path.parent.name:
            continue
        if found.machines == wanted and found.commit == here:
            return Plan(found.fleet, path.parent, wanted)
        what = "commit of the checkout" if found.machines == wanted else "machines or options"
        differing = differing or f" {found.fleet} differs in its {what}."
    raise NothingToResume(
        f"no fleet to resume in {out}. Expected one of the same machines, asked for with the same "
        f"options at the same commit.{differing or ' Received: none.'} Leave out RESUME=yes to "
        "begin anew."
    )


def _asked(machines: Sequence[Machine], options: Options) -> dict[str, Asked]:
    return {machine.name: options.of(machine) for machine in machines}
