"""The command line: `./metalbench run`, `report`, `compare`, `list`, `doctor` and others."""

from __future__ import annotations

import functools
import io
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

try:
    import typer
except ImportError:
    sys.exit(
        "metalbench: this Python has none of the host's packages.\n"
        "Expected: the host environment. Received: " + sys.executable + "\n"
        "Run `./metalbench ...`, which makes it when it is missing, or `make bench`."
    )

from bench.terminal import pipes
from bench.values import BadValue

if TYPE_CHECKING:
    from bench.run.runner import Outcome


_BAD_INPUT = (BadValue, OSError)
"""What any command may meet; anything else that escapes is a fault of ours and shows itself."""


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The same work, verified, through every framework on this machine.",
)


@app.command("run")
def run_command(
    framework: Annotated[
        str, typer.Option(help="Contenders, as in torch,torch@compile,jax==0.4.38,./mine.py.")
    ] = "",
    suite: Annotated[str, typer.Option(help="Suites by name, or paths of .py files.")] = "",
    device: Annotated[str, typer.Option(help="cpu, gpu, all, or a device id.")] = "all",
    precision: Annotated[str, typer.Option(help="float32, float16, bfloat16.")] = "float32",
    preset: Annotated[str, typer.Option(help="smoke, quick, standard or full.")] = "quick",
    out: Annotated[Path, typer.Option(help="Folder for the folders of runs.")] = Path("results"),
    threads: Annotated[int | None, typer.Option(help="CPU threads of each framework.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and data.", min=0)] = 0,
    timeout: Annotated[
        int, typer.Option(help="Seconds any one stage may take.", min=1, max=86400)
    ] = 600,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder with copies of published data; no downloads then.")
    ] = None,
    time: Annotated[str, typer.Option(help="Of the whole run once it is set up: 5m, 1h.")] = "",
    target: Annotated[str, typer.Option(help="Width of the interval to reach, as in 1%.")] = "",
    budget: Annotated[float | None, typer.Option(help="Seconds of one cell, at most.")] = None,
    rounds: Annotated[
        int | None, typer.Option(help="Rounds of each cell, if the budget lasts.")
    ] = None,
    starts: Annotated[
        int | None, typer.Option(help="Fresh processes for each cell; 6 tell how starts differ.")
    ] = None,
    memory: Annotated[
        str, typer.Option(help="Memory one framework's process may take, as in 8G.")
    ] = "",
    isolate: Annotated[
        str, typer.Option(help="`case` gives every case fresh processes: slower, and no past.")
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest such run that broke off.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="End with all tables.")] = False,
) -> None:
    """Measure, verify, and write records and reports."""
    options = {name: value for name, value in locals().items() if name != "verbose"}
    from rich.console import Console

    from bench.commands import run_header
    from bench.commands import run_request as asked
    from bench.contenders import spec
    from bench.contenders.discovery import BadVersion
    from bench.plan.request import BadRequest
    from bench.run.lock import Busy
    from bench.run.resume import NothingToResume
    from bench.run.runner import run
    from bench.terminal import progress
    from suites.catalog import UnknownSuite
    from suites.data.sources import NoData

    try:
        request = asked.RunOptions(**options).request()
        console, specs = Console(stderr=True), request.contenders.specs
        above = functools.partial(run_header.lines, specs, preset, console.width)
        with progress.for_console(console, above) as shown:
            outcome = run(request, shown)
    except (*_BAD_INPUT, BadRequest, BadVersion, spec.Unknown, NoData, UnknownSuite) as error:
        _refuse(error)
    except (Busy, NothingToResume) as error:
        _refuse(error)
    except KeyboardInterrupt:
        print("Interrupted: nothing was measured yet.", file=sys.stderr)
        raise typer.Exit(130) from None
    _finish(outcome, verbose)


def _finish(outcome: Outcome, verbose: bool) -> NoReturn:
    """Report on what there is and leave with the run's exit code."""
    if outcome.signal == signal.SIGHUP:  # the terminal is gone, and writing to it an error
        sys.stdout = sys.stderr = io.StringIO()
    try:
        if outcome.signal is not None:
            print("Interrupted: writing the report of what is finished", file=sys.stderr)
        # Within: loading pandas, too, can be interrupted.
        from bench.commands import report as closing

        built, why = closing.close([outcome.records], outcome.folder, verbose)
    except OSError as error:
        print(
            f"metalbench: the report could not be written: {error}. The records are kept: "
            f"make report RESULTS={outcome.folder}",
            file=sys.stderr,
        )
        if outcome.broken:
            _fail(f"the run broke off: {outcome.broken}. --resume goes on")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print(f"Interrupted: make report RESULTS={outcome.folder}", file=sys.stderr)
        raise typer.Exit(130) from None
    if outcome.signal is not None:
        print(
            "Interrupted: the report holds what was finished. The same command with --resume "
            "(make bench ... RESUME=yes) goes on.",
            file=sys.stderr,
        )
        raise typer.Exit(128 + outcome.signal)
    if outcome.broken:
        _fail(f"the run broke off: {outcome.broken}. --resume goes on")
    if outcome.troubles or built.untimed:
        _fail(why or "something went wrong: the report's findings say what")
    raise typer.Exit(0)


