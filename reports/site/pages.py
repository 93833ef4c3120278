"""The pages of a site, each as text: what stands in them and which of them there are.

Templates escape what they are given; what others wrote is bounded where it came in (`choice`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.printable import counted
from bench.schema import Published
from reports.analysis import cpu_gpu_pairs
from reports.chapters import cpu_vs_gpu, published
from reports.document import Chapter
from reports.formatting import count
from reports.front.places import PLACES
from reports.render.html import chapter_body
from reports.render.page import TEMPLATES
from reports.site import crossings, machine_page, search, strips
from reports.site.content import Site
from reports.site.crossings import Group
from reports.site.figures import Machine
from reports.site.models import compare

ON_FIRST_PAGE = 20
"""Machines with strips."""

ON_A_PAGE = 100
"""Machines with strips on a family's page."""

ON_A_LIST = 1_000

MOST_OWN_FRAMEWORKS = 10
"""Columns of a machine's own table."""

MOST_WORKS = 10
"""Rows of a table of crossovers."""

MOST_MODELS = 60
"""Kinds of machine that a family's page compares."""

MOST_LINKS = 300
"""Machines that are named for one version of a framework."""

MOST_NAMED_FRAMEWORKS, MOST_NAMED_VERSIONS = 40, 60


def slug(family: str) -> str:
    """Of a family's page: `no-gpu`."""
    return family.lower().replace(" ", "-")


def render(name: str, site: Site, up: str = "", **values: Any) -> str:
    """The page of a template; `up` leads from it to the site's first page's folder."""
    template = TEMPLATES.get_template(f"site/{name}")
    return template.render(
        site=site,
        up=up,
        slug=slug,
        places=PLACES,
        count=count,
        summary=crossings.summary,
        suite_name=strips.called,
        **values,
    )


