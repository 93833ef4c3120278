"""A disk for results that turns read-only, or fails every access, while a run writes to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.attack import commands, runs
from scripts.attack.counts import Asked, Attack, Counts

BYTES = 64 * 2**20
_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN of linux/ext4.h
_NO_LOGS = 2  # nothing more is written, as of a disk that is gone

TIMES = 3


def read_only(asked: Asked) -> Counts:
    """The disk of OUT turns read-only in mid-run, as Linux does after an error; then `--resume`."""
    return _broken(asked, _remounted, "Read-only file system")


def failing(asked: Asked) -> Counts:
    """Every access to the disk of OUT fails from mid-run on (EIO); then `--resume`."""
    return _broken(asked, _shut_down, "Input/output error")


def _broken(asked: Asked, break_it: Callable[[Path], None], word: str) -> Counts:
    total = Counts()
    if sys.platform != "linux" or os.geteuid():
        total.notes.append("not tried: needs Linux and root, for a disk of its own")
        return total
    for number in range(asked.count(TIMES)):
        image = asked.folder / f"disk{number}"
        subprocess.run(["truncate", "-s", str(BYTES), image], check=True)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", image], check=True)
        total.add(_one(asked.folder, image, break_it, word, slices=1 + 3 * number))
    return total


def _one(
    folder: Path, image: Path, break_it: Callable[[Path], None], word: str, slices: int
) -> Counts:
    disk = folder / "disk"
    with _mounted(image, disk):
        run = runs.Run(disk / "out")
        before = run.measuring(slices)
        subprocess.run(["sync", "-f", disk], check=True)  # what a disk had is what it keeps
        break_it(disk)
        ended = run.ended()
    counts = ended.count(expected=(1,))
    if word not in ended.output:
        counts.notes.append(f"does not say why: {ended.output.strip()[-200:]}")
        counts.tracebacks += 1
    subprocess.run(["e2fsck", "-p", image], check=False, stdout=subprocess.DEVNULL)
    with _mounted(image, disk):
        counts.add(runs.kept(disk / "out", before))
        again = commands.run(*runs.arguments(disk / "out", "--resume"))
        counts.add(again.count())
        counts.add(runs.kept(disk / "out", before))
        counts.add(runs.reported(folder, disk / "out"))
    return counts


@contextlib.contextmanager
def _mounted(image: Path, folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    options = "loop,errors=remount-ro"
    subprocess.run(["mount", "-o", options, image, folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def _remounted(disk: Path) -> None:
    """As after a fault in the file system; `mount` would wait for open files to be closed."""
    device = disk.stat().st_dev
    name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
    Path("/sys/fs/ext4", name, "trigger_fs_error").write_text("1")


def _shut_down(disk: Path) -> None:
    descriptor = os.open(disk, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOGS))
    finally:
        os.close(descriptor)


ATTACKS: dict[str, Attack] = {"read-only": read_only, "failing-disk": failing}
