"""The file of what was observed: numbers come through, all else is refused in words."""

import pickle
import tempfile
import zipfile

import numpy as np
import pytest

from bench.worker import observations
from bench.worker.observations import Unusable


def test_numbers_come_through(tmp_path):
    path = tmp_path / "observed.npz"
    wanted = {"loss|all": np.array([1.5, np.nan]), "output|shape": np.array([2, 3])}
    observations.write(path, wanted)
    found = observations.read(path)
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


def npz(path, name, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)


def header(description):
    text = description.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"
NEGATIVE = "{'descr': '<f8', 'fortran_order': False, 'shape': (-5,), }"
ODD = "{'descr': __import__('os'), 'shape': (1,), }"


@pytest.mark.parametrize(
    "content",
    [header(HUGE), header(NEGATIVE), header(ODD), header(HUGE)[:20], b"", pickle.dumps([1])],
    ids=["huge", "negative", "odd", "short", "empty", "pickle"],
)
def test_nonsense_inside_is_refused(tmp_path, content):
    path = tmp_path / "observed.npz"
    npz(path, "a.npy", content)
    with pytest.raises(Unusable):
        observations.read(path)


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 cut"])
def test_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "observed.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unusable):
        observations.read(path)


@pytest.mark.parametrize("array", [np.array(["word"]), np.array([{}], dtype=object)])
def test_what_is_no_number_is_refused(tmp_path, array):
    path = tmp_path / "observed.npz"
    np.savez(path, a=array)
    with pytest.raises(Unusable):
        observations.read(path)


def test_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(observations, "MAX_BYTES", 1000)
    path = tmp_path / "observed.npz"
    np.savez_compressed(path, a=np.zeros(10**6))
    assert path.stat().st_size < 10**5
    with pytest.raises(Unusable, match="too many"):
        observations.read(path)


def test_a_place_without_room_is_named(tmp_path):
    path = tmp_path / "gone" / "metalbench-x" / "observed.npz"
    with pytest.raises(
        observations.Unwritable, match=f"to {tmp_path / 'gone'}: No such file"
    ) as told:
        observations.write(path, {"loss|all": np.ones(1)})
    assert "TMPDIR" in str(told.value)


def test_a_temporary_folder_that_went_is_replaced_by_another(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with observations.place() as path:
        assert path.parent.is_dir()


class Masked(np.ndarray):
    """Of another mind about what it holds."""

    def __array__(self, *_, **__):
        return np.array(["else"])


NO_NUMBERS = {
    "complex": np.ones(2) * 1j,
    "objects": np.array([1.0, None]),
    "dates": np.array(["2026-01-01"], dtype="datetime64[D]"),
    "spans": np.array([1], dtype="timedelta64[s]"),
    "words": np.array(["1.0"]),
    "records": np.zeros(2, dtype=[("a", "f4")]),
    "nothing": None,
}


@pytest.mark.parametrize("told", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_a_result_that_is_no_real_number_is_refused(told):
    with pytest.raises(TypeError, match=r"returns real numbers\. Received: .* for loss"):
        observations.number("loss", told, 2**20)


@pytest.mark.parametrize(
    "told",
    [
        np.arange(6.0).reshape(2, 3).view(Masked),
        np.ma.masked_less(np.arange(6.0).reshape(2, 3), 3),
        np.arange(12.0).reshape(2, 6)[:, ::2] / 2,
        np.arange(6.0).reshape(2, 3).tolist(),
    ],
    ids=["a class of its own", "masked", "strided", "lists"],
)
def test_a_result_is_the_plain_numbers_that_it_holds(told):
    found = observations.number("output", told, 2**20)
    assert type(found) is np.ndarray and found.flags.writeable
    np.testing.assert_array_equal(found, np.arange(6.0).reshape(2, 3))


def test_a_view_larger_than_the_work_is_refused_before_it_takes_memory():
    endless = np.broadcast_to(np.float32(0), (10**6, 10**6))
    with pytest.raises(MemoryError, match=r"result output has 4000000000000 bytes\. Expected"):
        observations.number("output", endless, observations.most_bytes(100))


def test_a_result_of_nothing_is_one():
    assert observations.number("output", np.zeros((0, 3)), 2**20).shape == (0, 3)
