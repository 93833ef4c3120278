"""The command `store push`: finished runs put into a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import bounded_lines
from bench.fleet import environment
from bench.printable import counted, tell
from bench.terminal.exit_codes import failed
from bench.trust import sidecars, signing, vouching


def run(url: str, results: Sequence[Path], unfinished: bool) -> int:
    """Send each run that is named, or lies in a folder that is; 1 if one could not be sent.

    Raises UserError, OSError.
    """
    environment.enter()
    from bench.store import beside, objects, places
    from reports.ingest.record_files import files

    place = places.at(url)
    found = [path for path, _ in files(results)]
    new, wrong = 0, []
    for path in found:
        try:
            pushed = objects.push(place, path, unfinished=unfinished)
        except objects.NotForAStore as error:
            tell(f"left out: {error}")
            wrong.append(path)
            continue
        sha256 = pushed.entry.sha256
        for suffix, contents in sidecars.of(path).items():
            for content in contents:
                key, why = _maker(path, sha256, suffix, content)
                if key:
                    beside.put(place, sha256, suffix, signing.hexed(key), content)
                else:
                    tell(f"left out: a {suffix} beside {path}: {why}")
        new += pushed.new
        tell(f"{'sent' if pushed.new else 'there already'}: {pushed.entry.run} {sha256}")
    tell(f"new in {place.url}: {new} of {counted(len(found), 'run')}.")
    if new:
        tell(f"`./metalbench store compact {place.url}` makes them part of its tables.")
    if wrong:
        return failed(f"{len(wrong)} of {len(found)} could not be sent; the first is {wrong[0]}")
    return 0


def _maker(path: Path, sha256: str, suffix: str, content: bytes) -> tuple[str, str]:
    """The key that made what lies beside the run, for just that run; else why there is none."""
    if suffix == ".sig":
        signature = signing.check(content, bounded_lines.content(path), None)
        return signature.key, signature.problem
    word = vouching.read(content, sha256, None)
    return word.asker, word.problem