def _fail(reason: str) -> NoReturn:
    """Exit code 1, and why as the last line, since make would only give the number."""
    sys.stdout.flush()
    print(f"exit 1: {reason}", file=sys.stderr)
    raise typer.Exit(1)


@app.command("report")
def report_command(
    results: Annotated[
        list[Path] | None, typer.Argument(help="Record files, or folders that hold them.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets the report.")] = Path("report"),
    published: Annotated[
        bool, typer.Option(help="Show figures published elsewhere beside those measured.")
    ] = True,
    baseline: Annotated[
        str | None, typer.Option(help="Part of the name of the machine to compare others with.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show all tables here too.")] = False,
) -> None:
    """Write a report on runs already made."""
    from bench.commands import report as closing
    from bench.records import NotRecords
    from reports.chapters.machines import NoSuchMachine

    default = Path("results")
    # Without any run of one's own there are still the published figures.
    usual = [default] if default.exists() or not published else []
    try:
        built, _ = closing.close(results or usual, out, verbose, published, baseline)
    except (*_BAD_INPUT, NotRecords, NoSuchMachine) as error:
        _refuse(error)
    if built.left_out:
        count = len(built.left_out)
        _fail(
            f"{count} line{'s' * (count > 1)} of records could not be used: the report names them"
        )


@app.command("compare")
def compare_command(
    a: Annotated[Path, typer.Argument(help="Records of the base, or their folder.")],
    b: Annotated[Path | None, typer.Argument(help="Those of what is held against it.")] = None,
    of_a: Annotated[str, typer.Option("--a", help="Contender of A: an id or part of it.")] = "",
    of_b: Annotated[str, typer.Option("--b", help="Contender of B.")] = "",
    fail_on: Annotated[str, typer.Option(help="Exit 1 where B is so, as in slower:3%.")] = "",
    threshold: Annotated[str, typer.Option(help="Smaller differences are none.")] = "1%",
    across: Annotated[str, typer.Option(help="May differ: machines, precisions, settings.")] = "",
    json: Annotated[str, typer.Option(help="File for programs; - for standard output.")] = "",
    markdown: Annotated[str, typer.Option(help="File for a pull request, or -.")] = "",
) -> None:
    """Compare two runs, or two contenders of one: how many times as long B takes as A."""
    from bench.commands import compare
    from bench.records import NotRecords
    from bench.values import BadValue
    from reports.compare.sides import Incomparable

    outputs = {"json": json, "markdown": markdown}
    asked = compare.CompareOptions(a, b, of_a, of_b, fail_on, threshold, across, outputs)
    try:
        raise typer.Exit(compare.run(asked))
    except (*_BAD_INPUT, BadValue, Incomparable, NotRecords) as error:
        _refuse(error)


@app.command("list")
def list_command(
    models: Annotated[
        bool, typer.Option("--models", help="Show the architectures instead, with their cost.")
    ] = False,
) -> None:
    """Show frameworks, suites and presets."""
    from rich.console import Console

    from bench.commands import list as listing

    show = listing.show_models if models else listing.show_choices
    show(Console())


@app.command("machine")
def machine_command(
    capture: Annotated[Path | None, typer.Option(help="File that gets it, to send along.")] = None,
) -> None:
    """Show what computer this is, without anything that identifies its owner."""
    from bench.commands import machine as show

    try:
        show.run(capture)
    except OSError as error:
        _refuse(error)


@app.command("doctor")
def doctor_command(
    machine: Annotated[Path | None, typer.Option(help="Description of another machine.")] = None,
    preset: Annotated[str, typer.Option(help="Of the run to come.")] = "quick",
    suite: Annotated[str, typer.Option(help="Suites of the run to come.")] = "",
) -> None:
    """Say what would spoil a run, or limit it; changes nothing."""
    from bench.commands import doctor
    from bench.commands import run_request as asked

    try:
        raise typer.Exit(doctor.run(machine, asked.split(suite), preset))
    except (*_BAD_INPUT, doctor.BadVisit) as error:
        _refuse(error)


@app.command("env")
def env_command(
    action: Annotated[str, typer.Argument(help="list, build or remove.")] = "list",
    names: Annotated[
        list[str] | None, typer.Argument(help="Environments, as in torch or jax==0.4.38.")
    ] = None,
) -> None:
    """List, build or remove the environments under .venv."""
    from bench.commands import env

    try:
        code = env.run(action, names or [], lambda line: print(line, file=sys.stderr))
    except (ValueError, OSError) as error:
        _refuse(error)
    raise typer.Exit(code)


@app.command("completion")
def completion_command() -> None:
    """Print what completes options in bash and zsh, to evaluate there."""
    from bench.commands import completion

    print(completion.script(), end="")


def _refuse(error: Exception) -> NoReturn:
    """Bad arguments or input: one message, exit code 2."""
    print(f"metalbench: {error}", file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    pipes.forgive()
    if not sys.warnoptions:  # packages' hints to their callers help nobody who measures
        warnings.simplefilter("ignore")
    app(prog_name="./metalbench")
