"""The command `store check-work`: whether a run's answers are those of the seed asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bench import bounded_lines, whole_file
from bench.environments.manager import CHECKOUT
from bench.printable import tell
from bench.records import NotRecords
from bench.terminal.exit_codes import failed
from bench.trust import challenge, sidecars, vouching, work
from reports.ingest.record_files import files
from suites.verification.reference import Cache

SHOWN = 10


def run(question: Path, results: Path, key: Path | None, cases: int) -> int:
    """Say what is shown; vouch for it with `key`. 1 where it is not shown.

    Raises UserError, OSError.
    """
    asked = challenge.read(question)
    path = _one(results)
    found = work.answered(path)
    if found is None:
        raise NotRecords(f"{path} holds no run. Expected the records that answer {question}.")
    looked = work.look(found, asked, Cache(CHECKOUT / ".cache" / "reference", tell), cases)
    for problem in looked.problems[:SHOWN]:
        tell(f"not shown: {problem}")
    if looked.problems:
        return failed(f"{path} is not shown to hold the work that was asked for")
    for contender, case in looked.cells:
        tell(f"worked: {contender}, {case}")
    if key is None:
        tell("Nobody else knows of it: --key YOUR_KEY writes it beside the run, signed.")
        return 0
    digest = hashlib.sha256()
    for piece in bounded_lines.content(path):
        digest.update(piece)
    target = sidecars.work_of(path)
    whole_file.write(target, vouching.vouch(digest.hexdigest(), asked, looked.cells, key))
    tell(f"{target} vouches for it.")
    return 0


def _one(results: Path) -> Path:
    """The one file of records there. Raises NotRecords."""
    found = [path for path, _ in files([results])]
    if len(found) != 1:
        raise NotRecords(f"{results} holds {len(found)} runs. Expected one: name its folder.")
    return found[0]
