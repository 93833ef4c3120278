"""Data to learn from: the same bytes everywhere, learnable, and files only as published."""

import gzip
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites import catalog
from suites.data import idx, sources
from suites.data.sources import NoData
from suites.workload import Data, Learn, Lifecycle

IMAGES = Data("synthetic", 6000, 1000, (784,), 10)
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def sha256(loaded):
    return hashlib.sha256(b"".join(array.tobytes() for array in loaded.values())).hexdigest()


def packed(array, header=None):
    """The bytes of a compressed IDX file."""
    sizes = np.array(array.shape, ">u4").tobytes()
    return gzip.compress(
        (header or bytes([0, 0, 8, array.ndim]) + sizes) + array.tobytes(), mtime=0
    )


# --- what is drawn --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("synthetic", "07898410a9a15dc38969874ab2f7ad1fcd337f658e2b81500046e1a49cda6204"),
        ("random", "e8bcff9870ea52ae84f41b32ee454c94c92d71d05b06ce5a66c5d0d407c94bb7"),
    ],
)
def test_bytes_are_the_same_everywhere(source, expected):
    """The hashes were computed once; others mean that records stop being comparable."""
    wanted = Data(source, 40, 20, (3, 4), 5)
    assert sha256(sources.load(wanted, 0)) == expected
    assert sha256(sources.load(wanted, 1)) != expected


@pytest.mark.parametrize("source", ["synthetic", "random"])
def test_shapes_types_and_spread(source):
    loaded = sources.load(Data(source, 500, 100, (8, 16), 4), 0)
    shapes = {name: (array.shape, array.dtype.name) for name, array in loaded.items()}
    assert shapes == {
        "x": ((500, 8, 16), "float32"),
        "labels": ((500,), "int32"),
        "test_x": ((100, 8, 16), "float32"),
        "test_labels": ((100,), "int32"),
    }
    assert abs(loaded["x"].mean()) < 0.02
    assert abs(loaded["x"].std() - 1) < 0.02
    assert set(loaded["labels"]) == set(loaded["test_labels"]) == set(range(4))
    assert not any(array.flags.writeable for array in loaded.values())
    assert not np.array_equal(loaded["x"][:100], loaded["test_x"])


@pytest.mark.parametrize("source", ["synthetic", "random"])
def test_fewer_samples_are_the_first_of_more(source):
    few, more = (sources.load(Data(source, n, 10, (6,), 3), 0) for n in (20, 50))
    assert np.array_equal(few["x"], more["x"][:20])
    assert np.array_equal(few["labels"], more["labels"][:20])
    assert np.array_equal(few["test_x"], more["test_x"])


def right(wanted):
    """The share of test samples nearest to the mean of their own class's training samples."""
    made = sources.load(wanted, 0)
    means = [made["x"][made["labels"] == label].mean(axis=0) for label in range(wanted.classes)]
    scores = made["test_x"] @ np.array(means).T
    return float((scores.argmax(axis=1) == made["test_labels"]).mean())


def test_synthetic_classes_can_be_learned_but_not_at_sight():
    assert 0.7 < right(IMAGES) < 0.99


def test_random_labels_cannot_be_learned():
    assert right(Data("random", 6000, 1000, (784,), 10)) < 0.15


def test_points_are_the_published_ones():
    loaded = sources.load(Data("points", 5, 2, (2,), 2), 7)
    assert loaded["x"].dtype == np.float32
    assert loaded["x"].tolist() == np.float32(sources.POINTS["x"]).tolist()  # type: ignore[arg-type]
    assert loaded["labels"].tolist() == [0, 0, 0, 1, 1]
    assert loaded["test_labels"].tolist() == [0, 1]
    assert not any(array.flags.writeable for array in loaded.values())


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Data("nonesuch", 5, 2, (2,), 2), "Expected one of synthetic, random, points"),
        (Data("points", 6, 2, (2,), 2), "points are 5 and 2"),
        (Data("synthetic", 0, 2, (2,), 2), "no samples"),
        (Data("random", 5, 2, (0,), 2), "no samples"),
        (Data("mnist", 60_001, 10, (784,), 10), "60000 and 10000 samples of 784"),
        (Data("mnist", 10, 10, (783,), 10), "of 784 values"),
        (Data("fashion_mnist", 10, 10, (784,), 9), "in 10 classes"),
    ],
)
def test_data_that_no_source_holds_is_refused(wanted, message):
    with pytest.raises(NoData, match=message):
        sources.load(wanted, 0)


def test_suites_ask_for_what_there_is_and_the_default_ones_for_no_download():
    for suite in catalog.NAMES:
        for case in catalog.cases(suite, "full"):
            learn = case.learn if isinstance(case, Lifecycle) else case
            if isinstance(learn, Learn):
                sources.check(learn.data)
                assert suite not in catalog.DEFAULT or learn.data.source not in sources.PUBLISHED


