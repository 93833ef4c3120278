"""What went wrong in a suite's file, in words: at which line, in which piece of work, and what."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import FrameType, TracebackType

from suites import unknown_names
from suites.errors import told
from suites.layers import ShapeError
from suites.workload import Workload

OUTSIDE = "outside_suite_"
"""How the names of modules begin that suites' files become."""


def place(trace: TracebackType | None) -> str:
    """`, line 7, at mine/train`: the file's line, and the work that was refused, if known."""
    lines = [str(line) for frame, line in _frames(trace) if _module(frame).startswith(OUTSIDE)]
    refused = (frame.f_locals.get("self") for frame, _ in _frames(trace) if _is_ours(frame))
    works = [work for work in refused if isinstance(work, Workload)]
    line = f", line {lines[-1]}" if lines else ""
    return line + "".join(f", at {told(partial(_called, work), 200)}" for work in works[:1])


def words(error: BaseException) -> str:
    """What was asked for and what there is, where that can be said; what our own code says; or the
    error as Python shows it."""
    if type(error) in (SyntaxError, IndentationError, TabError):
        return told(partial("line {0.lineno}: {0.msg}".format, error))
    if explained := unknown_names.explained(error):
        return explained
    if not _ours(error):
        return told(partial(repr, error))
    return f"layer {error}" if type(error) is ShapeError and error.path else str(error)


def _ours(error: BaseException) -> bool:
    """Whether it was raised here: its words need no class."""
    if type(error) not in (ShapeError, ValueError):
        return False
    frames = [frame for frame, _ in _frames(error.__traceback__)]
    return bool(frames) and _is_ours(frames[-1])


def _called(work: Workload) -> str:
    suite, name = vars(work).get("suite"), vars(work).get("name")
    return f"{suite}/{name}" if name else f"{suite}"


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """From the first call to the last."""
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _is_ours(frame: FrameType) -> bool:
    """Whether code of this package runs in it."""
    return _module(frame).startswith("suites.")


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
