"""The machines of a fleet, from a hosts file or from `local:4`: every word of it is checked."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import values
from suites.data import outside_file
from suites.errors import UserError, meant

MOST_MACHINES = 100
MOST_SLOTS = 16
_MOST_BYTES = 2**18
_MOST_VARIABLES = 16
_LOCAL = re.compile(r"local:([0-9]{1,3})")
NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_OF_REPORT = re.compile(r"figures|.*\.(json|html|md|txt|csv|parquet|svg|png)", re.IGNORECASE)
"""What lies beside the machines' folders in that of a fleet."""

_DESTINATION = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9_.@:%+\[\]-]{0,254}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class BadHosts(UserError):
    """What names the machines cannot be used; the message says where and why."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine of a fleet, or one slot on this one."""

    name: str
    ssh: str = ""
    """Where to, as `ssh` takes it; empty for a slot on this machine."""
    port: int | None = None
    folder: str = ""
    """Of the checkout there; `~/` is the home folder there."""
    config: str = ""
    """File of settings for ssh, where it is not the user's own."""
    own: Mapping[str, str] = field(default_factory=dict)
    """What is measured on it otherwise than on the others: `framework`, `suite`, ..."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of its command line."""


OWN = ("framework", "suite", "preset", "device", "label")
"""What a machine may have of its own."""


def machines(hosts: str) -> tuple[Machine, ...]:
    """Those that `hosts` names: a file, or slots on this machine. Raises BadHosts."""
    if found := _LOCAL.fullmatch(hosts):
        return _slots(int(found[1]), hosts)
    if not hosts or hosts.startswith("local"):
        raise BadHosts(
            "no machines are named. Expected a hosts file, as in HOSTS=fleet.toml (docs/fleet.md "
            f"shows one), or local:4, four slots here for a trial. Received: {hosts!r}"
        )
    return read(Path(hosts).expanduser())


def _slots(count: int, hosts: str) -> tuple[Machine, ...]:
    if not 1 <= count <= MOST_SLOTS:
        raise BadHosts(f"expected local:1 to local:{MOST_SLOTS}. Received: {hosts!r}")
    return tuple(Machine(name=f"slot-{number}") for number in range(1, count + 1))


def read(path: Path) -> tuple[Machine, ...]:
    """The machines of a hosts file, in its order. Raises BadHosts."""
    try:
        content = outside_file.beginning(path, _MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise BadHosts(f"{path} is longer than {_MOST_BYTES} bytes. Expected a hosts file.")
        tables = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise BadHosts(
            f"the hosts file cannot be read: {error.strerror or error}. Expected a TOML file with "
            f"a table for each machine; docs/fleet.md shows one. Received: {path}"
        ) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadHosts):
            raise
        raise BadHosts(f"{path} is no TOML: {error}. docs/fleet.md shows a hosts file.") from None
    if not 1 <= len(tables) <= MOST_MACHINES:
        raise BadHosts(
            f"{path} names {len(tables)} machines. Expected 1 to {MOST_MACHINES}, a table each, as "
            "in [mac-studio]."
        )
    found = tuple(_machine(name, table, path) for name, table in tables.items())
    _each_once(found, path)
    return found


def _machine(name: str, table: object, path: Path) -> Machine:
    where = f"{path}, machine {name[:64]!r}"
    if not re.fullmatch(NAME, name):
        raise BadHosts(
            f"{where}: not a name. Expected letters, digits, `.`, `_` and `-`, 63 at most."
        )
    if _OF_REPORT.fullmatch(name):
        raise BadHosts(
            f"{where}: it names the machine's folder, beside which a report's files lie. Expected "
            "a name that none of them could have, without .json or .html."
        )
    if not isinstance(table, dict):
        raise BadHosts(f"{where}: expected a table, [{name}], with ssh and folder.")
    for key in table:
        if key not in _FIELDS:
            raise BadHosts(
                f"{where}: unknown key {key[:64]!r}. Expected one of {', '.join(_FIELDS)}."
                f"{meant(key, _FIELDS)}"
            )
    for key in ("ssh", "folder"):
        if key not in table:
            raise BadHosts(f"{where}: {key} is missing. Expected {_FIELDS[key].expected}.")
    fields = {key: _FIELDS[key].checked(value, f"{where}: {key}") for key, value in table.items()}
    if "config" in fields:  # as a path of the hosts file
        fields["config"] = str(path.parent / Path(fields["config"]).expanduser())
    own = {key: fields.pop(key) for key in OWN if key in fields}
    return Machine(name=name, own=own, **fields)


@dataclass(frozen=True)
class _Field:
    """What one key may hold."""

    expected: str
    fits: Callable[[object], bool]

    def checked(self, value: object, where: str) -> Any:
        """The value. Raises BadHosts."""
        if not self.fits(value):
            received = ascii(value)[:100]
            raise BadHosts(f"{where}: expected {self.expected}. Received: {received}")
        return value


def _is_text(value: object, most: int = 1024) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= most and value.isprintable()


def _are_words(value: object) -> bool:
    return isinstance(value, str) and _is_text(value) and not value.startswith("-")


def _is_label(value: object) -> bool:
    with contextlib.suppress(values.BadValue):
        return isinstance(value, str) and bool(values.label(value))
    return False


def _are_variables(value: object) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_VARIABLES
        and all(_VARIABLE.fullmatch(name) for name in value)
        and all(_is_text(text, 4096) for text in value.values())
    )


_WORDS = _Field("text, as the command line takes it", _are_words)

_FIELDS = {
    "ssh": _Field(
        "a destination as `ssh` takes it: a host, user@host or an alias of ~/.ssh/config",
        lambda value: isinstance(value, str) and bool(_DESTINATION.fullmatch(value)),
    ),
    "port": _Field(
        "a port, 1 to 65535",
        lambda value: type(value) is int and 0 < value < 65536,
    ),
    "folder": _Field("the path of the checkout there, as in ~/metalbench", _is_text),
    "config": _Field("the path of a file that `ssh -F` takes", _is_text),
    **dict.fromkeys(OWN, _WORDS),
    "label": _Field("a label: 31 letters, digits, `.`, `_` and `-` at most", _is_label),
    "environment": _Field(
        f"a table of at most {_MOST_VARIABLES} variables, as in {{ PATH = '/usr/bin:/bin' }}",
        _are_variables,
    ),
}


def _each_once(found: tuple[Machine, ...], path: Path) -> None:
    """One machine under two names would be measured twice at once."""
    known: dict[tuple[str, int | None, str], str] = {}
    for machine in found:
        place = (machine.ssh, machine.port, machine.config)
        if place in known:
            raise BadHosts(
                f"{path}: {known[place]} and {machine.name} are one machine. Expected each once: "
                "two runs on it would spoil each other's times."
            )
        known[place] = machine.name
    if len({machine.name.lower() for machine in found}) < len(found):
        raise BadHosts(f"{path}: two names differ only in their case, and each is a folder's name.")
