"""What the commands take that measure otherwise than `run`: `bisect`, `history`, `sustain`."""

from __future__ import annotations

from pathlib import Path

import typer

from bench.terminal import flags

RESULTS = Path("results")


def add(app: typer.Typer) -> None:
    """Make them commands of the application."""
    app.command(
        "bisect", epilog="For example: make bisect FRAMEWORK=torch GOOD=2.8.0 BAD=2.15.0 SUITE=mlp"
    )(bisect_command)
    app.command(
        "history", epilog="For example: make history FRAMEWORK=torch==2.6.0:2.9.0 SUITE=mlp EVERY=2"
    )(history_command)
    app.command("sustain")(sustain_command)


def bisect_command(
    framework: flags.Framework,
    good: flags.Good,
    bad: flags.Bad,
    suite: flags.Suite,
    case: flags.Case = "",
    slower: flags.Slower = "3%",
    wrong: flags.Wrong = False,
    disk: flags.Disk = "20G",
    device: flags.Device = "cpu",
    precision: flags.Precision = "float32",
    preset: flags.Preset = "quick",
    out: flags.Out = RESULTS / "bisect",
    threads: flags.Threads = None,
    data_dir: flags.DataDir = None,
    starts: flags.Starts = None,
    memory: flags.Memory = "",
    index: flags.Index = "",
    label: flags.Label = "",
    resume: flags.Resume = False,
) -> int:
    """Find the release in which a framework became slower, or wrong."""
    typed = locals()
    from bench.commands import bisect as command
    from bench.plan.options import RunOptions

    own = {name: typed.pop(name) for name in ("good", "bad", "slower", "wrong", "disk")}
    return command.run(command.BisectOptions(RunOptions(**typed), **own))


def history_command(
    framework: flags.Framework,
    suite: flags.Suite = "",
    case: flags.Case = "",
    every: flags.Every = 1,
    device: flags.Device = "all",
    precision: flags.Precision = "float32",
    preset: flags.Preset = "quick",
    out: flags.Out = RESULTS,
    threads: flags.Threads = None,
    data_dir: flags.DataDir = None,
    time: flags.Time = "",
    starts: flags.Starts = None,
    memory: flags.Memory = "",
    index: flags.Index = "",
    label: flags.Label = "",
    resume: flags.Resume = False,
    verbose: flags.Verbose = False,
) -> int:
    """Measure the releases of a range, as in torch==2.6.0:2.9.0, in one run."""
    typed = locals()
    from bench.commands import history as command
    from bench.plan.options import RunOptions

    every = typed.pop("every")
    return command.run(RunOptions(**typed), every)


def sustain_command(
    framework: flags.Framework = "",
    suite: flags.Suite = "cnn",
    minutes: flags.Minutes = 10.0,
    rest: flags.Rest = 60.0,
    case: flags.Case = "",
    device: flags.Device = "all",
    precision: flags.Precision = "float32",
    preset: flags.Preset = "quick",
    out: flags.Out = RESULTS / "sustain",
    threads: flags.Threads = None,
    data_dir: flags.DataDir = None,
    memory: flags.Memory = "",
    index: flags.Index = "",
    label: flags.Label = "",
) -> int:
    """Let each contender work for minutes, alone: what remains of its pace as it gets hot."""
    typed = locals()
    from bench.commands import sustain as command
    from bench.plan.options import RunOptions

    own = {name: typed.pop(name) for name in ("minutes", "rest")}
    return command.run(command.SustainOptions(RunOptions(**typed), **own))