# --- published files ------------------------------------------------------------------------


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A source of 7 and 3 images of 2 x 2, its files in place; returns their folder and arrays."""
    arrays = {
        "x": np.arange(28, dtype=np.uint8).reshape(7, 2, 2) * 9,
        "labels": np.array([0, 1, 2, 3, 9, 5, 6], np.uint8),
        "test_x": np.full((3, 2, 2), 255, np.uint8),
        "test_labels": np.array([1, 2, 3], np.uint8),
    }
    folder, known = tmp_path / "small", {}
    folder.mkdir()
    for name, array in arrays.items():
        content = packed(array)
        (folder / f"{name}.gz").write_bytes(content)
        known[name] = idx.Known(f"{name}.gz", array.shape, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(sources, "FILES", tmp_path)
    monkeypatch.setattr(sources, "PUBLISHED", {"small": known})
    return folder, arrays


def test_files_are_read_and_pixels_scaled(published):
    loaded = sources.load(Data("small", 6, 3, (4,), 10), 0)
    assert loaded["x"].shape == (6, 4)
    assert np.array_equal(loaded["x"].reshape(6, 2, 2), published[1]["x"][:6] / np.float32(255))
    assert loaded["labels"].tolist() == [0, 1, 2, 3, 9, 5]
    assert loaded["labels"].dtype == np.int32
    assert loaded["test_x"].max() == 1
    assert not any(array.flags.writeable for array in loaded.values())
    assert sources.load(Data("small", 6, 3, (1, 2, 2), 10), 0)["x"].shape == (6, 1, 2, 2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content + b"\0",
        lambda content: content[:20] + bytes([content[20] ^ 1]) + content[21:],
        lambda content: packed(np.zeros((7, 2, 2), np.uint8)),
    ],
    ids=["cut short", "empty", "longer", "one bit", "other images"],
)
def test_a_file_that_is_not_the_published_one_is_refused_by_name(published, damage):
    path = published[0] / "test_x.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(NoData, match=r"small: .*test_x\.gz is not the published file"):
        sources.load(Data("small", 6, 3, (4,), 10), 0)


def test_a_missing_file_is_named(published):
    (published[0] / "labels.gz").unlink()
    with pytest.raises(NoData, match=r"labels\.gz"):
        sources.load(Data("small", 6, 3, (4,), 10), 0)


def test_a_label_beyond_the_classes_is_refused(published):
    folder, arrays = published
    content = packed(arrays["labels"] + 4)
    (folder / "labels.gz").write_bytes(content)
    files = sources.PUBLISHED["small"]
    files["labels"] = idx.Known("labels.gz", (7,), hashlib.sha256(content).hexdigest())
    with pytest.raises(NoData, match=r"labels\.gz has a label of 13"):
        sources.load(Data("small", 6, 3, (4,), 10), 0)


def test_a_file_beyond_all_bounds_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(idx, "MOST_BYTES", 100)
    (tmp_path / "large").write_bytes(b"0" * 101)
    with pytest.raises(idx.WrongFile, match="large is too large"):
        idx.checked(tmp_path / "large", "")


# --- the reader of IDX files, behind the hash -----------------------------------------------


@given(SIZES, st.integers(0, 2**32))
def test_what_was_written_is_read(sizes, seed):
    array = np.random.default_rng(seed).integers(0, 256, sizes, dtype=np.uint8)
    read = idx.decode(packed(array), tuple(sizes))
    assert np.array_equal(read, array)
    assert not read.flags.writeable


@given(SIZES, SIZES)
def test_other_sizes_than_expected_are_refused(sizes, others):
    content = packed(np.zeros(sizes, np.uint8))
    if sizes != others:
        with pytest.raises(idx.WrongFile, match="Received"):
            idx.decode(content, tuple(others))


@given(st.binary(max_size=64))
def test_any_other_bytes_are_refused(content):
    for file in (content, gzip.compress(content, mtime=0)):
        with pytest.raises(idx.WrongFile):
            idx.decode(file, (3, 2, 2))


@given(st.data())
def test_a_damaged_file_is_refused_or_changes_nothing(draw):
    array = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    content = bytearray(packed(array))
    place = draw.draw(st.integers(0, len(content) - 1))
    if draw.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= draw.draw(st.integers(1, 255))
    try:
        read = idx.decode(bytes(content), (3, 2, 2))
    except idx.WrongFile:
        return
    assert np.array_equal(read, array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed(np.zeros((3, 2), np.uint8)), "of bytes 3x2x2. Received: type 8 3x2"),
        (packed(np.zeros(12, np.uint8), b"\0\0\x0d\1\0\0\0\x0c"), "Received: type 13 12"),
        (packed(np.zeros(0, np.uint8), b"PK\3\4"), "beginning with 504b0304"),
        (packed(np.zeros(0, np.uint8), b"\0\0\x08\xff"), "a header of 4 bytes for 255 axes"),
        (packed(np.zeros((3, 2, 2), np.uint8))[:-9], "no whole gzip file"),
        (b"GIF89a", "no whole gzip file"),
        (gzip.compress(b"", mtime=0), "beginning with nothing"),
    ],
)
def test_what_is_wrong_is_said(content, message):
    with pytest.raises(idx.WrongFile, match=message):
        idx.decode(content, (3, 2, 2))


def test_a_bomb_is_decompressed_no_further_than_expected():
    header = bytes([0, 0, 8, 3]) + np.array((3, 2, 2), ">u4").tobytes()
    bomb = gzip.compress(header + bytes(2**26), mtime=0)
    with pytest.raises(idx.WrongFile, match=r"expected 28 bytes.*Received: 29 or more"):
        idx.decode(bomb, (3, 2, 2))
