"""What a file of records says of its run: every line valid, and all that an entry tells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import records
from bench.machine.identity import identity
from bench.records import RejectedLine
from bench.schema import End, Record, Run, Runtime
from bench.store.manifest import Entry
from suites.errors import UserError


class NotForAStore(UserError):
    """These records cannot be put into a store; the message says why."""


@dataclass(frozen=True)
class Facts:
    """What a file of records holds, by itself."""

    run: Run
    records: int
    ended: bool
    frameworks: dict[str, tuple[str, ...]]


def facts(content: bytes, path: Path) -> Facts:
    """What the records say, every line of them valid. Raises NotForAStore."""
    run, ended, count = None, False, 0
    versions: dict[str, str | None] = {}
    for record in _records(content, path):
        if isinstance(record, Run):
            if run is not None and record != run:
                raise NotForAStore(f"{path} holds more than one run. Expected one.")
            run = record
        elif isinstance(record, Runtime):
            versions[record.contender] = next(iter(record.versions.values()), None)
        count += 1
        ended = isinstance(record, End)
    if run is None:
        raise NotForAStore(f"{path} holds no run, only figures from elsewhere. Expected a run.")
    found: dict[str, dict[str, None]] = {}
    for contender in run.contenders:
        known = found.setdefault(contender.framework, {})
        if version := versions.get(contender.contender):
            known[version[:200]] = None
    return Facts(run, count, ended, {name: tuple(each)[:64] for name, each in found.items()})


def _records(content: bytes, path: Path) -> Iterator[Record]:
    """The lines, of just these bytes: the file may be another by now. Raises NotForAStore."""
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        copy = Path(folder) / "records.jsonl"
        copy.write_bytes(content)
        try:
            for number, record in records.scan(copy):
                if isinstance(record, RejectedLine):
                    raise NotForAStore(f"{path}, line {number}, is no record: {record.reason}.")
                yield record
        except records.NotRecords as error:
            raise NotForAStore(str(error).replace(str(copy), str(path))) from None


def entry(facts: Facts, sha256: str, count: int, received: datetime) -> Entry:
    run, machine = facts.run, facts.run.machine
    named = {name[:200]: versions for name, versions in list(facts.frameworks.items())[:64]}
    return Entry(
        sha256=sha256,
        bytes=count,
        records=facts.records,
        run=run.run,
        started_at=run.started_at,
        received_at=received.astimezone(UTC).isoformat(timespec="seconds"),
        machine=machine.label,
        machine_id=identity(machine),
        system=machine.system,
        chip=machine.cpu,
        gpu=", ".join(gpu.name for gpu in machine.gpus)[:4096] or None,
        frameworks=named,
        suites=tuple(dict.fromkeys(case.suite[:200] for case in run.cases))[:256],
        version=run.version and run.version[:200],
        ended=facts.ended,
    )
