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
