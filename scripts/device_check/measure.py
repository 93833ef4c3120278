"""A run as `./metalbench run` makes it, without its report: records alone, whatever ends it.

python -m scripts.device_check.measure --framework A,B --suite S --device D --preset P --time T
                                       --rounds N --out FOLDER [--threads N]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from bench.plan.options import RunOptions
from bench.run import runner
from bench.terminal.progress import Plain
from suites.errors import UserError

STAGE_S = 300
"""Longest that one request to a worker may take."""


def main() -> int:
    """As the exit codes of `run`: 1 where something failed or was wrong."""
    parser = argparse.ArgumentParser(prog="scripts.device_check.measure")
    for name in ("framework", "suite", "device", "preset", "time"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    options = RunOptions(
        **vars(asked),
        precision="float32",
        seed=0,
        timeout=STAGE_S,
        data_dir=None,
        target="",
        budget=None,
        starts=None,
        memory="",
        index="",
        isolate="",
        resume=False,
        verbose=False,
    )
    try:
        outcome = runner.run(options.request(), Plain(Console(file=sys.stderr, width=100)))
    except (UserError, OSError) as error:
        print(f"device_check: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(f"cells that failed or were found wrong: {outcome.troubles}", file=sys.stderr)
    return 130 if outcome.signal else int(bool(outcome.troubles))


if __name__ == "__main__":
    sys.exit(main())
