"""A worker's resident memory: its peak is the case's own, without what an earlier one has freed."""

import ctypes
import types

import pytest

from bench.worker import resident_memory
from bench.worker.server import WorkerServer

FREED_BYTES = 128 * 2**20
ROOM_BYTES = 64 * 2**10
"""Of a piece: below the size for which an allocator asks the system each time."""

linux_alone = pytest.mark.skipif(
    not resident_memory.reset_peak(), reason="only Linux can reset a process's peak"
)


@linux_alone
def test_peak_resident_memory_follows_a_reset():
    resident_memory.reset_peak()
    before = resident_memory.peak_bytes()
    held = bytearray(b"x") * (64 * 2**20)
    assert resident_memory.peak_bytes() - before > 48 * 2**20
    del held
    resident_memory.reset_peak()
    assert resident_memory.peak_bytes() - before < 48 * 2**20


def freed():
    """Write to memory and free it as a compiler does, a little of it still in use above."""
    c = ctypes.CDLL(None)
    if not hasattr(c, "malloc_trim"):
        pytest.skip("this library of C cannot be asked to give memory back")
    c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    c.free.argtypes = (ctypes.c_void_p,)
    pieces = [c.malloc(ROOM_BYTES) for _ in range(FREED_BYTES // ROOM_BYTES)]
    for piece in pieces:
        ctypes.memset(piece, 1, ROOM_BYTES)
    pin = c.malloc(ROOM_BYTES)
    for piece in pieces:
        c.free(piece)
    return lambda: c.free(pin)


def worker(case):
    """Whose case is under way; its adapter and runtime are never asked for more than a name."""
    made = WorkerServer(types.SimpleNamespace(NAME="frees"))
    made.runtime = types.SimpleNamespace(  # type: ignore[assignment]
        device=types.SimpleNamespace(kind="cpu"), asynchronous=False
    )
    made.case = case
    return made


@linux_alone
def test_what_an_earlier_step_has_freed_is_not_counted_as_the_case_s():
    resident_memory.reset_peak()
    before = resident_memory.peak_bytes()
    case = types.SimpleNamespace(start_sampling=lambda **given: None, resettable=False)
    unpin = freed()
    try:
        worker(case).calibrate()
        assert case.resettable
        assert resident_memory.peak_bytes() - before < FREED_BYTES // 2
    finally:
        unpin()


@linux_alone
def test_an_ended_case_leaves_nothing_to_the_next_one():
    resident_memory.reset_peak()
    before = resident_memory.peak_bytes()
    unpin = freed()
    try:
        worker(types.SimpleNamespace(close=lambda: None)).drop()
        resident_memory.reset_peak()
        assert resident_memory.peak_bytes() - before < FREED_BYTES // 2
    finally:
        unpin()


def test_a_library_of_c_without_such_a_call_goes_without(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: types.SimpleNamespace())
    resident_memory.give_back()
