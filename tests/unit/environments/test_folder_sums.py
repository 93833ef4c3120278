"""A damaged program is compiled anew; a damaged list of checksums costs nothing."""

import errno
import os

import pytest

from bench.environments import compile_cache
from suites.data import folder_sums


@pytest.fixture
def programs(tmp_path):
    """A folder of two programs, whose bytes were noted."""
    folder = tmp_path / "jax-0123"
    (folder / "deep").mkdir(parents=True)
    (folder / "one").write_bytes(b"1" * 100)
    (folder / "deep" / "two").write_bytes(b"2" * 100)
    folder_sums.note(folder)
    return folder


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_whole_stays(programs):
    folder_sums.drop_damaged(programs)
    assert names(programs) == ["one", "two"]


def flipped(path):
    """A bit, and no time: as a disk does it."""
    told, content = path.stat(), bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


@pytest.mark.parametrize("damage", [flipped, lambda path: os.truncate(path, 50)])
def test_with_one_damaged_program_all_are_compiled_anew(programs, damage):
    damage(programs / "deep" / "two")
    folder_sums.drop_damaged(programs)
    assert programs.is_dir()
    assert names(programs) == []


def test_what_was_compiled_since_and_never_noted_stays(programs):
    (programs / "three").write_bytes(b"3")
    (programs / "one").unlink()
    folder_sums.drop_damaged(programs)
    assert names(programs) == ["three", "two"]
    folder_sums.note(programs)
    flipped_one = programs / "three"
    flipped_one.write_bytes(b"4")
    folder_sums.drop_damaged(programs)
    assert names(programs) == []


@pytest.mark.parametrize("text", ["", "[]", '{"one": 1}', '{"one": {}}', "[" * 10**5, "\0"])
def test_a_damaged_list_knows_nothing_and_is_made_anew(programs, text):
    whole = folder_sums._list(programs).read_text()
    folder_sums._list(programs).write_text(text)
    folder_sums.drop_damaged(programs)
    assert names(programs) == ["one", "two"]
    folder_sums.note(programs)
    assert folder_sums._list(programs).read_text() == whole


def test_on_a_full_disk_nothing_is_kept(tmp_path, monkeypatch):
    assert compile_cache.folder("jax", [], tmp_path) is not None
    monkeypatch.setattr(compile_cache, "ROOM_BYTES", 2**70)
    assert compile_cache.folder("jax", [], tmp_path) is None


def test_on_a_read_only_disk_nothing_is_kept(tmp_path, monkeypatch):
    folder = compile_cache.folder("jax", [], tmp_path)

    def refuse(*arguments, **others):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(compile_cache, "write", refuse)
    assert compile_cache.folder("jax", [], tmp_path) is None
    assert os.path.isdir(folder)  # noqa: PTH112
