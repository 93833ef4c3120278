"""A machine's side: the records it sends are whole lines of the one run, from where the head is."""

import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fleet import plan, task
from bench.fleet.task import Order
from bench.schema import End
from tests.helpers import builders

LINES = [msgspec.json.encode(record) + b"\n" for record in [*builders.run(), End(at_s=1.0)]]
WHOLE = b"".join(LINES)


PLACE = str(plan.place_there("20990101-000000-abcd", "m"))


def ran(folder, content=WHOLE, name="20990101-000000-abcd"):
    path = folder / PLACE / "mlp" / name / "records.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def told(folder, **have):
    """What is sent of a run that is there already."""
    sent = []
    task.perform(Order(topic="t", suite="mlp", flags={}, place=PLACE, **have), sent.append)
    return sent


@pytest.fixture(autouse=True)
def quickly(monkeypatch, tmp_path):
    monkeypatch.setattr(task, "PACE_S", 0)
    monkeypatch.chdir(tmp_path)


def test_a_run_that_has_ended_is_sent_and_not_measured_again(tmp_path):
    ran(tmp_path)
    *pieces, ended = told(tmp_path)
    assert b"".join(piece["data"] for piece in pieces) == WHOLE
    assert (ended["code"], ended["bytes"]) == (0, len(WHOLE))
    assert ended["sha256"] == hashlib.sha256(WHOLE).hexdigest()


@pytest.mark.parametrize("upto", [0, 1, len(LINES)])
def test_what_the_head_has_is_not_sent_again(tmp_path, upto):
    ran(tmp_path)
    have = b"".join(LINES[:upto])
    sum_ = hashlib.sha256(have).hexdigest()
    *pieces, ended = told(tmp_path, have_bytes=len(have), have_sha256=sum_)
    assert have + b"".join(piece["data"] for piece in pieces) == WHOLE
    assert all(piece["at"] >= len(have) for piece in pieces)
    assert ended["bytes"] == len(WHOLE)


@pytest.mark.parametrize("size", [5, len(LINES[0]), 10 * len(WHOLE)])
def test_what_is_of_another_file_is_sent_from_the_beginning(tmp_path, size):
    ran(tmp_path)
    first, *_ = told(tmp_path, have_bytes=size, have_sha256="0" * 64)
    assert first["at"] == 0


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_a_file_that_grows_is_read_line_by_line(tmp_path_factory, cuts):
    path = tmp_path_factory.mktemp("grows") / "records.jsonl"
    path.touch()
    tail, read, at = task._Tail(path, 0, ""), b"", 0
    for cut in [*sorted(cuts), len(WHOLE)]:
        with path.open("ab") as file:
            file.write(WHOLE[at:cut])
        at = max(at, cut)
        while piece := tail.read():
            assert piece.endswith(b"\n")
            read += piece
    assert read == WHOLE
    assert tail.sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_the_newest_run_that_has_begun_is_the_one(tmp_path):
    old = ran(tmp_path, name="20990101-000000-aaaa")
    ran(tmp_path, b"", name="20990102-000000-bbbb")  # killed before its first record
    assert task.newest(tmp_path / PLACE / "mlp") == old


def test_who_is_asked_to_stop_begins_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(task, "stop", task.threading.Event())
    task.stop.set()
    (ended,) = told(tmp_path)
    assert ended["code"] == task.STOPPED
    assert ended["bytes"] == 0


ORDER = {"topic": "t", "suite": "mlp", "flags": {}, "place": PLACE}


@pytest.mark.parametrize(
    "wrong",
    [
        *({"suite": word} for word in ("../x", "-x", "mlp\\n", "", "x" * 65)),
        *({"place": word} for word in ("/etc", "results", f"{PLACE}/../x", f"{PLACE}\n", "")),
        {"flags": {"out": "/etc"}},
    ],
)
def test_an_order_for_what_is_no_suite_or_lies_elsewhere_is_refused(wrong):
    assert msgspec.convert(ORDER, Order)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**ORDER, **wrong}, Order)


def test_a_machine_runs_no_file_that_its_head_would_not_send(tmp_path):
    sent = []
    (tmp_path / "mine.py").write_text("raise SystemExit('it ran')", encoding="utf-8")
    flags = {"framework": str(tmp_path / "mine.py")}
    task.perform(msgspec.convert({**ORDER, "flags": flags}, Order), sent.append)
    (ended,) = sent
    assert ended["code"] == 2
    assert "a file of your own" in ended["why"]
