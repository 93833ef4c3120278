"""The cache of solved references: one solution for equal work, and none that cannot be read."""

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
from suites.verification.reference import solution_cache
from suites.verification.reference.canonical import solved
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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STEP, replace(STEP, suite="other", name="host", inputs="host")),
        (LOOP, replace(LOOP, name="background", inputs="background")),
        (LEARN, replace(LEARN, name="learn_host", inputs="host")),
    ],
)
def test_equal_work_is_solved_once(tmp_path, count, first, second):
    paths = [reference.expected(work, "float32", 0, tmp_path) for work in (first, second, first)]
    assert len(count) == 1
    assert paths[0] == paths[2] != paths[1]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    for work, path in zip((first, second), paths, strict=False):
        made = arrays.make(work, 0)
        made.close()
        assert reference.arrays_sha256(path) == made.sha256()
    assert reference.arrays_sha256(paths[0]) == reference.arrays_sha256(paths[1])


def test_work_that_differs_in_its_numbers_is_not_shared(tmp_path, count):
    for work in (STEP, LOOP, replace(STEP, optimizer=SGD(lr=0.2))):
        reference.expected(work, "float32", 0, tmp_path)
    reference.expected(STEP, "bfloat16", 0, tmp_path)
    reference.expected(STEP, "float32", 1, tmp_path)
    assert len(count) == 5


def test_training_whose_twins_are_equal_has_a_file_for_each_audit(tmp_path):
    """What is checked before timing is the same, what is audited is not."""
    small, large = (catalog.find("transformer", "full", f"transformer/train/{n}") for n in (16, 64))
    assert solved(small) == solved(large)
    places = {solution_cache.solution(work, "float32", 0, tmp_path) for work in (small, large)}
    assert len(places) == 2


def test_a_twin_keeps_the_hash_of_the_timed_arrays(tmp_path):
    work = catalog.find("transformer", "full", "transformer/train/4")
    result = reference.Expected()
    result.keep("drawn", np.arange(2))  # of the twin: not what the timed work begins with
    result.save(solution_cache.solution(work, "float32", 0, tmp_path))
    path = reference.expected(work, "float32", 0, tmp_path)
    assert reference.drawn(path) == (0, 1)
    assert reference.arrays_sha256(path) == arrays.make(work, 0).sha256()


def test_a_damaged_file_counts_as_absent(tmp_path, count):
    path = reference.expected(STEP, "float32", 0, tmp_path)
    assert reference.is_solved(STEP, "float32", 0, tmp_path)
    path.write_bytes(path.read_bytes()[:100])  # its other name is the same file
    assert not reference.is_solved(STEP, "float32", 0, tmp_path)
    assert reference.expected(STEP, "float32", 0, tmp_path) == path
    assert solution_cache.readable(path)
    assert len(count) == 2


def test_without_links_a_copy_does(tmp_path, monkeypatch, count):
    def refuse(self, target):
        raise OSError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = reference.expected(STEP, "float32", 0, tmp_path)
    assert reference.expected(STEP, "float32", 0, tmp_path) == path
    assert len(count) == 1
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_what_another_source_solved_goes_when_this_one_solves(tmp_path):
    own = reference.expected(STEP, "float32", 0, tmp_path)
    stale, left, fresh, other = (
        tmp_path / name
        for name in ("0123.npz", f".77.{own.name}", "feed-recently.npz", "notes.txt")
    )
    for path in (stale, left, fresh, other):
        path.write_bytes(b"")
    past = time.time() - 2 * solution_cache.UNUSED_S
    for path in (own, stale, left, other):
        os.utime(path, (past, past))
    reference.expected(LOOP, "float32", 0, tmp_path)
    assert [path.exists() for path in (own, stale, left, fresh, other)] == [
        *(True, False, False, True, True)
    ]
