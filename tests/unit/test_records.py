"""Records: what is written is read back; whatever else a file holds is refused by line."""

import gzip
import json
import os
import resource
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import bounded_lines, records, schema
from bench.records import NotRecords, Writer, read

DATA = Path(__file__).parent.parent / "data" / "records"

RUN = schema.Run(
    schema=schema.SCHEMA,
    run="20260101-000000-abcd",
    started_at="2026-01-01T00:00:00+00:00",
    arguments=("run",),
    machine=schema.Machine(label="a computer", system="Linux"),
    settings={"preset": "smoke", "threads": None},
    cases=(),
    contenders=(),
)
CELL = schema.Cell(contender="c", case="s/n/1", stopped="all 3 rounds done", rounds=3, samples=9)


def line(record):
    return msgspec.json.encode(record)


def write(tmp_path, *lines, name="records.jsonl"):
    path = tmp_path / name
    data = b"".join(part + b"\n" for part in lines)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "records.jsonl"
    writer = Writer(path)
    for record in (RUN, CELL):
        writer.write(record)
    assert read(path).records == (RUN, CELL)  # before closing: each record is flushed
    writer.close()


def test_a_writer_never_overwrites(tmp_path):
    path = write(tmp_path, line(RUN))
    with pytest.raises(FileExistsError):
        Writer(path)


BAD_LINES = {
    "no JSON": b"hello",
    "no object": b"[1]",
    "no kind": b'{"contender":"c"}',
    "unknown kind": b'{"kind":"other"}',
    "wrong type": b'{"kind":"cell","contender":1,"case":"a","stopped":"","rounds":1,"samples":1}',
    "missing field": b'{"kind":"cell","contender":"c"}',
    "negative seconds": b'{"kind":"slice","contender":"c","case":"a","round":0,'
    b'"steps_per_sample":1,"samples_s":[-1.0]}',
    "not a number": b'{"kind":"slice","contender":"c","case":"a","round":0,'
    b'"steps_per_sample":1,"samples_s":[NaN]}',
    "absurd seconds": b'{"kind":"slice","contender":"c","case":"a","round":0,'
    b'"steps_per_sample":1,"samples_s":[1e308]}',
    "beyond float": b'{"kind":"slice","contender":"c","case":"a","round":0,'
    b'"steps_per_sample":1,"samples_s":[1e999]}',
    "no samples": b'{"kind":"slice","contender":"c","case":"a","round":0,'
    b'"steps_per_sample":1,"samples_s":[]}',
    "long text": b'{"kind":"skipped","contender":"c","reason":"' + b"x" * 2**19 + b'"}',
    "bad UTF-8": b'{"kind":"skipped","contender":"c","reason":"\xff\xfe"}',
    "deep nesting": b'{"kind":"skipped","contender":' + b"[" * 10_000,
    "truncated": line(CELL)[:-20],
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_refused_by_number_and_the_others_kept(tmp_path, bad):
    reading = read(write(tmp_path, line(RUN), bad, line(CELL)))
    assert reading.records == (RUN, CELL)
    (refused,) = reading.refused
    assert refused.line == 2
    assert refused.reason


def test_a_line_beyond_the_limit_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded_lines, "MAX_LINE_BYTES", 2000)
    reading = read(write(tmp_path, line(RUN), b"x" * 5000))
    assert (reading.records, reading.refused[0].line) == ((RUN,), 2)


def test_a_flood_of_bad_lines_is_left_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_REFUSED", 10)
    reading = read(write(tmp_path, line(RUN), *[b"x"] * 50, line(CELL)))
    assert reading.records == (RUN,)
    assert len(reading.refused) == 11
    assert "rest unread" in reading.refused[-1].reason


def test_a_compressed_flood_is_left_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded_lines, "MAX_FILE_BYTES", 5000)
    path = write(tmp_path, line(RUN), *[line(CELL)] * 1000, name="records.jsonl.gz")
    reading = read(path)
    assert len(reading.records) < 60
    assert "rest unread" in reading.refused[-1].reason


