"""Work of real frameworks held against the reference: every built-in suite, the small CNNs, and
networks drawn at random. What was done is kept in a file and is not done again."""

import json
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.environments.manager import CHECKOUT
from scripts.judge import asking, drawn
from suites import catalog
from suites.verification import reference
from suites.verification.reference import solution_cache

CACHE = CHECKOUT / ".cache" / "reference"
SMALL_CNNS = CHECKOUT / "tests" / "data" / "small_cnns.py"
EVERY_LAYER = CHECKOUT / "tests" / "conformance" / "every_layer.py"

FURTHER = ("decoder", "lstm", "ops", "pitfalls", "recsys", "unet", "vit")
"""Suites beside those that run by default."""

DRAWN_IN_FILE = 20

OFTEN_FLOP = 5e9
"""Work above this is tried with the first seed alone."""

SOURCE = solution_cache.source_hash()
"""Of the reference: answers that were held against another one are asked for again."""


@dataclass(frozen=True)
class Job:
    """One workload with one seed."""

    suite: str
    """As the catalog knows it: a name, or the path of a file."""
    case: str
    seed: int

    @property
    def workload(self):
        return catalog.find(self.suite, asking.PRESET, self.case)


def jobs(seeds, networks, folder):
    """Built-in suites and small CNNs with every seed; each random network with one."""
    every = [
        (suite, seed)
        for seed in range(seeds)
        for suite in (*catalog.DEFAULT, *FURTHER, str(SMALL_CNNS), str(EVERY_LAYER))
    ]
    for first in range(0, networks, DRAWN_IN_FILE):
        last = min(first + DRAWN_IN_FILE, networks) - 1
        every.append((str(drawn.write(folder / f"drawn_{first}_{last}.py", first, last)), 0))
    return [
        Job(suite, workload.case, seed)
        for suite, seed in every
        for workload in catalog.cases(suite, asking.PRESET)
        if seed == 0 or workload.flop <= OFTEN_FLOP
    ]


def solved(wanted, at_once):
    """By job why there is no reference; None where there is, and then the cache has it."""
    with ProcessPoolExecutor(at_once) as pool:
        found = {}
        for job, reason in zip(wanted, pool.map(_solve, wanted), strict=True):
            found[job] = reason
            if len(found) % 50 == 0:
                _say(f"reference {len(found)} of {len(wanted)}")
        return found


def _solve(job):
    try:
        _expected(job)
        return None
    except Exception as error:  # noqa: BLE001  a user's network may be one that cannot be solved
        word = "withdrawn" if isinstance(error, reference.NoReference) else type(error).__name__
        return f"{word}: {error}"


def _expected(job):
    return reference.expected(job.workload, "float32", job.seed, reference.Cache(CACHE))


def asked(frameworks, wanted, references, path, at_once):
    """Every framework's answers, added to the file; all of them as they stand there."""
    done = _read(path)
    with path.open("a") as file, ThreadPoolExecutor(at_once) as pool:

        def one(framework):
            left = [job for job in wanted if _key(framework, job) not in done]
            worker = asking.Asked(framework) if left else None
            for number, job in enumerate(left):
                line = {"framework": framework, "suite": job.suite, "case": job.case}
                line |= {"seed": job.seed, "source": SOURCE} | _answer(worker, job, references[job])
                done[_key(framework, job)] = line
                file.write(json.dumps(line) + "\n")
                file.flush()
                if number % 50 == 49:
                    _say(f"{framework} {number + 1} of {len(left)}")
            if worker:
                worker.close()

        list(pool.map(one, frameworks))
    keys = {_key(framework, job) for framework in frameworks for job in wanted}
    return [line for key, line in done.items() if key in keys]


def _answer(worker, job, none_because):
    if none_because is not None:
        return {"no reference": none_because}
    return asking.told(worker.answers(job.suite, job.workload, job.seed, _expected(job)))


def _read(path):
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return {_key_of(line): line for line in lines if line["source"] == SOURCE}


def _key(framework, job):
    return framework, Path(job.suite).name, job.case, job.seed


def _key_of(line):
    return line["framework"], Path(line["suite"]).name, line["case"], line["seed"]


def _say(line):
    print(f"  {line}", file=sys.stderr, flush=True)
