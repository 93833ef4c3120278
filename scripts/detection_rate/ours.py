"""Our word: what `make bench STARTS=n` and `make compare` say of two contenders."""

import io
import tempfile
from pathlib import Path

from rich.console import Console

from bench.contenders import spec
from bench.contenders.discovery import ContenderSelection
from bench.environments.manager import CHECKOUT
from bench.plan.presets import Preset
from bench.plan.request import Request
from bench.run.runner import run
from bench.statistics import estimates
from bench.terminal.progress import Plain
from reports.compare import sides
from reports.compare.comparison import compare

HERE = CHECKOUT / "scripts" / "detection_rate"


def word(share, budget_s, starts):
    """The word for a contender slowed by `share` of its time against another, not slowed, that
    takes turns with it for `budget_s` in so many starts; the seconds measured; the ratio."""
    executions = ("plain", str(share) if share else "0.0")
    with tempfile.TemporaryDirectory(prefix="metalbench-detection-") as folder:
        outcome = run(
            _request(executions, budget_s, starts, Path(folder)), Plain(Console(file=io.StringIO()))
        )
        a, b = sides.load(outcome.records, None, executions[0], executions[1])
        (one,) = compare(a, b, threshold=estimates.THRESHOLD, named=True).compared
        taken_s = float(a.results.slices["wall_s"].sum())
    return one.word(estimates.THRESHOLD), taken_s, one.ratio.value


def _request(executions, budget_s, starts, out):
    preset = Preset(
        target=1e-4,  # out of reach: the budget ends it
        min_rounds=3,
        max_rounds=1_000_000,
        slice_s=0.03,  # short, so that what disturbs one slice disturbs its neighbour
        warm_s=0.003,
        budget_s=budget_s / 2,
        step_limit_s=1.0,
        starts=starts,
    )
    wanted = ContenderSelection(
        specs=spec.parse([f"{HERE / 'adapter.py'}@{each}" for each in executions]),
        device="cpu",
        precisions=["float32"],
        threads=1,
        timeout_s=60,
        memory_bytes=None,
    )
    return Request(
        contenders=wanted,
        suites=[str(HERE / "suite.py")],
        preset_name="quick",
        preset=preset,
        out=out,
    )
