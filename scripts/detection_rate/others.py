"""The words of others: each tool times one process, then the other, and compares what it reports.

timeit and torch.utils.benchmark get 10 s a pair, pyperf the minute that it takes by itself.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.contenders import worker_environment
from bench.environments import manager
from bench.environments.manager import CHECKOUT
from bench.environments.requirements import parse

THRESHOLD = 1.01
"""The least ratio that these are asked to call a difference: the one of our verdicts."""

SETUP = "from scripts.detection_rate.work import product; step = product({share})"

SECONDS = 5.0
"""Of each side, for timeit and torch.utils.benchmark."""


def timeit(share, part=1.0):
    """The best of ten loops, as the documentation of timeit advises."""
    code = (
        "import timeit\n"
        "timer = timeit.Timer('step()', {setup!r})\n"
        "count, taken_s = timer.autorange()\n"
        f"count = max(1, round(count * {SECONDS * part} / 10 / taken_s))\n"
        "print(min(timer.repeat(10, count)) / count)"
    )
    return _ratio_word(code, share)


def torch(share, part=1.0):
    """The medians of blocked_autorange."""
    code = (
        "from torch.utils.benchmark import Timer\n"
        "timer = Timer('step()', {setup!r}, num_threads=1)\n"
        f"print(timer.blocked_autorange(min_run_time={SECONDS * part}).median)"
    )
    return _ratio_word(code, share)


def pyperf(share, part=1.0):
    """Its own comparison of two runs of its own length, about 30 s a side; shorter if in part."""
    length = ("--processes=2", "--values=2") if part < 1 else ()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("before.json", "after.json")]
        for file, slower in zip(files, (0, share), strict=True):
            setup = ("-s", SETUP.format(share=slower), "step()", "-o", file)
            _run("-m", "pyperf", "timeit", "-q", "--inherit-environ=PYTHONPATH", *length, *setup)
        said = _run("-m", "pyperf", "compare_to", "--min-speed=1", *files)
    return "slower" if "slower" in said else "faster" if "faster" in said else "same"


def _ratio_word(code, share):
    before_s, after_s = (
        json.loads(_run("-c", code.format(setup=SETUP.format(share=slower))))
        for slower in (0, share)
    )
    if after_s > before_s * THRESHOLD:
        return "slower"
    return "faster" if before_s > after_s * THRESHOLD else "same"


def _run(*arguments):
    """What a tool prints, run in its environment on one thread."""
    variables = worker_environment.variables(os.environ, {}, 1)
    command: list[Any] = [manager.ensure(parse("dev-power")), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout
