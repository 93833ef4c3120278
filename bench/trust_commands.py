"""What the commands take that are about trust in the runs of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.terminal import flags
from bench.values import path

Results = Annotated[
    list[Path], typer.Argument(parser=path, help="Record files, or folders that hold them.")
]
AnyResults = Annotated[
    list[Path] | None,
    typer.Argument(parser=path, help="Record files, or folders that hold them."),
]
Key = Annotated[
    Path,
    typer.Option(parser=path, help="File of your private SSH key, or of a public one in an agent."),
]
Suites = Annotated[str, typer.Option(help="Suites that are to be run, with commas.")]
Preset = Annotated[str, typer.Option(help="smoke, quick, standard or full.")]
Whom = Annotated[str, typer.Option(help="Who is asked: fingerprint of a key, SHA256:...")]
Out = Annotated[Path, typer.Option(parser=path, help="File that gets the question.")]
Question = Annotated[Path, typer.Argument(parser=path, help="What `store ask` wrote.")]
Run = Annotated[Path, typer.Argument(parser=path, help="Records of the run that answers it.")]
AskersKey = Annotated[
    Path | None, typer.Option(parser=path, help="Your private SSH key, to vouch for the work.")
]
Cases = Annotated[int, typer.Option(help="Cases to work out, taken by chance.", min=1, max=100)]


def add(store: typer.Typer) -> None:
    """Make them commands of `store`."""
    store.command(
        "sign", epilog="For example: ./metalbench store sign results/* --key ~/.ssh/id_ed25519"
    )(sign_command)
    store.command(
        "ask", epilog="For example: ./metalbench store ask --suite mlp,cnn --of SHA256:..."
    )(ask_command)
    store.command(
        "check-work", epilog="For example: ./metalbench store check-work question.json theirs/"
    )(check_work_command)
    store.command("trust")(trust_command)


def sign_command(results: Results, key: Key) -> int:
    """Sign runs with your SSH key; the signature lies beside the records."""
    from bench.commands.store import sign as command

    return command.run(results, key)


def ask_command(
    suite: Suites, preset: Preset = "quick", of: Whom = "", out: Out = Path("question.json")
) -> int:
    """Ask somebody for a run with a seed that nobody knows before."""
    from bench.commands.store import ask as command

    return command.run(suite, preset, of, out)


def check_work_command(
    question: Question, run: Run, key: AskersKey = None, cases: Cases = 3
) -> int:
    """Hold a run's answers against the seed that it was asked for with."""
    from bench.commands.store import check_work as command

    return command.run(question, run, key, cases)


def trust_command(
    results: AnyResults = None, signers: flags.Signers = None, store: flags.OfStore = ""
) -> int:
    """Show how far each of these runs, or of a store's, can be trusted, and why."""
    from bench.commands.store import trust as command

    return command.run(results or [], signers, store)
