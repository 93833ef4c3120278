"""Replies: true ones are typed, all others cost their own cell, whatever they hold."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.contenders import replies
from bench.contenders.replies import OutOfStep, WorkerError, checked, read
from bench.schema import Curves

SHA = "0" * 64
CPU: dict[str, Any] = {"id": "cpu", "kind": "cpu", "name": "a CPU"}
TRUE: dict[type[replies.Reply], dict[str, Any]] = {
    replies.Devices: {"devices": [CPU]},
    replies.Started: {
        "versions": {"numpy": "2.0"},
        "device": CPU,
        "asynchronous": False,
        "python": "3.12.1",
        "notes": ["a note"],
        "left_over": [[0.0, 0.1]],
    },
    replies.Built: {"arrays_sha256": SHA, "definition_sha256": SHA, "build_s": 0.5},
    replies.Observed: {"compared": {"loss": [1.0]}, "curves": {}, "first_step_s": 0.1},
    replies.Calibrated: {},
    replies.Sliced: {
        "steps_per_sample": 4,
        "samples_s": [1e-3, 2e-3],
        "wall_s": 0.1,
        "left_over": [[0.0, 0.1]],
    },
    replies.Renewed: {},
    replies.Rested: {},
    replies.Dropped: {},
}


def line(answer, number=7, *, refused=False):
    return json.dumps({"number": number, "refused": refused, "answer": answer}).encode()


@pytest.mark.parametrize("kind", TRUE, ids=lambda kind: kind.verb)
def test_a_true_reply_is_typed(kind):
    assert isinstance(read(line(TRUE[kind]), 7, kind), kind)


def test_a_refusal_is_told_with_all_its_words():
    told = {"error": "ValueError: no", "unsupported": None, "traceback": "File"}
    with pytest.raises(WorkerError, match="ValueError: no") as refused:
        read(line(told, refused=True), 7, replies.Rested)
    assert (refused.value.unsupported, refused.value.traceback) == (None, "File")


DEEP = "[" * 10**5 + "]" * 10**5
OUT_OF_STEP = {
    "nothing": b"",
    "no JSON": b"hello",
    "no Unicode": b"\xff\xfe",
    "null": b"null",
    "a list": b"[]",
    "no envelope": b"{}",
    "an answer alone": json.dumps(TRUE[replies.Devices]).encode(),
    "cut": line({})[:-1],
    "two replies": line({}) + line({}),
    "of the request before": line({}, 6),
    "of the request after": line({}, 8),
    "a number with a fraction": line({}, 7.5),
    "a number as a word": line({}, "7"),
    "a number beyond all others": line({}, 10**400),
    "no number": line({}, None),
    "not a number": b'{"number": NaN, "refused": false, "answer": {}}',
    "refused by a word": line({}, refused="no"),
    "deep": b'{"number": 7, "refused": false, "answer": ' + DEEP.encode() + b"}",
}


@pytest.mark.parametrize("forged", OUT_OF_STEP.values(), ids=OUT_OF_STEP)
def test_what_belongs_to_no_request_ends_the_worker(forged):
    with pytest.raises(OutOfStep) as told:
        read(forged, 7, replies.Devices)
    assert 0 < len(str(told.value)) < 1000


def changed(kind, **values):
    return kind, {**TRUE[kind], **values}


UNFIT = {
    "no object": (replies.Rested, 5),
    "a list for an object": (replies.Rested, []),
    "null": (replies.Devices, None),
    "nothing of it": (replies.Devices, {}),
    "no list": changed(replies.Devices, devices=5),
    "no device": changed(replies.Devices, devices=[None]),
    "a device without an id": changed(replies.Devices, devices=[{**CPU, "id": ""}]),
    "a device on two lines": changed(replies.Devices, devices=[{**CPU, "id": "cpu\n"}]),
    "a device of an unknown kind": changed(replies.Devices, devices=[{**CPU, "kind": "tpu"}]),
    "a device of endless name": changed(replies.Devices, devices=[{**CPU, "name": "x" * 10**6}]),
    "memory below nothing": changed(replies.Devices, devices=[{**CPU, "memory_bytes": -1}]),
    "too many devices": changed(replies.Devices, devices=[CPU] * 65),
    "a start without its device": changed(replies.Started, device=None),
    "notes that are none": changed(replies.Started, notes=[None]),
    "versions by number": changed(replies.Started, versions={"numpy": 2}),
    "too many versions": changed(replies.Started, versions={f"a{n}": "1" for n in range(300)}),
    "a limit of nothing": changed(replies.Started, left_over=[[1.0, 0.0]]),
    "three of a pair": changed(replies.Started, left_over=[[1.0, 1.0, 1.0]]),
    "no hash": changed(replies.Built, arrays_sha256="none"),
    "a time below nothing": changed(replies.Built, build_s=-1.0),
    "a time beyond all times": changed(replies.Built, build_s=1e300),
    "a time as a word": changed(replies.Built, build_s="1"),
    "numbers of great size": changed(replies.Observed, compared={"loss": [1e300]}),
    "too many numbers": changed(replies.Observed, compared={"loss": [1.0] * 10_001}),
    "warnings of a letter": changed(replies.Observed, warnings="a"),
    "a step too long for no time": changed(replies.Observed, too_long={"step_s": 0, "flop": 1}),
    "no samples": changed(replies.Sliced, samples_s=[]),
    "a sample in no time": changed(replies.Sliced, samples_s=[0.0]),
    "no steps": changed(replies.Sliced, steps_per_sample=0),
    "steps beyond all floats": changed(replies.Sliced, steps_per_sample=10**400),
    "a peak of nobody": changed(replies.Sliced, peak_resident_of="me"),
}


@pytest.mark.parametrize(("kind", "answer"), UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize("refused", [False, True])
def test_what_does_not_fit_is_a_refusal_in_words(kind, answer, refused):
    with pytest.raises(WorkerError, match="does not fit") as told:
        read(line(answer, refused=refused), 7, kind)
    assert len(told.value.reason) < 1000


@pytest.mark.parametrize(
    "figures", [{"host_s": 1.0}, {"energy_j": 1.0}, {"contender": "x"}, {"kind": "end"}]
)
def test_figures_of_the_host_are_not_taken_from_a_worker(figures):
    told = read(line({**TRUE[replies.Sliced], **figures}), 7, replies.Sliced)
    assert not figures.keys() & told.figures().keys()


def test_what_follows_from_a_reply_is_checked_too():
    with pytest.raises(WorkerError, match="does not fit"):
        checked({"accuracy": [1.5]}, Curves)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
KINDS = st.sampled_from(list(TRUE))


def survives(forged, kind):
    try:
        told = read(forged, 7, kind)
    except (WorkerError, OutOfStep) as error:
        assert str(error)
    else:
        assert msgspec.convert(msgspec.to_builtins(told), kind) == told


@given(KINDS, st.binary(max_size=200))
def test_any_bytes_are_survived(kind, forged):
    survives(forged, kind)


@given(KINDS, JSON, st.booleans())
def test_any_json_is_survived(kind, answer, refused):
    survives(line(answer, refused=refused), kind)


@given(KINDS, st.data())
def test_any_change_of_a_true_reply_is_survived(kind, data):
    answer = dict(TRUE[kind])
    for name in data.draw(st.lists(st.sampled_from([*answer, "other"]), max_size=3)):
        answer[name] = data.draw(JSON)
    forged = bytearray(line(answer))
    for at in data.draw(st.lists(st.integers(0, len(forged) - 1), max_size=3)):
        forged[at] = data.draw(st.integers(0, 255))
    survives(bytes(forged), kind)
