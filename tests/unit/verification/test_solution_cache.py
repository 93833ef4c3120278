"""The cache of solved references: one solution for equal work, and none that cannot be read."""

import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from suites import catalog
from suites.data import arrays
from suites.layers import Conv2d, Flatten, GlobalAvgPool, Linear, Sequential
from suites.verification import reference
from suites.verification.reference import Cache, solution_cache
from suites.verification.reference.canonical import solved
from suites.verification.reference.expected import packed
from suites.workload import SGD, Data, Learn, Train

IMAGES = Sequential(Conv2d(3, 4, 3), GlobalAvgPool(), Flatten(), Linear(4, 2))
STEP = Train(
    suite="t", name="device", model=IMAGES, input_shape=(2, 3, 5, 5), optimizer=SGD(lr=0.1)
)
LOOP = replace(STEP, name="loop", inputs="loop")
LEARN = Learn(
    suite="t", name="learn", model=Sequential(Linear(6, 3)), batch=8, epochs=2,
    data=Data("synthetic", 64, 40, (6,), 3), optimizer=SGD(lr=0.2),
)  # fmt: skip


@pytest.fixture
def count(monkeypatch):
    """Workloads that were solved."""
    found = []
    solve = reference.solve

    def counting(workload, *arguments):
        found.append(workload)
        return solve(workload, *arguments)

    monkeypatch.setattr(reference, "solve", counting)
    return found


@pytest.fixture
def said():
    return []


@pytest.fixture
def fresh(tmp_path, said):
    """The cache as another run finds it."""
    return lambda: Cache(tmp_path, said.append)


def expected(work, cache, precision="float32", seed=0):
    return reference.expected(work, precision, seed, cache)


def solution_file(cache, work=STEP):
    return cache.folder / solution_cache.solution(work, "float32", 0)


def same(first, second):
    return first.entries.keys() == second.entries.keys() and all(
        np.array_equal(first.entries[name], second.entries[name]) for name in first.entries
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STEP, replace(STEP, suite="other", name="host", inputs="host")),
        (LOOP, replace(LOOP, name="background", inputs="background")),
        (LEARN, replace(LEARN, name="learn_host", inputs="host")),
    ],
)
def test_equal_work_is_solved_once(fresh, count, first, second):
    found = [expected(work, fresh()) for work in (first, second, first)]
    assert len(count) == 1
    assert same(found[0], found[1])
    for work, solution in zip((first, second), found, strict=False):
        made = arrays.make(work, 0)
        made.close()
        assert solution.arrays_sha256 == made.sha256()
    assert found[0].arrays_sha256 == found[1].arrays_sha256


def test_work_that_differs_in_its_numbers_is_not_shared(fresh, count):
    cache = fresh()
    for work in (STEP, LOOP, replace(STEP, optimizer=SGD(lr=0.2))):
        expected(work, cache)
    expected(STEP, cache, "bfloat16")
    expected(STEP, cache, seed=1)
    assert len(count) == 5


def test_training_whose_twins_are_equal_has_a_file_for_each_audit():
    """What is checked before timing is the same, what is audited is not."""
    small, large = (catalog.find("transformer", "full", f"transformer/train/{n}") for n in (16, 64))
    assert solved(small) == solved(large)
    places = {solution_cache.solution(work, "float32", 0) for work in (small, large)}
    assert len(places) == 2


def test_a_twin_keeps_the_hash_of_the_timed_arrays(fresh):
    work, cache = catalog.find("transformer", "full", "transformer/train/4"), fresh()
    entries = {"drawn": np.arange(2)}  # of the twin: not what the timed work begins with
    cache.write(solution_cache.solution(work, "float32", 0), packed(entries))
    found = expected(work, cache)
    assert found.drawn == (0, 1)
    assert found.arrays_sha256 == arrays.make(work, 0).sha256()


# --- what is not as it was written --------------------------------------------------------------


def flipped(path, at=-100):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    return bytes(content)


def as_another(path):
    (other,) = path.parent.glob("*.sha256")
    return other.read_bytes()


def rewritten(path):
    """As by somebody who knows the format of the arrays alone."""
    return packed({"before/loss/all|value": np.zeros(1)})


