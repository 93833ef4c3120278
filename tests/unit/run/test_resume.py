"""Resuming: the right run is found, and what it had done is read from its file alone."""

from pathlib import Path

import pytest
from msgspec import structs

from bench import records, schema
from bench.run import resume
from bench.run.resume import NothingToResume
from tests.helpers import builders


def lines(**others):
    return [*builders.run(builders.FIVE[:2], rounds=4, **others)]


def left(out: Path, name="20261120-101500-ab12", upto=None, **others):
    """A run's folder as a break left it."""
    path = out / name / "records.jsonl"
    builders.write(path, lines(name=name, **others)[:upto])
    return path


def wanted(**changes):
    return structs.replace(lines()[0], run="another", started_at="later", **changes)


def test_a_run_without_an_end_is_found(tmp_path):
    path = left(tmp_path, upto=60)
    begun = resume.find(tmp_path, wanted())
    assert begun.folder == path.parent


def test_what_is_finished_and_what_is_half_done_is_told_apart(tmp_path):
    all_lines = lines()
    upto = next(n for n, r in enumerate(all_lines) if isinstance(r, schema.Cell)) + 4
    left(tmp_path, upto=upto)
    begun = resume.find(tmp_path, wanted())
    kept = all_lines[:upto]
    assert begun.finished == {
        (r.contender, r.case)
        for r in kept
        if isinstance(r, schema.Cell | schema.Skipped | schema.Failed)
    }
    slices = [r for r in kept if isinstance(r, schema.Slice)]
    for (who, case), history in begun.past.items():
        mine = [r for r in slices if (r.contender, r.case) == (who, case)]
        assert len(history.rounds_s) == len(mine)
        assert begun.rounds[case] >= max(r.round for r in mine) + 1
    assert sum(len(h.rounds_s) for h in begun.past.values()) == len(slices)


def test_a_wrong_answer_is_finished_and_remains_a_trouble(tmp_path):
    case = "matmul/square/64"
    left(tmp_path, wrong=[("torch", case)])
    begun = resume.find(tmp_path, wanted())
    assert ("torch/cpu/float32", case) in begun.finished
    assert begun.troubles >= 1


def test_a_run_with_an_end_is_not_resumed(tmp_path):
    path = left(tmp_path)
    with path.open("ab") as file:
        file.write(b'{"kind": "end", "at_s": 5.0}\n')
    with pytest.raises(NothingToResume, match="none that broke off"):
        resume.find(tmp_path, wanted())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"settings": {"preset": "full"}}, r"settings \(.*preset: smoke then, full now"),
        ({"commit": None}, "commit"),
        ({"machine": schema.Machine(label="another", system="Linux")}, "machine"),
        ({"cases": ()}, "cases"),
        ({"contenders": ()}, "contenders"),
    ],
)
def test_what_was_asked_otherwise_is_not_resumed_and_the_difference_named(tmp_path, changes, named):
    left(tmp_path, upto=30)
    with pytest.raises(NothingToResume, match=f"differs in its {named}"):
        resume.find(tmp_path, wanted(**changes))


def test_other_bounds_of_a_worker_resume_all_the_same(tmp_path):
    left(tmp_path, upto=30)
    bounds = {"timeout_s": 8.0, "memory_bytes": 2**33}
    assert resume.find(tmp_path, wanted(settings=wanted().settings | bounds))


def test_a_display_plugged_in_meanwhile_makes_no_other_machine(tmp_path):
    left(tmp_path, upto=30)
    machine = structs.replace(builders.MACHINE, displays=2, notes=("One more display.",))
    assert resume.find(tmp_path, wanted(machine=machine))


def test_the_newest_of_several_is_taken(tmp_path):
    left(tmp_path, "20261120-101500-ab12", upto=30)
    newest = left(tmp_path, "20261121-101500-ab12", upto=30)
    assert resume.find(tmp_path, wanted()).folder == newest.parent


def test_a_last_line_cut_short_is_let_go_and_nothing_else(tmp_path):
    path = left(tmp_path, upto=30)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "slice", "contender": "to')
    begun = resume.find(tmp_path, wanted())
    writer = records.Writer(begun.folder / "records.jsonl", resumed=True)
    writer.write(schema.Resumed(resumed_at="now", at_s=begun.at_s))
    writer.close()
    assert path.read_bytes().startswith(whole)
    reading = records.read(path)
    assert reading.refused == ()
    assert isinstance(reading.records[-1], schema.Resumed)


@pytest.mark.parametrize("kept", [-1, -2, -30])
def test_a_last_line_is_whole_or_was_never_measured(tmp_path, kept):
    """Whole but for its newline, it would be counted, and gone when the next is written."""
    all_lines = lines()
    upto = next(n for n, r in enumerate(all_lines) if isinstance(r, schema.Cell)) + 1
    path = left(tmp_path, upto=upto)
    path.write_bytes(path.read_bytes()[:kept])
    begun = resume.find(tmp_path, wanted())
    last = all_lines[upto - 1]
    assert (last.contender, last.case) not in begun.finished
    assert len(records.read(path).records) == upto - 1


def test_a_line_damaged_in_the_middle_is_named(tmp_path):
    path = left(tmp_path, upto=30)
    damaged = path.read_bytes().splitlines(keepends=True)
    damaged[12] = b"\x00\x00\n"
    path.write_bytes(b"".join(damaged))
    with pytest.raises(NothingToResume, match=r"line 13 .* damaged"):
        resume.find(tmp_path, wanted())


@pytest.mark.parametrize("text", [b"", b"{", b"\x1f\x8b", b"[]\n", b'{"kind": "run"}\n'])
def test_files_that_are_no_runs_are_passed_over(tmp_path, text):
    folder = tmp_path / "20261122-000000-0000"
    folder.mkdir()
    (folder / "records.jsonl").write_bytes(text)
    with pytest.raises(NothingToResume):
        resume.find(tmp_path, wanted())


@pytest.mark.parametrize("kept", [0, 1, 70_000, 140_001])
def test_a_file_is_cut_at_its_last_whole_line(tmp_path, kept):
    path = tmp_path / "records.jsonl"
    whole = b"x" * (kept - 1) + b"\n" if kept else b""
    path.write_bytes(whole + b"y" * 200_000)
    assert not records.ended(path)
    records.cut(path)
    assert path.read_bytes() == whole
