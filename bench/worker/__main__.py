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

from bench.worker import process_bounds, thread_rest
from bench.worker.adapter import load
from bench.worker.server import UNSETTLED, WorkerServer
from frameworks.interface import Unsupported


def error_reply(error: BaseException) -> dict[str, Any]:
    """What the host needs to record an exception."""
    return {
        "error": f"{type(error).__name__}: {error}"[:4000],
        "unsupported": str(error)[:4000] if isinstance(error, Unsupported) else None,
        "traceback": "".join(traceback.format_exception(error))[-8000:],
    }


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
            try:
                # The first request pays for the import, so that its failure has an answer too.
                if worker is None:
                    worker = WorkerServer(load(module))
                    worker.warnings_log.listen()
                    gc.freeze()  # what was imported need not be looked through again
                request = json.loads(line)
                at_once = request["do"] in UNSETTLED
                reply = json.dumps(worker.answer(request), ensure_ascii=False)
            except Exception as error:  # noqa: BLE001  the one place where any failure is a reply
                at_once, reply = False, json.dumps(error_reply(error), ensure_ascii=False)
            if not at_once:
                thread_rest.settle()
            replies.write(reply + "\n")
            replies.flush()


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:5]))
