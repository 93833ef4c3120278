"""Run records made before definitions had a hash of their meaning, told in today's terms.

In runs without a `version` a case's hash is that of the description as Python prints it.
`older_definitions.json` holds those hashes of all built-in cases, each with today's hash of the
same work and the facts of the workload, which records did not hold. It is never added to: the hash
of a definition no longer changes while the work is the same. Other hashes stay as they are.
"""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec
from msgspec import structs

from bench.schema import Case, Run, Sha256, Text

TABLE = Path(__file__).with_name("older_definitions.json")


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a case by its older hash."""

    case: Text
    definition_sha256: Sha256
    work_kind: Text
    size_of: Text
    convolutions: bool
    host_work: bool


@functools.cache
def known() -> dict[str, Known]:
    """Built-in cases by their older hash."""
    return msgspec.json.decode(TABLE.read_bytes(), type=dict[str, Known])


def in_todays_terms(run: Run) -> Run:
    """The run with today's hashes of its built-in cases, and their facts where it has none."""
    cases = tuple(map(_case, run.cases))
    return run if cases == run.cases else structs.replace(run, cases=cases)


def _case(case: Case) -> Case:
    work = known().get(case.definition_sha256)
    if work is None or work.case != case.case:
        return case
    facts = {
        name: getattr(work, name)
        for name in ("work_kind", "size_of", "convolutions", "host_work")
        if getattr(case, name) is None
    }
    return structs.replace(case, definition_sha256=work.definition_sha256, **facts)
