"""The command `run`: everything asked for is measured, and what there is then is reported on."""

from __future__ import annotations

import functools
import io
import signal
import sys
from collections.abc import Callable

from bench.plan.options import RunOptions
from bench.plan.request import Request
from bench.printable import Screen, tell
from bench.run import runner
from bench.run.runner import Outcome, Recorded
from bench.store import sending, urls
from bench.terminal import progress, run_header
from bench.terminal.exit_codes import failed
from suites.errors import UserError


def run(asked: RunOptions, records_only: bool = False, store: str = "") -> int:
    """Measure, verify, write records and reports, and send the run to the store; the exit code.

    Raises UserError, OSError.
    """
    report = _code if records_only else lambda outcome: _report(outcome, asked.verbose)
    request = asked.request()
    if not store:
        return measure(request, report)
    urls.parts(store)  # first: what is no address is told before anything is measured
    return measure(request, lambda outcome: _sent(store, outcome, report(outcome)))


def _sent(store: str, outcome: Outcome, code: int) -> int:
    """Send a run that has ended; its exit code, or 1 where it is in no store."""
    if outcome.signal is not None or outcome.broken:
        return code
    why = sending.send(store, [outcome.records])
    return failed(f"the run is {why}") if why else code


def measure(request: Request, report: Callable[[Outcome], int]) -> int:
    """Measure what is asked for, then `report`, whose exit code is the run's; what was interrupted
    before anything was recorded has another. Raises UserError, OSError."""
    recorded = runner.Recorded()
    try:
        console = Screen(stderr=True)
        above = functools.partial(
            run_header.lines, request.contenders.specs, request.preset_name, console.width
        )
        with progress.for_console(console, above) as shown:
            outcome = runner.run(request, shown, recorded)
    except KeyboardInterrupt:
        return _stopped(recorded)
    if outcome.broken and not recorded.lines:
        return failed(f"the run broke off before anything was recorded: {outcome.broken}")
    if outcome.signal is not None and not recorded.lines:
        return _stopped(recorded)
    return report(outcome)


def _stopped(recorded: Recorded) -> int:
    """Say what there is of a run that was ended before it could tell."""
    told = "nothing was measured yet."
    lines = recorded.lines
    if lines and recorded.path:
        told = (
            f"{lines} records are kept in {recorded.path}. make report "
            f"RESULTS={recorded.path.parent} reports on them; the same command with --resume "
            "(make bench ... RESUME=yes) goes on."
        )
    tell(f"Interrupted: {told}")
    return 130


def _code(outcome: Outcome) -> int:
    """The exit code where nobody wants a report here."""
    if outcome.signal is not None:
        return 128 + outcome.signal
    if outcome.broken:
        return _broke_off(outcome)
    if outcome.troubles:
        return failed(f"{outcome.troubles} failures or wrong answers: the records say which")
    return 0


def _report(outcome: Outcome, verbose: bool) -> int:
    """Report on what there is; the run's exit code."""
    if outcome.signal == signal.SIGHUP:  # the terminal is gone, and writing to it an error
        sys.stdout = sys.stderr = io.StringIO()
    try:
        if outcome.signal is not None:
            tell("Interrupted: writing the report of what is finished")
        # Only now, since pandas must not load while anything is timed; and within, since loading
        # it can be interrupted too.
        from bench.commands import report
        from reports.history import store

        built, why, missing = report.write([outcome.records], outcome.folder, verbose)
        if unkept := store.keep(built.results, outcome.folder.parent / store.FOLDER):
            tell(unkept)
    except (UserError, OSError) as error:
        return _unreported(outcome, error)
    except KeyboardInterrupt:
        tell(f"Interrupted: make report RESULTS={outcome.folder}")
        return 130
    if outcome.signal is not None:
        tell(
            "Interrupted: the report holds what was finished. The same command with --resume "
            "(make bench ... RESUME=yes) goes on."
        )
        return 128 + outcome.signal
    if outcome.broken:
        return _broke_off(outcome)
    if outcome.troubles or built.untimed:
        return failed(why or "something went wrong: the report's findings say what")
    if missing:
        return failed(missing)
    return 0


def _unreported(outcome: Outcome, error: Exception) -> int:
    if not outcome.records.exists():
        return failed(f"{outcome.records} was removed while the run went on: nothing is left")
    tell(
        f"metalbench: the report could not be written: {error}. The records are kept: "
        f"make report RESULTS={outcome.folder}"
    )
    return _broke_off(outcome) if outcome.broken else 1


def _broke_off(outcome: Outcome) -> int:
    return failed(f"the run broke off: {outcome.broken}. --resume goes on")
