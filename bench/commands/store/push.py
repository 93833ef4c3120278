"""The command `store push`: finished runs put into a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench import bounded_lines
from bench.fleet import environment
from bench.printable import counted, tell
from bench.terminal.exit_codes import failed
from bench.trust import sidecars, signing, vouching
from bench.trust.keygen import NoKeygen

if TYPE_CHECKING:
    from bench.store.places import Place

_CALLED = {".sig": "signature", ".work.json": "asker's word"}


def run(url: str, results: Sequence[Path], unfinished: bool) -> int:
    """Send each run that is named, or lies in a folder that is, with what lies beside it; 1 if
    something could not be sent.

    Raises UserError, OSError.
    """
    environment.enter()
    from bench.store import objects, places
    from reports.ingest.record_files import files

    place = places.at(url)
    found = [path for path, _ in files(results)]
    new, beside, wrong, unseen = 0, Counter[str](), [], {}
    for path in found:
        try:
            pushed = objects.push(place, path, unfinished=unfinished)
        except objects.NotForAStore as error:
            tell(f"left out: {error}")
            wrong.append(path)
            continue
        came = Counter[str]()
        try:
            came.update(_beside(place, path, pushed.entry.sha256))
        except NoKeygen as error:
            unseen[path] = error
        new += pushed.new
        beside += came
        what = "sent" if pushed.new else "there already"
        tell(f"{what}: {pushed.entry.run} {pushed.entry.sha256}{_and(came, 'new beside it')}")
    tell(f"new in {place.url}: {new} of {counted(len(found), 'run')}{_and(beside, 'beside them')}.")
    if new:
        tell(f"`./metalbench store compact {place.url}` makes them part of its tables.")
    return _ended(len(found), wrong, unseen)


def _beside(place: Place, path: Path, sha256: str) -> Iterator[str]:
    """Send what lies beside the run; the suffix of each that the store lacked. Raises NoKeygen."""
    from bench.store import beside

    for suffix, contents in sidecars.of(path).items():
        for content in contents:
            key, why = _maker(path, sha256, suffix, content)
            if not key:
                tell(f"left out: a {suffix} beside {path}: {why}")
            elif beside.put(place, sha256, suffix, signing.hexed(key), content):
                yield suffix


def _maker(path: Path, sha256: str, suffix: str, content: bytes) -> tuple[str, str]:
    """The key that made what lies beside the run, for just that run; else why there is none."""
    if suffix == ".sig":
        signature = signing.check(content, bounded_lines.content(path), None)
        return signature.key, signature.problem
    word = vouching.read(content, sha256, None)
    return word.asker, word.problem


def _and(came: Counter[str], where: str) -> str:
    told = " and ".join(counted(count, _CALLED[suffix]) for suffix, count in came.items())
    return f"; {where}: {told}" if told else ""


def _ended(of: int, wrong: Sequence[Path], unseen: Mapping[Path, NoKeygen]) -> int:
    told = []
    if wrong:
        told.append(f"{len(wrong)} of {of} could not be sent; the first is {wrong[0]}")
    for first, why in list(unseen.items())[:1]:
        told.append(
            f"what lies beside {counted(len(unseen), 'run')} was not sent; the first is {first}: "
            f"{why}. Then send the same again"
        )
    return failed("; ".join(told)) if told else 0
