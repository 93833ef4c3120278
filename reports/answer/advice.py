"""The one command that would settle most of what a run left open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from reports import repeat
from reports.analysis import suite_leaders
from reports.analysis.unresolved_hint import STARTS
from reports.content import Content
from reports.context import Section
from reports.formatting import plain
from reports.front import headline
from reports.front.tally import Tally
from suites import catalog

_ROOM = 69
"""Columns beside the label, of 80."""
_MOST_NAMED = 3
"""Of more contenders all are taken."""


def command(content: Content, tallies: Mapping[str, Tally]) -> Sequence[str]:
    """The command and what it settles; nothing where several runs are reported on."""
    if len(content.sections) != 1:
        return () if content.sections else _beside("make bench", "measures this machine")
    (section,) = content.sections
    if section.fault:
        return ()
    counted = (counts["no time"] for mine in tallies.values() for counts in mine.values())
    untold = max(counted, default=0)
    close = _close(section)
    suite, count = close.most_common(1)[0] if close else ("", 0)
    if untold > count:
        return _beside(section.longer, f"also {_cases(untold)} there was no time for")
    # Cases that were named need not be in a finer preset, nor each in one of the suites.
    chosen = "CASE" in section.asked
    finer = None if chosen else repeat.FINER.get(dict(section.settings).get("preset", ""))
    changed = {"PRESET": finer} if finer else {"STARTS": str(STARTS)}
    if not suite:
        # Where nothing was right, the report's findings say what to try.
        finer = finer if section.rankings else None
        again = repeat.bench(section.asked, **changed)
        return _beside(again, "finer figures, more sizes") if finer else ()
    total = close.total()
    named = f"{count} of the {total}" if total > count else _cases(total)
    what = f"{named} too close{' or with too few rounds' if _few(section) else ''}"
    changed |= {} if chosen else {"SUITE": suite, **_who(section, suite)}
    return _beside(repeat.bench(section.asked, **changed), what)


def _beside(command: str, what: str) -> Sequence[str]:
    """On one line where both fit, since the command is to be copied."""
    one = f"{command}   {what}"
    return (one,) if len(one) <= _ROOM else (command, f"  {what}")


def _cases(count: int) -> str:
    return "the 1 case" if count == 1 else f"the {count} cases"


def _few(section: Section) -> bool:
    """Whether a ratio is left open that is not close."""
    rankings = (ranking for ranking in section.rankings if ranking.suite in catalog.NAMES)
    groups = (group for ranking in rankings for group in ranking.groups)
    return any(suite_leaders.untold(row) for group in groups for row in group.front)


def _close(section: Section) -> Counter[str]:
    """Cases too close to call, by suite; those of a file of one's own have no name to ask for."""
    return Counter(
        ranking.suite
        for ranking in section.rankings
        for group in ranking.groups
        if len(headline.front(group)) > 1 and ranking.suite in catalog.NAMES
    )


def _who(section: Section, suite: str) -> dict[str, str]:
    """Those who lead there together, as FRAMEWORK takes them; as asked where they are many."""
    labels = [
        label
        for ranking in section.rankings
        for group in ranking.groups
        if ranking.suite == suite and len(headline.front(group)) > 1
        for label in headline.front(group)
    ]
    typed = {plain(word, 60): word for word in section.asked.get("FRAMEWORK", "").split(",")}
    typed |= section.to_type
    called = dict.fromkeys(_contender(label, typed) for label in labels)
    names = [typed.get(name, name) for name in called]
    return {"FRAMEWORK": ",".join(names)} if len(names) <= _MOST_NAMED else {}


def _contender(label: str, known: Collection[str]) -> str:
    """Whom a label names, before device and precision; the path of a wheel may have spaces."""
    named = (name for name in known if f"{label} ".startswith(f"{name} "))
    return max(named, key=len, default=label.partition(" ")[0])
