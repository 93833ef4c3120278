"""How fast our models are beside the same models as people write them in each framework.

.venv/host/bin/python -m scripts.fidelity [torch tf jax mlx] [--rounds N] [--only lstm,encoder]

On the CPU with 2 threads, both alternating in one process. Exit code 1: a ratio is below 0.97.
"""

import argparse
import os
import subprocess
import sys

from bench.contenders import worker_environment
from bench.environments import manager
from bench.environments.requirements import parse
from frameworks import FRAMEWORKS

ENVIRONMENTS = {"torch": "torch", "tf": "tf", "jax": "dev-jax", "mlx": "mlx"}
"""By framework, the environment that holds its rivals too. Those of JAX come from another
library; the other frameworks bring their own."""

THREADS = 2

PRECISIONS = ("float32", "bfloat16")
"""Each in a process of its own: a framework starts in one."""


def main():
    parser = argparse.ArgumentParser(prog="scripts.fidelity")
    parser.add_argument("framework", nargs="*", type=_known, metavar="FRAMEWORK")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", metavar="MODELS")
    chosen, worst = parser.parse_args(), 0
    for name in chosen.framework or ENVIRONMENTS:
        try:
            python = manager.ensure(parse(ENVIRONMENTS[name]), lambda line: print(line, flush=True))
        except manager.Unavailable as reason:
            print(f"{name}: left out: {reason}")
            continue
        variables = worker_environment.variables(os.environ, FRAMEWORKS[name].variables, THREADS)
        for precision in PRECISIONS:
            numbers = str(THREADS), str(chosen.rounds)
            command = [
                python,
                "-P",
                "-m",
                "scripts.handwritten",
                name,
                *numbers,
                precision,
                chosen.only,
            ]
            worst = max(worst, subprocess.run(command, env=variables, check=False).returncode)
    sys.exit(worst)


def _known(name):
    """argparse's own `choices` refuse an empty list."""
    if name not in ENVIRONMENTS:
        raise argparse.ArgumentTypeError(f"{name!r}; expected one of {', '.join(ENVIRONMENTS)}")
    return name


if __name__ == "__main__":
    main()
