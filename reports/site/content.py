"""Everything that the pages of a site show, worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.schema import Published
from reports.ingest.machine_names import FAMILIES
from reports.site import crossings, strips
from reports.site.crossings import Crossed
from reports.site.figures import Machine
from reports.site.strips import Strip

MOST_SUITES, MOST_FRAMEWORKS = 18, 6
"""Of a strip's squares, and of strips side by side."""


@dataclass(frozen=True)
class Site:
    """Everything that the pages show."""

    title: str
    machines: tuple[Machine, ...]
    published: Sequence[Published]
    store: str = ""
    """The name of the store's folder, where it lies beside the site's; empty where it does not."""
    least_trust: str = ""
    """The tier that was asked for; empty where all are shown."""

    @cached_property
    def suites(self) -> tuple[str, ...]:
        return strips.suites(self.machines, MOST_SUITES)

    @cached_property
    def frameworks(self) -> tuple[str, ...]:
        return strips.frameworks(self.machines, MOST_FRAMEWORKS)

    @cached_property
    def crossed(self) -> Mapping[str, tuple[Crossed, ...]]:
        """Of each machine, by its id."""
        return {machine.id: crossings.of(machine) for machine in self.machines}

    @cached_property
    def strips(self) -> Mapping[str, Mapping[str, Strip]]:
        """Of each machine, by its id: the strip of each framework."""
        return {
            machine.id: strips.of(machine, self.suites, self.frameworks)
            for machine in self.machines
        }

    def shown(self, machines: Sequence[Machine]) -> list[str]:
        """Frameworks that one of these has."""
        return [
            name for name in self.frameworks if any(name in self.strips[m.id] for m in machines)
        ]

    @cached_property
    def families(self) -> Mapping[str, tuple[Machine, ...]]:
        """Those that there are, in the order of reports."""
        found: dict[str, list[Machine]] = {name: [] for name in FAMILIES}
        for machine in self.machines:
            found[machine.family].append(machine)
        return {name: tuple(each) for name, each in found.items() if each}
