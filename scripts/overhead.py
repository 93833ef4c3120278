"""What the harness adds to a step: its sampling loop against a bare `for`, alternating.

.venv/host/bin/python -m scripts.overhead
"""

import statistics
from time import perf_counter_ns

from bench.worker.measure import PART_S, Loop, parts_ns, sample_ns
from frameworks.interface import parts
from frameworks.null import adapter
from suites import catalog
from suites.data import arrays

STEPS = 100_000


def bare_ns(step):
    """Nanoseconds of the same steps in a loop that does nothing else."""
    steps = range(STEPS)
    start = perf_counter_ns()
    for _ in steps:
        step()
    return perf_counter_ns() - start


def main():
    workload = catalog.find("matmul", "smoke", "matmul/square/64")
    step, _ = parts(adapter.build(workload, arrays.make(workload, 0)))
    print("in flight   bare for   harness   added per step (ns, median of 21)")
    for in_flight in (1, 16, 1000):
        loop = Loop(in_flight, STEPS // in_flight)
        rounds = [
            (bare_ns(step) / STEPS, sample_ns(step, adapter.wait, loop) / loop.steps)
            for _ in range(21)
        ]
        bare, harness = (statistics.median(column) for column in zip(*rounds, strict=True))
        added = statistics.median(h - b for b, h in rounds)
        print(f"{in_flight:9} {bare:10.0f} {harness:9.0f} {added:16.0f}")
    _parts(step)


def _parts(step):
    """A sample in parts as on a CPU, against one of as many steps without."""
    steps = round(PART_S["cpu"] * 1e9 / (bare_ns(step) / STEPS))
    part, whole = Loop(1, steps), Loop(1, 25 * steps)
    added = [
        statistics.median(parts_ns(step, adapter.wait, part, 25)) / steps
        - sample_ns(step, adapter.wait, whole) / whole.steps
        for _ in range(21)
    ]
    print(f"in parts of {steps} steps: {statistics.median(added):.1f} ns a step beside that")


if __name__ == "__main__":
    main()