def first(site: Site) -> str:
    """The first page."""
    groups = {
        name: {g.work: g for g in _groups(site, each)} for name, each in site.families.items()
    }
    return render(
        "index.html",
        site,
        cards=list(_cards(site)),
        shown=site.machines[: shown_first(site)],
        works=_works(list(groups.values())),
        groups=groups,
        sources=_sources(site.published),
        search_files=-(-len(site.machines) // search.OF_A_FILE),
    )


def shown_first(site: Site) -> int:
    """All of a lab's; of very many only the newest."""
    few = ON_FIRST_PAGE + ON_FIRST_PAGE // 2
    return few if len(site.machines) <= few else ON_FIRST_PAGE


def _cards(site: Site) -> Iterator[tuple[str, str, str]]:
    """Question, answer and detail."""
    models = len({machine.model for machine in site.machines})
    runs = [run for machine in site.machines for run in machine.runs]
    figures = sum(f.status == "ok" for machine in site.machines for f in machine.figures)
    kinds = f"{count(models)} kind{'s' * (models != 1)} of chip or GPU"
    yield "Machines", count(len(site.machines)), kinds
    yield "Runs", count(len(runs)), f"newest {runs[0].received_at[:10]}" if runs else ""
    frameworks = counted(len({f.framework for m in site.machines for f in m.figures}), "framework")
    yield "Times with right answers", count(figures), f"of {frameworks}"
    tiers = Counter(run.tier for run in sorted(runs, key=lambda run: -run.rank))
    said = [f"{count(number)} {tier}" for tier, number in tiers.items()]
    yield "Trust", said[0] if said else "no runs", ", ".join(said[1:4])


def _groups(site: Site, machines: Sequence[Machine]) -> tuple[Group, ...]:
    return crossings.together(each for machine in machines for each in site.crossed[machine.id])


def _works(columns: Sequence[Mapping[crossings.Work, Group]]) -> list[Group]:
    """One group of each work, those that most machines tell of first."""
    counts = Counter[crossings.Work]()
    known: dict[crossings.Work, Group] = {}
    for groups in columns:
        for work, group in groups.items():
            counts[work] += sum(group.counts.values())
            known.setdefault(work, group)
    order = sorted(counts, key=lambda work: (-counts[work], work))
    return [known[work] for work in order[:MOST_WORKS]]


# --- what others published --------------------------------------------------------------------


def _sources(records: Sequence[Published]) -> list[tuple[int, Published, int]]:
    """Of each source its number, a record of it, and how many it has."""
    counts = Counter(each.study or each.source for each in records)
    firsts: dict[str, Published] = {}
    for each in records:
        firsts.setdefault(each.study or each.source, each)
    return [(at, each, counts[study]) for at, (study, each) in enumerate(firsts.items(), start=1)]


def of_published(site: Site) -> str:
    """The figures of others, source by source, and when the GPU paid off in them."""
    parts = published.sources(site.published)
    chapter = Chapter("published", "Published figures", "", parts)
    told = [cpu_vs_gpu.sentence(each) for each in cpu_gpu_pairs.published(site.published)]
    return render(
        "published.html", site, sources=len(parts), body=chapter_body(chapter, {}), sentences=told
    )


# --- lists ------------------------------------------------------------------------------------


def _cut(machines: Sequence[Machine], size: int) -> Iterator[tuple[int, Sequence[Machine]]]:
    for start in range(0, len(machines), size):
        yield start // size + 1, machines[start : start + size]


def numbered(stem: str, number: int) -> str:
    """`all.html`, `all-2.html`"""
    return f"{stem}.html" if number == 1 else f"{stem}-{number}.html"


def lists(site: Site) -> Iterator[tuple[str, str]]:
    """The pages of all machines: their names and texts."""
    pages = -(-len(site.machines) // ON_A_LIST) or 1
    addresses = [numbered("all", at) for at in range(1, pages + 1)]
    for number, machines in list(_cut(site.machines, ON_A_LIST)) or [(1, ())]:
        name = numbered("all", number)
        text = render(
            "all.html",
            site,
            machines=machines,
            number=number,
            names=addresses,
            sources=_sources(site.published) if number == 1 else (),
        )
        yield name, text


def families(site: Site) -> Iterator[tuple[str, str]]:
    """The pages of each family."""
    for family, machines in site.families.items():
        models: dict[str, list[Machine]] = {}
        for machine in machines:
            models.setdefault(machine.model, []).append(machine)
        compared = compare(models, site.suites)
        groups = {
            each.model: {g.work: g for g in _groups(site, models[each.model])}
            for each in compared[:MOST_MODELS]
        }
        pages = list(_cut(machines, ON_A_PAGE))
        addresses = [numbered(slug(family), number) for number, _ in pages]
        for number, shown in pages:
            yield (
                numbered(slug(family), number),
                render(
                    "family.html",
                    site,
                    "../",
                    family=family,
                    total=len(machines),
                    compared=compared[:MOST_MODELS],
                    more=len(compared[MOST_MODELS:]),
                    groups=groups,
                    works=_works(list(groups.values())),
                    shown=shown,
                    number=number,
                    names=addresses,
                ),
            )


def of_machine(site: Site, machine: Machine) -> str:
    """A machine's own page."""
    tables = list(machine_page.tables(machine))
    columns = strips.frameworks([machine], MOST_OWN_FRAMEWORKS)
    return render(
        "machine.html",
        site,
        "../",
        machine=machine,
        strips=strips.of(machine, [each.suite for each in tables], columns),
        crossed=site.crossed[machine.id],
        tables=tables,
        runs=machine_page.runs(machine),
        anchor=machine_page.anchor,
        address=machine_page.address,
    )


def versions(site: Site) -> str:
    """Who ran which version of which framework."""
    found: dict[str, dict[str, list[Machine]]] = {}
    for machine in site.machines:
        for framework, several in machine.versions.items():
            for version in several:
                found.setdefault(framework, {}).setdefault(version, []).append(machine)
    order = strips.frameworks(site.machines, MOST_NAMED_FRAMEWORKS)
    by_use = {
        name: sorted(found[name].items(), key=lambda each: (-len(each[1]), each[0]))
        for name in order
    }
    return render(
        "versions.html",
        site,
        found={name: each[:MOST_NAMED_VERSIONS] for name, each in by_use.items()},
        most=MOST_LINKS,
    )
