"""A worker's process: requests from a pipe, an answer to each, until the host closes it.

Started as `python -P -m bench.worker MODULE COMMANDS_FD REPLIES_FD THREADS`; MODULE is dotted or a
.py path.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from typing import Any

import numpy as np

from bench.worker import process_bounds, thread_rest
from bench.worker.adapter import load
from bench.worker.server import UNSETTLED, WorkerServer
from frameworks.interface import Unsupported
from suites.errors import told


def reply_line(number: int, answer: Any, *, refused: bool = False) -> str:
    """A reply as the host reads it: numbered as its request was. Raises what `json` does."""
    reply = {"number": number, "refused": refused, "answer": answer}
    return json.dumps(reply, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"


def refusal(error: BaseException) -> dict[str, Any]:
    """What the host needs to record an exception, whatever an adapter has made of it."""
    words = told(lambda: str(error))
    return {
        "error": told(lambda: f"{type(error).__name__}: {words}"),
        "unsupported": (words or "no reason given")
        if issubclass(type(error), Unsupported)
        else None,
        "traceback": told(lambda: "".join(traceback.format_exception(error))[-8000:], most=8000),
    }


def _plain(value: object) -> float | int | bool:
    """NumPy's numbers, which adapters return as readily as Python's."""
    kinds: tuple[tuple[type, type[float | int | bool]], ...]
    kinds = ((np.bool_, bool), (np.integer, int), (np.floating, float))
    for kind, plain in kinds:
        if isinstance(value, kind):
            return plain(value)
    raise TypeError(f"an adapter's answer holds a {type(value).__name__}, which is no plain value")


def main(module: str, commands_fd: int, replies_fd: int, threads: int) -> None:
    """Answer until the host closes the pipe. An exception is a reply, never the end."""
    for descriptor in (commands_fd, replies_fd):
        os.set_inheritable(descriptor, False)
    if threads:
        process_bounds.limit_cores(threads)
    gc.disable()  # as timeit does: a collection is nobody's step
    worker: WorkerServer | None = None
    # What is no valid Unicode in an adapter's words could be in no record.
    answers = os.fdopen(replies_fd, "w", encoding="utf-8", errors="replace")
    with os.fdopen(commands_fd) as commands, answers as replies:
        for line in commands:
            request = json.loads(line)
            number, at_once = request.pop("number"), request["do"] in UNSETTLED
            try:
                # The first request pays for the import, so that its failure has an answer too.
                if worker is None:
                    worker = WorkerServer(load(module))
                    worker.warnings_log.listen()
                    gc.freeze()  # what was imported need not be looked through again
                reply = reply_line(number, worker.answer(request))
            # The one place where any failure is a reply; `sys.exit` in a library is one too.
            except BaseException as error:  # noqa: BLE001
                at_once, reply = False, reply_line(number, refusal(error), refused=True)
            if not at_once:
                thread_rest.settle()
            replies.write(reply)
            replies.flush()


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:5]))
