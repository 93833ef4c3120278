"""Files of weights: read back as written, by the format's own library too; damaged ones refused."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from suites.data import safetensors
from suites.data.safetensors import WrongWeights
from suites.layers import Parameter

SHAPES = {"b": (3, 2), "a": (4,), "scalar": (), "none": (0, 5)}
EXPECTED = {name: Parameter(shape, 1.0) for name, shape in SHAPES.items()}


@pytest.fixture
def made():
    random = np.random.default_rng(0)
    return {name: random.random(shape, dtype=np.float32) for name, shape in SHAPES.items()}


def same(left, right):
    return left.keys() == right.keys() and all(
        left[name].shape == right[name].shape and np.array_equal(left[name], right[name])
        for name in left
    )


def file(header, data=b"", length=None):
    """The bytes of a file with this header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


# --- whole files ----------------------------------------------------------------------------


def test_weights_read_back_as_they_were_written(tmp_path, made):
    path = tmp_path / "weights.safetensors"
    safetensors.save(path, made)
    loaded = safetensors.load(path, EXPECTED)
    assert same(loaded, made)
    assert list(loaded) == list(EXPECTED)
    assert not any(array.flags.writeable for array in loaded.values())
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


def test_the_library_reads_what_we_write(tmp_path, made):
    safetensors.save(tmp_path / "ours", made)
    assert same(load_file(tmp_path / "ours"), made)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_we_read_what_the_library_writes(tmp_path, made, dtype):
    narrow = {name: array.astype(dtype) for name, array in made.items()}
    save_file(narrow, tmp_path / "theirs", metadata={"format": "np"})
    loaded = safetensors.load(tmp_path / "theirs", EXPECTED)
    assert same(loaded, {name: array.astype("f4") for name, array in narrow.items()})
    assert {array.dtype.name for array in loaded.values()} == {"float32"}


def test_bfloat16_is_the_upper_half_of_float32(tmp_path):
    path = tmp_path / "half"
    path.write_bytes(file({"a": entry("BF16", offsets=(0, 4))}, struct.pack("<HH", 0x3F80, 0xC040)))
    assert safetensors.load(path, {"a": Parameter((2,), 1.0)})["a"].tolist() == [1.0, -3.0]


def test_wider_and_turned_arrays_are_written_in_order(tmp_path):
    turned = np.arange(6.0).reshape(2, 3).T
    safetensors.save(tmp_path / "w", {"b": turned})
    assert same(safetensors.load(tmp_path / "w", {"b": Parameter((3, 2), 1.0)}), {"b": turned})


# --- files that are not what they should be -------------------------------------------------


def test_missing_unknown_and_misshapen_weights_are_named_at_once(tmp_path, made):
    path = tmp_path / "other"
    safetensors.save(path, {"b": made["b"].T, "a": made["a"], "c": made["a"]})
    with pytest.raises(WrongWeights) as refused:
        safetensors.load(path, EXPECTED)
    assert str(refused.value) == (
        f"{path}: not the weights of this model. Expected 4 arrays, received 3. missing: "
        "'scalar', 'none'; unknown: 'c'; of another shape: 'b' expected [3, 2], received [2, 3]"
    )


def test_a_message_stays_short():
    with pytest.raises(WrongWeights) as refused:
        safetensors.match({"x" * 10**6: ()} | {f"w{i}": () for i in range(1000)}, SHAPES)
    assert "and 996 more" in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_an_absent_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        safetensors.load(tmp_path / "absent", EXPECTED)


EIGHT = bytes(8)
DAMAGED = {
    "empty": (b"", "no safetensors file"),
    "short": (b"\x01\x00", "no safetensors file"),
    "header beyond the file": (file({}, length=1000), "no safetensors file"),
    "header without bound": (file({}, length=2**63), "no safetensors file"),
    "no JSON": (file(b"{"), "the header is no JSON"),
    "no UTF-8": (file(b'{"\xff": 1}'), "the header is no JSON"),
    "deep": (file(b"[" * 10**6), "the header is no JSON"),
    "a number of many digits": (file(b"[" + b"9" * 10**5 + b"]"), "the header is no JSON"),
    "a name twice": (
        file(b'{"a": %s, "a": %s}' % ((json.dumps(entry()).encode(),) * 2), EIGHT),
        "a name occurs twice",
    ),
    "a list": (file([]), "the header is no object"),
    "no entry": (file({"a": 1}), "expects dtype"),
    "a field too many": (file({"a": entry() | {"x": 1}}, EIGHT), "expects dtype"),
    "another type": (file({"a": entry("I64", (1,))}, EIGHT), "expects a type of F32, F16, BF16"),
    "a type that is none": (file({"a": entry([])}, EIGHT), "expects a type"),
    "negative": (file({"a": entry(shape=(-2,))}, EIGHT), "whole numbers"),
    "true": (file({"a": entry(shape=(True, 2))}, EIGHT), "whole numbers"),
    "fractions": (file({"a": entry(offsets=(0.0, 8))}, EIGHT), "two offsets"),
    "one offset": (file({"a": entry(offsets=(8,))}, EIGHT), "two offsets"),
    "backwards": (file({"a": entry(offsets=(8, 0))}, EIGHT), "the bytes of its F32"),
    "too few bytes": (file({"a": entry(offsets=(0, 4))}, EIGHT), "the bytes of its F32"),
    "an overlap": (file({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)), "begins at 4"),
    "a gap": (file({"a": entry(offsets=(4, 12))}, bytes(12)), "begins at 4. Expected: 0"),
    "data cut short": (file({"a": entry()}, bytes(7)), "end at 8. Received: 7"),
    "data left over": (file({"a": entry()}, bytes(9)), "end at 8. Received: 9"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_is_named(tmp_path, damage):
    content, message = DAMAGED[damage]
    path = tmp_path / "damaged"
    path.write_bytes(content)
    with pytest.raises(WrongWeights, match=message) as refused:
        safetensors.load(path, {"a": Parameter((2,), 1.0)})
    assert str(refused.value).startswith(str(path))


# --- any file at all ------------------------------------------------------------------------

WHOLE = file({"a": entry(), "b": entry("F16", (1, 2), (8, 12))}, bytes(range(12)))
WANTED = {"a": Parameter((2,), 1.0), "b": Parameter((1, 2), 1.0)}


def loads_or_refuses(path, content):
    """The weights, all of the shapes expected, or None; no other error gets out."""
    path.write_bytes(content)
    try:
        loaded = safetensors.load(path, WANTED)
    except WrongWeights:
        return None
    assert {name: array.shape for name, array in loaded.items()} == {"a": (2,), "b": (1, 2)}
    return loaded


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("weights") / "damaged"


def test_the_undamaged_file_loads(path):
    assert loads_or_refuses(path, WHOLE)


@given(place=st.integers(0, len(WHOLE) - 1), value=st.binary(max_size=4), cut=st.integers(0, 4))
def test_a_damaged_file_is_read_right_or_refused(path, place, value, cut):
    loads_or_refuses(path, WHOLE[:place] + value + WHOLE[place + cut :])


numbers = st.integers(-2, 20) | st.integers() | st.booleans() | st.floats() | st.none()
fields = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "F16", "BF16", "F64", ""]) | numbers,
        "shape": st.lists(numbers, max_size=3) | numbers,
        "data_offsets": st.lists(numbers, max_size=3) | numbers,
    }
)
headers = st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), fields | numbers)


@given(header=headers, data=st.binary(max_size=20))
def test_any_header_is_read_right_or_refused(path, header, data):
    loads_or_refuses(path, file(header, data))


@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_right_or_refused(path, content):
    loads_or_refuses(path, content)
