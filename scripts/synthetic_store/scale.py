"""`python -m scripts.synthetic_store.scale FOLDER`: what a store of 50,000 small runs takes.

Compaction of the runs added at each size, one query, and the report of a selection, each in a
process of its own: seconds, CPU seconds, and the largest resident memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from bench.store import places
from reports.store.tables import compaction
from scripts.synthetic_store import runs
from scripts.synthetic_store.runs import Size

SMALL = Size(contenders=3, cases=2, rounds=6, samples=3)
RUNS_OF_A_MACHINE = 25

QUERY = (
    "select chip, framework, median(time_s) as median_s, count(*) as cells from cells "
    "where verified and suite = 'mlp' group by all order by chip, median_s"
)
SELECTION = "chip = 'Apple M4' and framework = 'torch'"


def grown(url: str, upto: int, since: int) -> None:
    """Add the runs between these numbers."""
    begin, end = since // RUNS_OF_A_MACHINE, upto // RUNS_OF_A_MACHINE
    runs.fill(places.at(url), end - begin, RUNS_OF_A_MACHINE, size=SMALL, first=begin)


def compacted(url: str) -> dict[str, object]:
    """Take in what is new."""
    return {"runs": compaction.compact(places.at(url)).runs}


def asked(url: str) -> dict[str, object]:
    """One query over all cells."""
    from reports.store import queries

    with queries.opened(places.at(url)) as store, store.ask(QUERY) as answer:
        return {"rows": len(answer.fetchall())}


def reported(url: str) -> dict[str, object]:
    """The report of the runs of one chip and framework."""
    import tempfile

    from bench.commands import report

    with tempfile.TemporaryDirectory() as out:
        code = report.of_store(report.Selection(url, SELECTION), Path(out), False, None, False)
    return {"code": code}


STEPS = {each.__name__: each for each in (compacted, asked, reported)}


def measured(step: str, url: str) -> dict[str, object]:
    """What a step takes, in a process of its own."""
    module = ["-m", "scripts.synthetic_store.scale", url, "--step", step]
    ended = subprocess.run([sys.executable, *module], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> None:
    """All steps at all sizes; or one of them, in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--sizes", default="5000,10000,50000")
    parser.add_argument("--step", choices=STEPS)
    typed = parser.parse_args()
    began_s, cpu_s = time.perf_counter(), time.process_time()
    if typed.step:
        told = STEPS[typed.step](typed.url)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 2**10
        wall_s, used_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        figures = {"wall_s": round(wall_s, 1), "cpu_s": round(used_s, 1), "peak_mib": peak >> 20}
        print(json.dumps({**told, **figures}))
        return
    since = 0
    for size in map(int, typed.sizes.split(",")):
        grown(typed.url, size, since)
        since = size
        for step in STEPS:
            print(
                size, step, measured(step, typed.url), f"load {os.getloadavg()[0]:.1f}", flush=True
            )


if __name__ == "__main__":
    main()
