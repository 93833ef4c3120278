"""The command line: `python -m bench run | report | list | env`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

try:
    import typer
except ImportError:
    sys.exit(
        "metalbench: this Python has none of the host's packages.\n"
        "Expected: the host environment. Received: " + sys.executable + "\n"
        "Run `make setup` once, then `.venv/host/bin/python -m bench ...`, or use `make bench`."
    )

if TYPE_CHECKING:
    from bench.run import Outcome


class BadChoice(ValueError):
    """A word or number that no command takes; the message says which would do."""


_BAD_INPUT = (BadChoice, OSError)
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
    out: Annotated[Path, typer.Option(help="Folder that gets the run's own folder.")] = Path(
        "results"
    ),
    threads: Annotated[int | None, typer.Option(help="CPU threads of each framework.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and data.", min=0)] = 0,
    timeout: Annotated[
        int, typer.Option(help="Seconds any one stage may take.", min=1, max=86400)
    ] = 600,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder with copies of published data; no downloads then.")
    ] = None,
) -> None:
    """Measure, verify, and write records and reports."""
    from rich.console import Console

    from bench import contenders, progress
    from bench.presets import PRESETS
    from bench.roster import BadVersion, Wanted
    from bench.run import BadRequest, Request, run
    from frameworks import NAMES
    from suites import catalog
    from suites.catalog import UnknownSuite
    from suites.data import NoData
    from suites.workload import ITEMSIZE

    try:
        wanted = Wanted(
            specs=contenders.parse(_split(framework) or NAMES),
            device=device,
            precisions=_choices("precision", _split(precision) or ["float32"], ITEMSIZE),
            threads=_positive("threads", threads),
            timeout_s=timeout,
        )
        request = Request(
            wanted=wanted,
            suites=_split(suite) or catalog.DEFAULT,
            preset=_choices("preset", [preset], PRESETS)[0],
            out=out,
            seed=seed,
            arguments=sys.argv[1:],
            data_dir=data_dir,
        )
        with progress.for_console(Console(stderr=True)) as shown:
            outcome = run(request, shown)
    except (*_BAD_INPUT, BadRequest, BadVersion, contenders.Unknown, NoData, UnknownSuite) as error:
        _refuse(error)
    except KeyboardInterrupt:
        print("Interrupted: nothing was measured yet.", file=sys.stderr)
        raise typer.Exit(130) from None
    _finish(outcome)


def _finish(outcome: Outcome) -> NoReturn:
    """Report on what there is and leave with the run's exit code."""
    try:
        _report([outcome.records], outcome.folder)
    except OSError as error:
        print(
            f"metalbench: the report could not be written: {error}. The records are kept: "
            f"make report RESULTS={outcome.folder}",
            file=sys.stderr,
        )
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print(f"Interrupted: make report RESULTS={outcome.folder}", file=sys.stderr)
        raise typer.Exit(130) from None
    if outcome.broken:
        print(f"metalbench: the run broke off: {outcome.broken}", file=sys.stderr)
    if outcome.interrupted:
        print("Interrupted: the report holds what was finished.", file=sys.stderr)
        raise typer.Exit(130)
    raise typer.Exit(1 if outcome.troubles else 0)


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
) -> None:
    """Write a report on runs already made."""
    from bench.records import NotRecords
    from reports.machines import NoSuchMachine

    default = Path("results")
    # Without any run of one's own there are still the published figures.
    usual = [default] if default.exists() or not published else []
    try:
        _report(results or usual, out, published, baseline)
    except (*_BAD_INPUT, NotRecords, NoSuchMachine) as error:
        _refuse(error)


def _report(
    paths: list[Path], out: Path, published: bool = True, baseline: str | None = None
) -> None:
    from rich.console import Console

    from reports import build, terminal

    built = build.build(paths, out, published=published, baseline=baseline)
    console = Console()
    terminal.show(built.content, console)
    for path in (built.html, built.markdown):
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)


@app.command("list")
def list_command(
    models: Annotated[
        bool, typer.Option("--models", help="Show the architectures instead, with their cost.")
    ] = False,
) -> None:
    """Show frameworks, suites and presets."""
    from rich.console import Console

    from bench import listing

    show = listing.show_models if models else listing.show_choices
    show(Console())


@app.command("env")
def env_command(
    action: Annotated[str, typer.Argument(help="list, build or remove.")] = "list",
    names: Annotated[
        list[str] | None, typer.Argument(help="Environments, as in torch or jax==0.4.38.")
    ] = None,
) -> None:
    """List, build or remove the environments under .venv."""
    try:
        raise typer.Exit(_environments(action, names or []))
    except (ValueError, OSError) as error:
        _refuse(error)


def _environments(action: str, names: list[str]) -> int:
    """Do it, and return the exit code: 1 when an environment could not be built."""
    from rich.console import Console

    from bench import environments, listing, requirements
    from frameworks import NAMES

    hint = "For example: env build torch"
    action = _choices("action", [action], ("list", "build", "remove"), hint)[0]
    code = 0
    if action == "remove" and not names:
        raise BadChoice("nothing named. Expected environments to remove, as in env remove torch")
    for name in names:
        requirements.parse(name)
    for name in names or (NAMES if action == "build" else ()):
        try:
            if action == "build":
                environments.ensure(name, lambda line: print(line, file=sys.stderr))
            elif action == "remove":
                environments.remove(name)
        except environments.NoSuchVersion as error:
            raise BadChoice(str(error)) from None
        except (environments.BuildFailed, environments.Unavailable) as error:
            print(f"metalbench: {name}: {error}", file=sys.stderr)
            code = 1
    listing.show_environments(environments.listing(), Console())
    return code


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _choices(
    what: str, given: list[str], known: Iterable[str], hint: str = "`make list` shows them all."
) -> list[str]:
    for word in given:
        if word not in known:
            raise BadChoice(
                f"unknown {what}. Expected one of {', '.join(known)}. Received: {word!r}. " + hint
            )
    return list(dict.fromkeys(given))


def _positive(what: str, value: int | None) -> int | None:
    if value is not None and value < 1:
        raise BadChoice(f"{what} must be at least 1. Received: {value}")
    return value


def _refuse(error: Exception) -> NoReturn:
    """Bad arguments or input: one message, exit code 2."""
    print(f"metalbench: {error}", file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    app(prog_name="python -m bench")
