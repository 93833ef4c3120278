"""Lines of a file from outside: all of an honest one, and of any other no more than its bounds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import bounded_lines
from bench.bounded_lines import RestUnread, lines


def content(path: Path) -> tuple[list[tuple[int, bytes]], RestUnread | None]:
    """What can be read, and why no more."""
    found: list[tuple[int, bytes]] = []
    try:
        for each in lines(path):
            found.append(each)  # noqa: PERF402  what came before the end is kept
    except RestUnread as rest:
        return found, rest
    return found, None


def write(folder: Path, data: bytes, packed: bool) -> Path:
    path = folder / ("x.gz" if packed else "x")
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


LINES = st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=20)


@settings(max_examples=60)
@given(LINES, st.integers(1, 7), st.booleans(), st.booleans())
def test_every_line_comes_once_and_whole(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[bytes],
    piece: int,
    packed: bool,
    end: bool,
) -> None:
    """However small the pieces are in which a file is read."""
    path = write(tmp_path_factory.mktemp("lines"), b"\n".join(texts) + b"\n" * end, packed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounded_lines, "_PIECE", piece)
        found = content(path)
    assert found == ([(n, text) for n, text in enumerate(texts, start=1) if text.strip()], None)


def test_several_members_and_their_padding_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a\nb") + b"\0" * 9 + gzip.compress(b"c\n") + b"\0" * 9)
    assert content(path) == ([(1, b"a"), (2, b"bc")], None)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MAX_LINE_BYTES", 8, "longer than 8 bytes"),
        ("MAX_FILE_BYTES", 52, "beyond 52 bytes"),
        ("MAX_LINES", 10, "beyond 10 lines"),
        ("MAX_CPU_S", -1.0, "seconds of CPU time"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_each_bound_ends_the_reading_and_names_the_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: float,
    reason: str,
    packed: bool,
) -> None:
    path = write(tmp_path, b"word\n" * 20 + b"a line that is long\n" + b"x\n" * 20, packed)
    whole, rest = content(path)
    assert (len(whole), rest) == (41, None)
    monkeypatch.setattr(bounded_lines, name, value)
    found, rest = content(path)
    assert rest is not None
    assert reason in str(rest)
    assert "rest unread" in str(rest)
    assert found == whole[: rest.line - 1]


def test_what_is_compressed_beyond_belief_is_left_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, b"word\n" * 2**16, True)
    assert content(path)[1] is None  # too little to harm
    monkeypatch.setattr(bounded_lines, "FREE_BYTES", 2**10)
    assert "compressed more than 100 times" in str(content(path)[1])


def test_a_million_empty_members_end_at_the_time_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"") * 5000)
    assert content(path) == ([], None)
    monkeypatch.setattr(bounded_lines, "MAX_CPU_S", 0.0)
    assert "CPU time" in str(content(path)[1])


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-9], lambda data: data + b"more"], ids=["cut", "followed"]
)
def test_damage_is_named_after_what_came_before(tmp_path: Path, spoil) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(spoil(gzip.compress(b"a\nb\n")))
    found, rest = content(path)
    assert found == [(1, b"a"), (2, b"b")]
    assert "damaged" in str(rest)
