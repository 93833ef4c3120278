"""What workloads are said to need of memory, beside what frameworks take for them on the CPU.

.venv/host/bin/python -m scripts.memory [torch tf jax mlx] [--suites lstm,recsys] [--preset quick]
    [--only PART_OF_A_CASE,...] [--batch N] [--execution WORD]

Each case in a process of its own, with 2 threads; Linux alone can say it. Exit code 1: an estimate
is more than 25 % away from what is held.
"""

import argparse
import os
import subprocess
import sys

from bench.contenders import worker_environment
from bench.environments import manager
from bench.environments.requirements import parse
from frameworks import FRAMEWORKS
from suites import catalog

NEW = "lstm,recsys,decoder,unet,vit"
THREADS = 2

HEAD = """\
                                                        MiB
framework  case                                   estimated   held  ratio  process"""
"""`held` is what the process took; of JAX what XLA says of its arrays, for the process holds what
compiling took besides."""


def main():
    chosen, wrong = _chosen(), 0
    print(HEAD)
    for name in chosen.framework or ("torch", "tf", "jax"):
        python = manager.ensure(parse(name), lambda line: print(line, flush=True))
        variables = worker_environment.variables(os.environ, FRAMEWORKS[name].variables, THREADS)
        execution = chosen.execution or FRAMEWORKS[name].executions[0]
        for suite in chosen.suites.split(","):
            for workload in catalog.cases(suite, chosen.preset):
                if not any(part in workload.case for part in chosen.only.split(",")):
                    continue
                asked = [name, execution, suite, chosen.preset, workload.case, chosen.batch]
                command = [python, "-P", "-m", "scripts.memory.case", *asked]
                wrong += subprocess.run(command, env=variables, check=False).returncode
    sys.exit(1 if wrong else 0)


def _chosen():
    parser = argparse.ArgumentParser(prog="scripts.memory")
    parser.add_argument("framework", nargs="*", metavar="FRAMEWORK")
    parser.add_argument("--suites", default=NEW)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--only", default="", metavar="PARTS")
    parser.add_argument("--batch", default="0", metavar="N", help="instead of each case's own")
    parser.add_argument("--execution", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
