"""What is no regular file is refused before it can wait, act or never end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from suites.data.outside_file import NotAFile, beginning, opened


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "is a pipe"),
    "socket": (_socket, "is a socket"),
    "folder": (Path.mkdir, "is a folder"),
    "zeros": (lambda path: path.symlink_to("/dev/zero"), "is a device"),
    "terminal": (lambda path: path.symlink_to("/dev/tty"), "is a device"),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other kinds of files")
@pytest.mark.parametrize(("make", "words"), ODD.values(), ids=ODD.keys())
def test_what_is_no_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], words: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make(Path("x"))
    with pytest.raises(NotAFile, match=rf"x {words}\. Expected a regular file"):
        opened(Path("x"))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("name", ["self/mem", "self/environ", "kcore", "cpuinfo"])
def test_a_file_that_the_system_makes_up_is_none(name: str) -> None:
    path = Path("/proc", name)
    if not path.exists():
        pytest.skip(f"this system has no {path}")
    with pytest.raises(NotAFile, match="the system makes up"):
        opened(path)


def test_one_put_in_its_place_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at a name and its opening a pipe may take the place: that must not wait."""
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_bytes(b"")
    seen = file.stat()
    monkeypatch.setattr(Path, "stat", lambda path, **_: seen)
    with pytest.raises(NotAFile, match="is a pipe"):
        opened(pipe)


def test_links_that_lead_round_are_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="symbolic links"):
        opened(tmp_path / "a")


def test_a_file_is_read_as_far_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    assert (beginning(path, 4), beginning(path, 99)) == (b"0123", b"0123456789")
    (tmp_path / "link").symlink_to(path)
    assert beginning(tmp_path / "link", 2) == b"01"
