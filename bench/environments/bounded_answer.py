"""What a program that may be anything writes, in bounded time and bytes.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

ANSWER_S = 30.0
MOST_BYTES = 2**18
"""Of an answer, with all that packages may print before it."""


def of(
    command: Sequence[str],
    environment: Mapping[str, str],
    told: bytes = b"",
    limit_s: float = ANSWER_S,
) -> tuple[str, str]:
    """What a program writes in bounded time and bytes, and in words how it ended.

    It is `told` no more than a pipe holds, 16 KiB.
    """
    try:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return "", f"it does not start ({error.strerror})"
    assert process.stdin is not None and process.stdout is not None  # asked for just above
    with contextlib.suppress(OSError), process.stdin:  # it need not listen
        process.stdin.write(told)
    with process.stdout:
        written, cut = _read(process.stdout.fileno(), limit_s)
    if not cut:
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            cut = "it closed its output and did not end"
    # Its children too, whether it has ended or not.
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    return written.decode("utf-8", "replace"), cut or _ended(code)


def _read(descriptor: int, limit_s: float) -> tuple[bytes, str]:
    """What can be read until the end, and why it was not read to there."""
    deadline, written = time.monotonic() + limit_s, b""
    while True:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not select.select([descriptor], [], [], left_s)[0]:
            return written, f"no answer within {limit_s:.0f} s"
        received = os.read(descriptor, 65536)
        if not received:
            return written, ""
        written += received
        if len(written) > MOST_BYTES:
            return written, f"it wrote more than {MOST_BYTES} bytes"


def _ended(code: int) -> str:
    if code < 0:
        known = -code in {number.value for number in signal.Signals}
        return f"it was ended by {signal.Signals(-code).name if known else f'signal {-code}'}"
    return f"it ended with status {code}"


def last_words(written: str) -> str:
    """The last line that says something; there must be one."""
    return [line.strip() for line in written.splitlines() if line.strip()][-1][:200]
