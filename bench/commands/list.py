"""The command `list`: frameworks, suites and presets, or the architectures with their cost."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from bench.plan import suite_counts
from bench.plan.presets import PRESETS
from bench.printable import Screen
from bench.terminal import figures
from bench.terminal.tables import plain_table
from frameworks import FRAMEWORKS, NULL


def run(models: bool) -> int:
    """Show the architectures, or everything else that can be asked for."""
    (show_models if models else show_choices)(Screen())
    return 0


def show_choices(console: Console) -> None:
    """Frameworks, suites and presets, as tables."""
    frameworks = plain_table("FRAMEWORK", "is", "executions (first is the default)")
    for facts in (*FRAMEWORKS.values(), NULL):
        frameworks.add_row(facts.name, facts.title, ", ".join(facts.executions))
    suites = plain_table("SUITE", "is", *PRESETS)
    for suite in suite_counts.all_of_them():
        counts = (str(suite.cases[preset]) for preset in PRESETS)
        suites.add_row(suite.name, escape(suite.title), *counts)
    presets = plain_table("PRESET", "TIME", "interval", "rounds", "at most", "longest step")
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

    table = plain_table("MODEL", "parameters", "MFLOP", "MB", "sample", "is")
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