DAMAGES = {
    "a bit of the arrays": flipped,
    "a bit of the first line": lambda path: flipped(path, 30),
    "cut short": lambda path: path.read_bytes()[:200],
    "cut at the first line": lambda path: path.read_bytes()[:50],
    "empty": lambda path: b"",
    "longer": lambda path: path.read_bytes() + b"\0",
    "whole, of another name": as_another,
    "rewritten": rewritten,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_told_of_once_and_solved_anew(fresh, count, said, damage):
    first = expected(STEP, fresh())
    path = solution_file(fresh())
    content = damage(path)
    path.unlink()
    path.write_bytes(content)
    cache = fresh()
    assert same(expected(STEP, cache), first)
    assert len(count) == 2
    assert said == [f"cache of solved references, {cache.folder}: {solution_cache.DAMAGED}"]
    expected(STEP, fresh())
    assert (len(count), len(said)) == (2, 1), "it has healed"


def test_what_is_no_file_is_solved_anew(fresh, count, said, tmp_path):
    first = expected(STEP, fresh())
    path = solution_file(fresh())
    for made in (os.mkfifo, lambda path: path.symlink_to(tmp_path / "elsewhere"), Path.mkdir):
        path.unlink()
        made(path)
        assert same(expected(STEP, fresh()), first)
    assert len(count) == 4
    assert len(said) == 3, "a folder in its place cannot be replaced, and that is told too"
    assert same(expected(STEP, fresh()), first)


def test_a_file_of_gigabytes_is_not_read(fresh, count):
    expected(STEP, fresh())
    path = solution_file(fresh())
    path.chmod(0o600)
    os.truncate(path, solution_cache.MOST_ENTRY_BYTES + 1)
    expected(STEP, fresh())
    assert len(count) == 2
    assert path.stat().st_size < 10**6


def test_nobody_opens_a_file_to_write(fresh):
    expected(STEP, fresh())
    assert {path.stat().st_mode & 0o777 for path in fresh().folder.iterdir()} == {0o400}


# --- what others do while a run goes on ----------------------------------------------------------


def forged(path, entries):
    """By somebody who knows all about the format."""
    content = packed(entries)
    path.unlink(missing_ok=True)
    path.write_bytes(solution_cache._head(path.name, content) + content)


def test_what_another_process_changes_meanwhile_counts_for_nothing(fresh, count, said):
    first = expected(STEP, fresh())
    cache = fresh()
    forged(solution_file(cache), {"before/loss/all|value": np.zeros(1)})
    assert same(expected(STEP, cache), first)
    assert len(count) == 2
    assert said == [f"cache of solved references, {cache.folder}: {solution_cache.CHANGED}"]


def test_what_another_process_adds_meanwhile_is_not_looked_at(fresh, count):
    cache = fresh()
    forged(solution_file(cache), {"before/loss/all|value": np.zeros(1)})
    assert len(expected(STEP, cache).entries) > 1
    assert len(count) == 1


def test_what_was_changed_is_gone_when_the_run_has_ended(fresh, count, said):
    cache = fresh()
    first = expected(STEP, cache)
    forged(solution_file(cache), {"before/loss/all|value": np.zeros(1)})
    cache.drop_changed()
    assert not solution_file(cache).exists()
    assert len(said) == 1
    assert same(expected(STEP, fresh()), first)


def test_an_honest_run_beside_this_one_takes_nothing_away(fresh, count, said):
    ours, others = fresh(), fresh()
    expected(STEP, ours)
    expected(STEP, others)  # and puts the same bytes in the place of ours
    ours.drop_changed()
    assert solution_file(ours).exists()
    expected(STEP, ours)
    assert (len(count), said) == (2, [])


# --- disks ---------------------------------------------------------------------------------------


def full(*arguments, **others):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_of_once_and_ends_nothing(fresh, monkeypatch, said):
    cache = fresh()
    monkeypatch.setattr(os, "fdopen", full)
    expected(STEP, cache)
    expected(LOOP, cache)
    (line,) = said
    assert solution_cache.UNWRITABLE in line
    assert "No space left on device" in line
    assert "MiB free" in line
    assert list(cache.folder.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "link to nothing"])
def test_where_no_folder_can_be_made_there_is_no_cache(tmp_path, said, place):
    folder = tmp_path / "reference"
    folder.symlink_to(tmp_path / "a" / "b") if "link" in place else folder.write_text("")
    cache = Cache(folder, said.append)
    assert expected(STEP, cache).entries
    assert len(said) == 1


def test_what_another_source_solved_goes(fresh, tmp_path):
    expected(STEP, fresh())
    own = solution_file(fresh())
    stale, left, recent = (
        tmp_path / name for name in ("0123.npz", f".77.{own.name}", "feed-recently.npz")
    )
    for path in (stale, left, recent):
        path.write_bytes(b"")
    past = time.time() - 2 * solution_cache.UNUSED_S
    for path in (own, stale, left):
        os.utime(path, (past, past))
    fresh()
    assert [path.exists() for path in (own, stale, left, recent)] == [True, False, False, True]


def test_the_folder_is_bounded(fresh, monkeypatch):
    for seed in range(4):
        expected(STEP, fresh(), seed=seed)
    held = sum(path.stat().st_size for path in fresh().folder.iterdir())
    monkeypatch.setattr(solution_cache, "MOST_BYTES", held - 1)
    assert sum(path.stat().st_size for path in fresh().folder.iterdir()) <= held / 2
