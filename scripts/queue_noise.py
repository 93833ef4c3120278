"""Does a fleet's queue disturb what is measured: the same with and without an idle worker beside.

Twice: one thread's work in this process, in half seconds with the worker at rest (SIGSTOP) and at
work in turns, which finds what little there is on a busy machine too; and pairs of whole runs, each
run without held against the one before it as a control. Also what the worker takes of the CPU.

.venv/dev/bin/python -m scripts.queue_noise [PAIRS]
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from bench.environments.manager import CHECKOUT
from bench.fleet import head, hosts
from bench.fleet.connection import Connection, Head
from bench.fleet.ssh import Checkout
from bench.statistics import estimates

TURNS, TURN_S = 100, 0.5

RUN = (
    *("--framework", "null,numpy", "--suite", "matmul", "--case", "square/256"),
    *("--device", "cpu", "--preset", "quick", "--time", "25s", "--threads", "1", "--records-only"),
)


def main(pairs: int = 4) -> int:
    """Measure and print; 1 where a verdict differs between with and without."""
    with tempfile.TemporaryDirectory(prefix="queue-noise-") as made:
        print(in_turns(Path(made) / "slots"), flush=True)
        folder, alone, beside = Path(made), list[Path](), list[Path]()
        shares = list[float]()
        for number in range(pairs):
            for with_worker in (False, True) if number % 2 else (True, False):
                out = folder / f"{number}-{'beside' if with_worker else 'alone'}"
                if with_worker:
                    with idle_worker(folder / "slots") as worker:
                        shares.append(measure(out, worker))
                else:
                    measure(out, None)
                (beside if with_worker else alone).append(out)
        tried = compared(list(zip(alone, beside, strict=True)))
        control = compared(list(itertools.pairwise(alone)))
    print(f"an idle worker takes {statistics.median(shares):.3%} of one core, median of {pairs}")
    print(told("with a worker against without", tried))
    print(told("without against without", control))
    return 1 if {word for word, _ in tried} & {"faster", "slower"} else 0


def in_turns(slots: Path) -> str:
    """How many times as long work takes beside it as while it is held, with its 95 %."""
    a = np.random.default_rng(0).random((256, 256), dtype=np.float32)
    ratios = list[float]()
    with idle_worker(slots) as worker:
        for number in range(TURNS):
            medians = dict[bool, float]()
            for held in (False, True) if number % 2 else (True, False):
                (worker.suspend if held else worker.resume)()
                medians[held] = _median_s(a)
            worker.resume()
            ratios.append(medians[False] / medians[True])
    ends = estimates.interval(np.array(ratios))
    width = f"{ends[0]:.4f} to {ends[1]:.4f}" if ends else "unknown"
    return (
        "NumPy's exp of 65,536 values beside an idle worker takes "
        f"{statistics.median(ratios):.4f} times as long as beside one that is held; 95 %: {width}, "
        f"of {TURNS} turns: "
        f"{estimates.verdict(ends)}"
    )


def _median_s(a: np.ndarray) -> float:
    taken, end = list[float](), time.perf_counter() + TURN_S
    while (begin := time.perf_counter()) < end:
        np.exp(a)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


@contextlib.contextmanager
def idle_worker(slots: Path) -> Iterator[psutil.Process]:
    """One as a fleet has it, at the end of its preparations; with the scheduler here."""
    news = queue.SimpleQueue()
    with head.scheduler() as (_, port, secret):
        told = Head(port, *secret, Checkout.here(), slots)
        connection = Connection(hosts.machines("local:1")[0], told, news.put)
        connection.open()
        try:
            while (heard := news.get(timeout=120)).what != "works":
                if heard.what == "gone":
                    raise SystemExit(f"there is no worker: {heard.line}")
            time.sleep(5)  # its start is over
            yield psutil.Process(connection.pid)
        finally:
            connection.close()
            connection.finish(30)


def measure(out: Path, worker: psutil.Process | None) -> float:
    """One run; which share of a core the worker took meanwhile."""
    before, began = _cpu_s(worker), time.monotonic()
    subprocess.run(
        [CHECKOUT / "metalbench", "run", *RUN, "--out", out],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return (_cpu_s(worker) - before) / (time.monotonic() - began)


def _cpu_s(process: psutil.Process | None) -> float:
    if process is None:
        return 0.0
    times = process.cpu_times()
    return times.user + times.system


def compared(pairs: list[tuple[Path, Path]]) -> list[tuple[str, float]]:
    """Verdict and ratio of every case of every pair, by `compare`."""
    found = []
    for a, b in pairs:
        (run_a,), (run_b,) = a.glob("*/records.jsonl"), b.glob("*/records.jsonl")
        ended = subprocess.run(
            [
                CHECKOUT / "metalbench",
                "compare",
                "--a",
                "numpy",
                "--b",
                "numpy",
                "--json",
                "-",
                "--",
                run_a.parent,
                run_b.parent,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        cases = json.loads(ended.stdout)["cases"]
        found += [(case["verdict"], case["ratio"]) for case in cases]
    return found


def told(what: str, found: list[tuple[str, float]]) -> str:
    """`what: 6 same, 2 unresolved; ratios 0.98 to 1.02`."""
    words = ", ".join(f"{count} {word}" for word, count in Counter(w for w, _ in found).items())
    ratios = [ratio for _, ratio in found if ratio]
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}" if ratios else "none"
    return f"{what}: {words or 'nothing to compare'}; ratios {spread}"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
