"""What there is to ask for: `list`, `list --models`, and the state of the environments: `env`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.commands import suite_counts
from bench.plan.presets import PRESETS
from bench.terminal import figures
from frameworks import FRAMEWORKS, NULL

if TYPE_CHECKING:
    from bench.environments.manager import State


def show_choices(console: Console) -> None:
    """Frameworks, suites and presets, as tables."""
    frameworks = _table("FRAMEWORK", "is", "executions (first is the default)")
    for facts in (*FRAMEWORKS.values(), NULL):
        frameworks.add_row(facts.name, facts.title, ", ".join(facts.executions))
    suites = _table("SUITE", "is", *PRESETS)
    for suite in suite_counts.all_of_them():
        counts = (str(suite.cases[preset]) for preset in PRESETS)
        suites.add_row(suite.name, escape(suite.title), *counts)
    presets = _table("PRESET", "TIME", "interval", "rounds", "at most", "longest step")
    for name, preset in PRESETS.items():
        row = (
            figures.wait(preset.time_s) if preset.time_s else "as it takes",
            f"{100 * preset.target:g} %",
            f"{preset.min_rounds} to {preset.max_rounds} of {preset.slice_s:g} s",
            f"{preset.budget_s:g} s",
            f"{preset.step_limit_s:g} s",
        )
        presets.add_row(name, *row)
    for table in (frameworks, suites, presets):
        console.print(table)
    console.print(
        "Also: a version (jax==0.4.38), a variant (jax:metal), an execution (torch@compile), an "
        "adapter or suite of your own (./mine.py).\nSuite columns count cases. DEVICE is cpu, gpu, "
        "all or a device's id; PRECISION is float32, float16, bfloat16.",
        markup=False,
        highlight=False,
    )


def show_models(console: Console) -> None:
    """Every architecture with its parameters, and what one sample's forward pass costs."""
    from suites.architectures import ARCHITECTURES
    from suites.layers import cost
    from suites.workload import ITEMSIZE

    table = _table("MODEL", "parameters", "MFLOP", "MB", "sample", "is")
    for column in table.columns[1:4]:
        column.justify = "right"
    for column in table.columns[:5]:
        column.no_wrap = True
    for name, architecture in ARCHITECTURES.items():
        model, shape = architecture.build(), (1, *architecture.sample)
        table.add_row(
            name,
            f"{cost.parameter_count(model, shape):,}",
            f"{cost.forward_flop(model, shape) / 1e6:,.3f}",
            f"{cost.forward_bytes(model, shape, ITEMSIZE['float32']) / 1e6:,.3f}",
            "x".join(str(size) for size in architecture.sample),
            architecture.title,
        )
    console.print(table)
    console.print(
        "MFLOP and MB are those of one sample's forward pass in float32: a multiply-add is two "
        "FLOP, and each layer moves its input, weights and output once.",
        markup=False,
        highlight=False,
    )


def show_environments(states: Iterable[State], console: Console) -> None:
    """Every environment with its state, versions and size."""
    table = _table("environment", "state", "python", "versions", "size")
    for state in states:
        versions = ", ".join(f"{name} {version}" for name, version in state.versions.items())
        size = f"{state.size_bytes / 2**20:,.0f} MiB" if state.size_bytes else ""
        table.add_row(state.name, state.state, state.python or "", versions or state.reason, size)
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    return table
