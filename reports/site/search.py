"""What the search looks through: files of JavaScript, which a page without a server may load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from reports.site.figures import Machine

FOLDER = "search"

OF_A_FILE = 500
"""Machines: some 150 kB."""

MOST_VERSIONS = 24
"""Of one machine that can be searched for."""


def files(machines: Sequence[Machine]) -> Iterator[tuple[str, str]]:
    """Each file's name and text, in the order of the machines."""
    for start in range(0, len(machines), OF_A_FILE):
        rows = [_row(machine) for machine in machines[start : start + OF_A_FILE]]
        # As ASCII, and of JSON's letters only `<` could end a script.
        text = json.dumps(rows, separators=(",", ":")).replace("<", "\\u003c")
        yield f"{start // OF_A_FILE:04}.js", f"metalbenchFound({text});\n"


def _row(machine: Machine) -> list[object]:
    """Id, label, GPU, chip, system, family, what it ran, the day of its newest run."""
    ran = [f"{name}=={each}" for name, several in machine.versions.items() for each in several]
    return [
        machine.id,
        machine.label,
        machine.gpu,
        machine.chip,
        machine.system,
        machine.family,
        ran[:MOST_VERSIONS],
        machine.newest[:10],
    ]
