"""Our figures against torch.utils.benchmark: same products, same threads, alternating in one run.

.venv/host/bin/python -m scripts.agreement
"""

import statistics
import subprocess
import sys

from bench.contenders import worker_environment
from bench.environments import manager
from bench.environments.requirements import parse

ROUNDS = 25
SECONDS = 0.5


def inside():
    """Runs in PyTorch's environment: medians by size of both, and their ratio."""
    import torch
    from torch.utils.benchmark import Timer

    from bench.worker.measure import SAMPLE_S, Sampler
    from frameworks.interface import Settings, parts
    from frameworks.torch import adapter
    from suites import catalog
    from suites.data import arrays

    threads = torch.get_num_threads()
    adapter.start(adapter.devices()[0], Settings("float32", "eager", threads))
    print(f"torch {torch.__version__}, {threads} threads, {ROUNDS} rounds of {SECONDS} s each")
    print("    n     ours     torch.utils.benchmark    ours / theirs")
    for n in (256, 1024):
        workload = catalog.find("matmul", "full", f"matmul/square/{n}")
        # One pair of operands, as theirs: not the ring that a run's steps go round.
        made = arrays.Arrays(arrays.make(workload, 0).inputs, {})
        step, _ = parts(adapter.build(workload, made))
        a, b = (torch.tensor(made.inputs[name]) for name in "ab")
        timer = Timer("a @ b", globals={"a": a, "b": b}, num_threads=threads)
        sampler = Sampler(step, adapter.wait, deepest=1, sample_s=SAMPLE_S["cpu"])
        sampler.calibrate()
        pairs = []
        for number in range(ROUNDS):
            # Each goes first in every other round, so that neither profits from the other's heat.
            before = timer.blocked_autorange(min_run_time=SECONDS).median if number % 2 else None
            taken = sampler.take_slice(slice_s=SECONDS, warm_s=0.02)
            theirs = before or timer.blocked_autorange(min_run_time=SECONDS).median
            pairs.append((statistics.median(taken.samples_s), theirs))
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(mine / other for mine, other in pairs)
        print(f"{n:5} {ours * 1e6:8.1f} us {theirs * 1e6:16.1f} us {ratio:18.3f}")


def main():
    python = manager.ensure(parse("torch"), lambda line: print(line, file=sys.stderr))
    variables = worker_environment.variables({"PATH": "/usr/bin:/bin"}, {}, None)
    subprocess.run([python, "-P", "-m", "scripts.agreement", "inside"], env=variables, check=True)


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()
