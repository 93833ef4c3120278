"""The command `query`: a question to a store, in SQL."""

from __future__ import annotations

from pathlib import Path

from bench import values
from bench.commands.store import compact
from bench.fleet import environment
from bench.printable import Screen, tell

NAMES = ("csv", "json", "parquet")


def run(sql: str, url: str, format: str, out: Path | None) -> int:
    """Show the answer as a table, or write it to a file. Raises UserError, OSError."""
    hint = "For example: FORMAT=csv OUT=answer.csv"
    chosen = values.choices("format", [format], NAMES, hint) if format else []
    if bool(chosen) != bool(out):
        raise values.BadValue(
            "a file has a name and a format. Expected both FORMAT (csv, json, parquet) and OUT, or "
            f"neither. Received: FORMAT={format} OUT={out or ''}"
        )
    if out:
        values.new_file(out)
    environment.enter()
    from bench.store import places
    from reports.exports import answers
    from reports.store import queries

    place = places.at(url)
    try:
        with queries.opened(place) as store, store.ask(sql) as answer:
            if out:
                answers.write(answer, format, out)
                tell(f"{out} holds the answer.")
            else:
                _show(*answers.table(answer))
    except KeyboardInterrupt:
        tell("Interrupted: nothing was written.")
        return 130
    compact.tell_waiting(place)
    return 0


def _show(table: object, more: bool) -> None:
    Screen().print(table)
    if more:
        tell("There are more rows: FORMAT=csv OUT=FILE writes all.")
