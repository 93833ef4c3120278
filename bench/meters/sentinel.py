"""The sentinel: a fixed piece of work on the host, whose time tells when the machine slows down."""

from __future__ import annotations

import hashlib

from bench.worker.measure import timed

_DATA = bytes(2**18)

TRIES = 3
"""The fastest counts: another program's interruption is not a slower clock."""


def host_s() -> float:
    """Seconds of hashing a quarter of a mebibyte on one core, some tenths of a millisecond.

    It fits the caches and leaves them mostly as they were, so the slice after it hardly notices.
    """
    return min(timed(lambda: hashlib.sha256(_DATA).digest())[1] for _ in range(TRIES))