def test_a_damaged_archive_keeps_what_came_before(tmp_path):
    path = write(tmp_path, line(RUN), *[line(CELL)] * 50, name="records.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-20])
    reading = read(path)
    assert reading.records[0] == RUN
    assert "damaged" in reading.refused[-1].reason


SLICE = schema.Slice(
    contender="c", case="s/n/1", round=0, steps_per_sample=1, samples_s=(1.0,) * 40
)


@pytest.mark.parametrize(
    ("name", "value", "record"),
    [("MAX_MEMORY_BYTES", 20_000, CELL), ("MAX_SAMPLES", 500, SLICE)],
    ids=["memory", "samples"],
)
def test_more_than_a_file_may_cost_is_left_unread(tmp_path, monkeypatch, name, value, record):
    monkeypatch.setattr(records, name, value)
    reading = read(write(tmp_path, line(RUN), *[line(record)] * 100))
    assert 5 < len(reading.records) < 90
    (refused,) = reading.refused
    assert refused.line == len(reading.records) + 1
    assert f"beyond {value} " in refused.reason
    assert "rest unread" in refused.reason


def test_characters_that_take_more_memory_count_for_more(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_MEMORY_BYTES", 200_000)
    plain = schema.Skipped(contender="c", reason="e" * 4000)
    emoji = schema.Skipped(contender="c", reason="e" * 3999 + "\N{GRINNING FACE}")
    kept = [len(read(write(tmp_path, line(RUN), *[line(r)] * 50)).records) for r in (plain, emoji)]
    assert kept[0] > 3 * kept[1]


def test_a_pipe_is_no_record_file(tmp_path):
    pipe = tmp_path / "records.jsonl"
    os.mkfifo(pipe)
    with pytest.raises(NotRecords, match=r"is a pipe\. Expected a regular file"):
        read(pipe)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "holds no records"),
        ([b"hello"], "is not a record file"),
        ([b'{"name":"vitals"}'], "is not a record file"),
        ([line(CELL)], "does not begin with a run record"),
        ([json.dumps({"kind": "run", "schema": 99}).encode()], "has schema 99"),
    ],
)
def test_a_foreign_file_is_refused_whole(tmp_path, lines, message):
    with pytest.raises(NotRecords, match=message):
        read(write(tmp_path, *lines))


TEXT = st.text(max_size=20)
TIMES = st.lists(st.floats(1e-9, 1e6), min_size=1, max_size=5).map(tuple)
RECORDS = st.one_of(
    st.builds(schema.Skipped, contender=TEXT, reason=TEXT, case=st.none() | TEXT),
    st.builds(
        schema.Cell,
        contender=TEXT,
        case=TEXT,
        stopped=TEXT,
        rounds=st.integers(0, 9),
        samples=st.integers(0, 9),
    ),
    st.builds(
        schema.Slice,
        contender=TEXT,
        case=TEXT,
        round=st.integers(0, 99),
        steps_per_sample=st.integers(1, 2**40),
        samples_s=TIMES,
        latencies_s=TIMES,
        cpu_user_s=st.none() | st.floats(0, 100),
    ),
)


@settings(max_examples=50)
@given(st.lists(RECORDS, max_size=8), st.binary(max_size=200).map(lambda b: b.replace(b"\n", b"")))
def test_any_records_survive_beside_any_bytes(tmp_path_factory, good, junk):
    folder = tmp_path_factory.mktemp("any")
    reading = read(write(folder, line(RUN), *map(line, good), junk))
    assert reading.records[: len(good) + 1] == (RUN, *good)


@pytest.mark.parametrize("path", sorted(DATA.glob("schema-*.jsonl")), ids=lambda p: p.name)
def test_files_of_every_schema_stay_readable(path):
    reading = read(path)
    assert reading.refused == ()
    kinds = {type(record).__name__ for record in reading.records}
    assert {"Run", "Runtime", "Verified", "Slice", "Cell"} <= kinds


def test_there_is_a_file_of_every_schema():
    numbers = {int(path.stem.split("-")[1]) for path in DATA.glob("schema-*.jsonl")}
    assert numbers == set(range(1, schema.SCHEMA + 1))


def test_what_a_full_disk_does_not_take_leaves_whole_lines_and_a_sentence(tmp_path):
    path = tmp_path / "records.jsonl"
    writer = Writer(path)
    writer.write(RUN)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))  # a part of the next line
    try:
        with pytest.raises(records.Unwritable) as told:
            writer.write(CELL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert f"records cannot be written to {path}: File too large, " in str(told.value)
    assert "MiB free on its disk" in str(told.value)
    writer.write(CELL)  # there is room again
    writer.close()
    assert read(path).records == (RUN, CELL)
