"""A run's first screens, put together for every renderer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from reports.analysis.cpu_gpu_pairs import Contest
from reports.context import ReportContext, Section
from reports.front import headline, pairs, places
from reports.front.cards import Card, cards
from reports.front.pairs import Devices, Duel
from reports.front.places import Bar, HeatRow
from reports.front.tally import Tally, tally
from reports.isolation import Attempts


@dataclass(frozen=True)
class Front:
    """What one run says before any detail."""

    section: Section
    tally: Tally
    """How its cells ended."""
    headline: str
    facts: tuple[str, ...]
    """The machine, the day, the preset and how long it took its time for."""
    cards: tuple[Card, ...]
    bars: tuple[Bar, ...]
    heat: tuple[HeatRow, ...]
    """A row for each of the section's rankings, a cell for each bar."""
    contests: tuple[Contest, ...]
    """CPU against GPU in this run."""
    devices: Devices | None
    duel: Duel | None

    @property
    def answers_only(self) -> bool:
        """Whether some bar's speed says nothing."""
        return any(bar.answers_only for bar in self.bars)


def fronts(
    context: ReportContext, contests: Sequence[Contest], attempts: Attempts
) -> tuple[Front, ...]:
    """One for each run, in the order of the sections."""
    tallies = attempts.of(
        "The count of cells on the first screen", partial(tally, context.results), lambda _: {}
    )
    named = zip(context.sections, context.labels, strict=True)
    return tuple(
        attempts.of(
            f"The first screen of run {section.run}",
            partial(_front, context, section, run, tallies.get(run, {}), contests),
            partial(_bare, section),
        )
        for section, run in named
    )


def _bare(section: Section, sentence: str) -> Front:
    """One that says no more than this."""
    return Front(section, {}, sentence, (), (), (), (), (), None, None)


def _front(
    context: ReportContext,
    section: Section,
    run: str,
    mine: Tally,
    every: Sequence[Contest],
) -> Front:
    place = context.places[run]
    contests = tuple(each for each in every if each.place == place)
    bars = places.bars(section, mine)
    return Front(
        section=section,
        tally=mine,
        headline=_headline(section, contests),
        facts=_facts(section),
        cards=tuple(cards(context.results, section, contests, mine)),
        bars=bars,
        heat=places.heat(section, [bar.label for bar in bars]),
        contests=contests,
        devices=pairs.devices(contests),
        duel=pairs.duel(context.results, section),
    )


def _headline(section: Section, contests: Sequence[Contest]) -> str:
    """The first sentence; where the GPU pays off, that."""
    return section.fault or next(headline.sentences(section, contests))


def _facts(section: Section) -> tuple[str, ...]:
    settings = dict(section.settings)
    preset = settings.get("preset", "")
    return tuple(filter(None, (section.machine_label, section.started_at[:10], preset)))
