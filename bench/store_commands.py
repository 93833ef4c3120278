"""What the commands take that are about a store of many machines' runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import trust_commands
from bench.terminal import exit_codes, flags
from bench.values import path

SITE = Path("site")

Url = Annotated[str, typer.Argument(help="The store: a folder, s3://bucket/folder, ...")]
Results = Annotated[
    list[Path], typer.Argument(parser=path, help="Record files, or folders that hold them.")
]
Sql = Annotated[str, typer.Argument(help='As in "select chip, count(*) from machines group by 1".')]
OfStore = Annotated[str, typer.Option("--store", help="The store: a folder, s3://bucket/folder.")]
Sha256 = Annotated[str, typer.Argument(help="Hash of the run's records.")]
Unfinished = Annotated[
    bool, typer.Option("--unfinished", help="Send runs that have no end as well.")
]
OutFile = Annotated[
    Path | None, typer.Option(parser=path, help="File that gets the records: SHA256.jsonl.")
]


def add(app: typer.Typer) -> None:
    """Make them commands of the application."""
    store = typer.Typer(
        cls=exit_codes.Commands,
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Put runs into a store of many machines, look through it, and make its tables.",
    )
    store.command("push", epilog="For example: ./metalbench store push runs results/*")(
        push_command
    )
    store.command("compact", epilog="For example: ./metalbench store compact runs")(compact_command)
    store.command("check", epilog="For example: ./metalbench store check runs")(check_command)
    store.command("fetch", epilog="For example: ./metalbench store fetch runs SHA256")(
        fetch_command
    )
    trust_commands.add(store)
    app.add_typer(store, name="store")
    app.command(
        "query",
        epilog='For example: make query STORE=runs SQL="select chip from machines"',
    )(query_command)
    app.command("site", epilog="For example: make site STORE=runs OUT=site")(site_command)


def query_command(
    sql: Sql,
    store: OfStore,
    format: Annotated[str, typer.Option(help="csv, json or parquet: the file's.")] = "",
    out: Annotated[
        Path | None, typer.Option(parser=path, help="File that gets the answer.")
    ] = None,
) -> int:
    """Ask a store a question in SQL, of the views cells, ratios, machines and findings."""
    from bench.commands import query as command

    return command.run(sql, store, format, out)


def site_command(
    store: OfStore,
    out: Annotated[Path, typer.Option(parser=path, help="Folder that gets the pages.")] = SITE,
    trust: flags.Trust = "",
    signers: flags.Signers = None,
    title: Annotated[str, typer.Option(help="What the site is called.")] = "",
) -> int:
    """Write a store's machines as pages, for a folder or any web server."""
    from bench.commands.store import site as command

    return command.run(command.SiteOptions(store, out, trust, signers, title))


def push_command(url: Url, results: Results, unfinished: Unfinished = False) -> int:
    """Put finished runs into the store; twice the same adds nothing."""
    from bench.commands.store import push as command

    return command.run(url, results, unfinished)


def compact_command(url: Url) -> int:
    """Make the runs that are new part of the tables that queries and sites read."""
    from bench.commands.store import compact as command

    return command.run(url)


def check_command(url: Url) -> int:
    """Hold every object against its hash, and say of damage what mends it."""
    from bench.commands.store import check as command

    return command.run(url)


def fetch_command(url: Url, sha256: Sha256, out: OutFile = None) -> int:
    """Write the records of one run to a file."""
    from bench.commands.store import fetch as command

    return command.run(url, sha256, out)
