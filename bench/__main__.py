"""The command line: what each command takes. What it does is in bench/commands, a module each."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

try:
    import typer
except ImportError:
    sys.exit(
        "metalbench: this Python has none of the host's packages.\n"
        "Expected: the host environment. Received: " + sys.executable + "\n"
        "Run `./metalbench ...`, which makes it when it is missing, or `make bench`. To use this "
        "Python: `python -m pip install --requirement requirements/host.txt`; docs/offline.md."
    )

from bench import fleet_commands, measuring_commands, store_commands
from bench.terminal import exit_codes, flags, pipes
from bench.values import path

RESULTS = Path("results")

app = typer.Typer(
    cls=exit_codes.Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The same work, verified, through every framework on this machine.",
)


def _show_version(asked: bool) -> None:
    if asked:
        from bench.version import version

        print(f"metalbench {version()}")
        raise typer.Exit()


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The same work, verified, through every framework on this machine."""


@app.command("run")
def run_command(
    framework: flags.Framework = "",
    suite: flags.Suite = "",
    case: flags.Case = "",
    device: flags.Device = "all",
    precision: flags.Precision = "float32",
    preset: flags.Preset = "quick",
    out: flags.Out = RESULTS,
    threads: flags.Threads = None,
    seed: flags.Seed = 0,
    timeout: flags.Timeout = 600,
    data_dir: flags.DataDir = None,
    time: flags.Time = "",
    target: flags.Target = "",
    budget: flags.Budget = None,
    rounds: flags.Rounds = None,
    starts: flags.Starts = None,
    memory: flags.Memory = "",
    index: flags.Index = "",
    isolate: flags.Isolate = "",
    label: flags.Label = "",
    resume: flags.Resume = False,
    verbose: flags.Verbose = False,
    records_only: flags.RecordsOnly = False,
    store: flags.SentTo = "",
) -> int:
    """Measure, verify, and write records and reports."""
    typed = locals()
    from bench.commands import run as command
    from bench.plan.options import RunOptions

    del typed["records_only"], typed["store"]
    return command.run(RunOptions(**typed), records_only, store)


measuring_commands.add(app)
fleet_commands.add(app)
store_commands.add(app)


@app.command("report")
def report_command(
    results: Annotated[
        list[Path] | None,
        typer.Argument(parser=path, help="Record files, or folders that hold them."),
    ] = None,
    out: Annotated[Path, typer.Option(parser=path, help="Folder that gets the report.")] = Path(
        "report"
    ),
    published: Annotated[
        bool, typer.Option(help="Show figures published elsewhere beside those measured.")
    ] = True,
    baseline: Annotated[
        str | None, typer.Option(help="Part of the name of the machine to compare others with.")
    ] = None,
    trust: flags.Trust = "",
    signers: flags.Signers = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show all tables here too.")] = False,
    store: flags.OfStore = "",
    where: flags.Where = "",
) -> int:
    """Write a report on runs already made."""
    from bench.commands import report as command

    if store or where:
        asked = command.Selection(store, where, [*(results or ())])
        return command.of_store(asked, out, published, baseline, verbose, (trust, signers))
    return command.run(results or (), out, published, baseline, verbose, (trust, signers))


@app.command("trend")
def trend_command(
    results: flags.FolderOfRuns = RESULTS,
    machine: flags.OneMachine = "",
    out: flags.FolderOfTrend = Path("report"),
) -> int:
    """Show how this machine's figures changed from run to run, and when."""
    from bench.commands import trend as command

    return command.run(results, machine, out)


@app.command("open")
def open_command(
    places: Annotated[
        list[Path] | None,
        typer.Argument(parser=path, help="Reports, or folders that hold them."),
    ] = None,
) -> int:
    """Open the newest report in a browser, or print its address."""
    from bench.commands import open as command

    return command.run(places or ())


@app.command("compare", epilog="For example: make compare A=results/one B=results/two")
def compare_command(
    a: Annotated[
        Path, typer.Argument(parser=path, help="Records of the base, or the folder of a run.")
    ],
    b: Annotated[
        Path | None,
        typer.Argument(parser=path, help="Records, or their folder, to compare with A."),
    ] = None,
    of_a: Annotated[str, typer.Option("--a", help="Contender of A: an id or part of it.")] = "",
    of_b: Annotated[str, typer.Option("--b", help="Contender of B.")] = "",
    fail_on: Annotated[
        str, typer.Option(help="Exit 1 if a case of B is slower by 3 %: slower:3%.")
    ] = "",
    threshold: Annotated[str, typer.Option(help="Ratios this near 1 count as the same.")] = "1%",
    across: Annotated[
        str, typer.Option(help="What may differ: machines, precisions, settings.")
    ] = "",
    json: Annotated[str, typer.Option(help="File for programs; - for standard output.")] = "",
    markdown: Annotated[str, typer.Option(help="File for a pull request, or -.")] = "",
    out: Annotated[
        Path | None, typer.Option(parser=path, help="Folder that gets comparison.html: report.")
    ] = None,
) -> int:
    """Compare two runs, or two contenders of one: how many times as long B takes as A."""
    typed = locals()
    from bench.commands import compare as command

    return command.run(command.CompareOptions(**typed))


@app.command(
    "export", epilog="For example: make export RESULTS=results/one FORMAT=bmf OUT=one.json"
)
def export_command(
    results: Annotated[
        Path, typer.Argument(parser=path, help="Records of one run, or the folder of it.")
    ],
    format: Annotated[str, typer.Option(help="What reads it: bmf, pyperf, openmetrics, ...")],
    out: Annotated[str, typer.Option(help="File to write; - for standard output.")] = "-",
) -> int:
    """Write a run in a format that another tool reads."""
    from bench.commands import export as command

    return command.run(results, format, out)


@app.command("list")
def list_command(
    models: Annotated[
        bool, typer.Option("--models", help="Show the architectures instead, with their cost.")
    ] = False,
) -> int:
    """Show frameworks, suites and presets."""
    from bench.commands import list as command

    return command.run(models)


@app.command("machine")
def machine_command(
    capture: Annotated[
        Path | None,
        typer.Option(parser=path, help="File to write it to, to send when asking for help."),
    ] = None,
) -> int:
    """Show what computer this is, without anything that identifies its owner."""
    from bench.commands import machine as command

    return command.run(capture)


@app.command("doctor")
def doctor_command(
    text: flags.PastedFile = None,
    machine: flags.Described = None,
    paste: flags.Paste = False,
    preset: Annotated[str, typer.Option(help="Preset you mean to run: will it fit?")] = "quick",
    suite: Annotated[str, typer.Option(help="Suites you mean to run.")] = "",
) -> int:
    """Show what would spoil or limit a run here. Changes nothing."""
    from bench.commands import doctor as command

    return command.run(machine, paste, text, suite, preset)


@app.command("env")
def env_command(
    action: Annotated[str, typer.Argument(help="list, build or remove.")] = "list",
    names: Annotated[
        list[str] | None, typer.Argument(help="Environments, as in torch or jax==0.4.38.")
    ] = None,
) -> int:
    """List, build or remove the environments under .venv."""
    from bench.commands import env as command

    return command.run(action, names or ())


@app.command("completion")
def completion_command() -> int:
    """Print the completion script for bash and zsh: eval its output there."""
    from bench.commands import completion as command

    return command.run()


if __name__ == "__main__":
    pipes.forgive()
    if not sys.warnoptions:  # packages' hints to their callers help nobody who measures
        warnings.simplefilter("ignore")
    app(prog_name="./metalbench")
