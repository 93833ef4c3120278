"""The head's copy: a beginning of the machine's file, whatever came twice, late, damaged or not."""

import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import records
from bench.fleet.copies import BadCopy, Copy
from bench.fleet.note import LOST
from bench.schema import End, Failed
from tests.helpers import builders

RUN = [*builders.run(), End(at_s=1.0)]
LINES = [msgspec.json.encode(record) + b"\n" for record in RUN]
WHOLE = b"".join(LINES)
SUM = hashlib.sha256(WHOLE).hexdigest()


def failures(path):
    return [r for _, r in records.scan(path) if isinstance(r, Failed) and r.stage == LOST]


def test_a_whole_copy_is_finished_and_stays_so(tmp_path):
    copy = Copy(tmp_path / "mlp")
    copy.take(0, WHOLE)
    assert not copy.finished
    assert copy.end(len(WHOLE), SUM)
    assert copy.finished
    assert copy.path.read_bytes() == WHOLE
    assert Copy(tmp_path / "mlp").finished
    copy.path.write_bytes(WHOLE[:-10])
    assert not Copy(tmp_path / "mlp").finished


@settings(max_examples=25)
@given(st.data())
def test_pieces_that_come_twice_or_too_early_change_nothing(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("copy") / "mlp"
    ends = [0]
    for line in LINES:
        ends.append(ends[-1] + len(line))
    copy, at = Copy(folder), 0
    while at < len(LINES):
        upto = data.draw(st.integers(at + 1, len(LINES)))
        begin = data.draw(st.integers(1 if at else 0, at))
        if data.draw(st.booleans()) and upto < len(LINES):
            copy.take(ends[upto], b"".join(LINES[upto : upto + 1]))  # a gap before it
        copy.take(ends[begin], b"".join(LINES[begin:upto]))
        at = upto
        if data.draw(st.booleans()):
            copy = Copy(folder)  # the head died
    assert copy.path.read_bytes() == WHOLE
    assert copy.end(len(WHOLE), SUM)


def test_what_a_lost_machine_left_is_failed_until_it_goes_on(tmp_path):
    copy = Copy(tmp_path / "mlp")
    some = b"".join(LINES[: len(LINES) // 2])
    copy.take(0, some)
    count = copy.lose("gone")
    assert 0 < count == len(failures(copy.path))
    copy.take(len(some), WHOLE[len(some) :])  # too late: it is asked for again
    again = Copy(tmp_path / "mlp")
    assert again.have == (len(some), hashlib.sha256(some).hexdigest())
    again.take(len(some), WHOLE[len(some) :])
    assert again.end(len(WHOLE), SUM)
    assert again.path.read_bytes() == WHOLE
    assert Copy(tmp_path / "none").lose("gone") == 0


def test_a_cell_that_had_ended_is_not_failed(tmp_path):
    copy = Copy(tmp_path / "mlp")
    copy.take(0, WHOLE)
    assert copy.lose("gone") == 0


def test_a_line_that_a_break_cut_is_taken_away(tmp_path):
    (tmp_path / "mlp").mkdir()
    (tmp_path / "mlp" / "records.jsonl").write_bytes(LINES[0] + LINES[1][:20])
    assert Copy(tmp_path / "mlp").have[0] == len(LINES[0])


@pytest.mark.parametrize(
    "bad",
    [
        b"{}\n",
        b"no json\n",
        LINES[0],
        LINES[1][:-1],
        b'{"kind":"end","at_s":-1}\n',
        b"[" * 100_000 + b"\n",
        (
            b'{"kind":"published","source":"s","suite":"s","name":"n","size":1,"framework":"f",'
            b'"device":"d","machine":"m"}\n'
        ),
    ],
)
def test_what_is_no_record_is_not_kept(tmp_path, bad):
    copy = Copy(tmp_path / "mlp")
    copy.take(0, LINES[0] + LINES[1])
    with pytest.raises(BadCopy):
        copy.take(len(LINES[0] + LINES[1]), bad)
    assert copy.path.read_bytes() == LINES[0] + LINES[1]
    first = Copy(tmp_path / "cnn")
    with pytest.raises(BadCopy, match="begin with `run`"):
        first.take(0, LINES[1])


def test_a_file_sent_anew_takes_the_place_when_it_is_whole(tmp_path):
    copy = Copy(tmp_path / "mlp")
    copy.take(0, b"".join(LINES[:3]))
    assert not copy.end(len(WHOLE), SUM)
    copy.take(0, b"".join(LINES[:2]))
    assert copy.path.read_bytes() == b"".join(LINES[:3])  # until the whole is here
    copy.take(len(LINES[0] + LINES[1]), b"".join(LINES[2:]))
    assert copy.end(len(WHOLE), SUM)
    assert copy.path.read_bytes() == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["mlp"]


def as_run(name):
    records = [msgspec.structs.replace(RUN[0], run=name), *RUN[1:]]
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


@pytest.mark.parametrize("name", ["20990101-000000-abcd", "\0", "/", "..", "\U0001f600" * 64])
def test_another_run_of_the_machine_leaves_the_first_beside_it(tmp_path, name):
    copy, content = Copy(tmp_path / "mlp"), as_run("another")
    copy.take(0, as_run(name))
    assert copy.end(len(as_run(name)), hashlib.sha256(as_run(name)).hexdigest())
    copy.take(0, content)
    assert copy.end(len(content), hashlib.sha256(content).hexdigest())
    assert copy.path.read_bytes() == content
    (apart,) = tmp_path.glob("mlp.*/records.jsonl")
    assert apart.read_bytes() == as_run(name)


def test_of_a_run_that_is_kept_apart_twice_nothing_is_lost(tmp_path):
    one, two, longer = as_run("one")[: -len(LINES[-1])], as_run("two"), as_run("one")
    for content in (one, two, longer, two):
        copy = Copy(tmp_path / "mlp")
        copy.take(0, content)
        assert copy.end(len(content), hashlib.sha256(content).hexdigest())
    apart = [path.read_bytes() for path in tmp_path.glob("mlp.*/records.jsonl")]
    assert sorted(apart) == sorted([one, two, longer])


def test_where_it_is_is_told(tmp_path):
    copy = Copy(tmp_path / "mlp")
    assert copy.at == (0, 0, "")
    copy.take(0, WHOLE)
    begun, cases, case = copy.at
    assert begun == cases == len(RUN[0].cases)
    assert case
