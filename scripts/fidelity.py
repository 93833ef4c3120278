"""How fast our models are beside the same models as people write them in each framework.

.venv/host/bin/python -m scripts.fidelity [torch tf jax mlx] [--rounds N]

On the CPU with 2 threads, both alternating in one process; at least 0.97 is expected of each ratio.
"""

import argparse
import os
import subprocess

from bench import environments, launch
from frameworks import FRAMEWORKS

ENVIRONMENTS = {"torch": "torch", "tf": "tf", "jax": "dev-jax", "mlx": "mlx"}
"""By framework, the environment that holds its rivals too. Those of JAX come from another
library; the other frameworks bring their own."""

THREADS = 2


def main():
    parser = argparse.ArgumentParser(prog="scripts.fidelity")
    parser.add_argument("framework", nargs="*", type=_known, metavar="FRAMEWORK")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    for name in chosen.framework or ENVIRONMENTS:
        try:
            python = environments.ensure(ENVIRONMENTS[name], lambda line: print(line, flush=True))
        except environments.Unavailable as reason:
            print(f"{name}: left out: {reason}")
            continue
        variables = launch.environment(os.environ, FRAMEWORKS[name].environment, THREADS)
        command = [python, "-P", "-m", "scripts.rivals", name, str(THREADS), str(chosen.rounds)]
        subprocess.run(command, env=variables, check=True)


def _known(name):
    """argparse's own `choices` refuse an empty list."""
    if name not in ENVIRONMENTS:
        raise argparse.ArgumentTypeError(f"{name!r}; expected one of {', '.join(ENVIRONMENTS)}")
    return name


if __name__ == "__main__":
    main()
