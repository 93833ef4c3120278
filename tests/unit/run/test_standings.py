"""The line of a case that has ended, from records and rounds."""

from types import SimpleNamespace
from typing import Any

import msgspec

from bench import schema
from bench.contenders.spec import Contender, parse
from bench.run.rounds import History
from bench.run.session import ranked
from bench.run.standings import USUAL, Board, compared, labels
from frameworks.interface import Device


def contender(text, device="cpu", precision="float32"):
    kind = "cpu" if device == "cpu" else "gpu"
    return Contender(parse([text])[0], Device(id=device, kind=kind, name=device), precision, None)  # type: ignore[arg-type]


def rounds(seconds, count=8):
    return History({number: seconds * (1 + 0.001 * (number % 3)) for number in range(count)})


def cell(name):
    fixed: dict[str, Any] = {
        "case": "mlp/train/64",
        "stopped": "all done",
        "rounds": 8,
        "samples": 8,
    }
    return schema.Cell(contender=name, **fixed)


def verified(name, *about):
    checks = tuple(schema.Check(name="x", error=2.0, limit=1.0, about=each) for each in about)
    case = "mlp/train/64"
    return schema.Verified(
        contender=name, case=case, phase="after", passed=not about, checks=checks
    )


def ended(names, *records, histories=None):
    board = Board()
    for record in records:
        board.note(record)
    known = {each.id: (histories or {}).get(each.spec.text, History()) for each in names}
    return board.ended("mlp/train/64", names, known)


def test_the_fastest_comes_first_with_ratios_and_words_for_the_others():
    names = [contender(text) for text in ("numpy", "torch", "jax")]
    histories = {"numpy": rounds(3.0), "torch": rounds(1.0), "jax": rounds(1.0005)}
    (line,) = ended(names, *(cell(each.id) for each in names), histories=histories)
    assert [s.label for s in line.standings] == ["torch", "jax", "numpy"]
    assert line.standings[0].word == "first"
    assert line.standings[2].word == "slower"
    assert round(line.standings[2].ratio, 2) == 3.0


def test_who_is_wrong_failed_or_left_out_stands_last_with_a_word():
    names = [contender(text) for text in ("numpy", "torch", "jax", "mlx")]
    (line,) = ended(
        names,
        cell(names[0].id),
        verified(names[1].id, "time", "answer"),
        cell(names[1].id),
        verified(names[2].id, "time"),
        schema.Skipped(contender=names[3].id, case="mlp/train/64", reason="too slow"),
        histories={"numpy": rounds(1.0), "torch": rounds(0.1)},
    )
    assert [(s.label, s.word) for s in line.standings] == [
        ("numpy", "first"),
        ("torch", "wrong"),
        ("jax", "untimed"),
        ("mlx", "skipped"),
    ]


def test_a_cell_that_ended_well_after_a_wrong_answer_stays_wrong():
    name = contender("torch")
    (line,) = ended([name], verified(name.id, "answer"), cell(name.id), verified(name.id))
    assert line.standings[0].word == "wrong"


def test_precisions_are_told_apart():
    names = [contender("torch", precision=each) for each in ("float32", "float16")]
    lines = ended(names, *(cell(each.id) for each in names), histories={"torch": rounds(1.0)})
    assert [line.precision for line in lines] == ["float32", "float16"]
    assert all(len(line.standings) == 1 for line in lines)


def test_devices_are_named_only_where_they_differ():
    assert set(labels([contender("torch"), contender("jax")]).values()) == {"torch", "jax"}
    both = [contender("torch"), contender("torch", "mps")]
    assert set(labels(both).values()) == {"torch (CPU)", "torch (GPU)"}


def test_nothing_measured_is_nothing_compared():
    assert compared({}) == {}
    assert compared({"a": History()}) == {}


def test_the_null_adapter_stands_nowhere_beside_others():
    names = [contender("null"), contender("torch")]
    measured = {"null": rounds(1e-7), "torch": rounds(1e-3)}
    cells = [cell(each.id) for each in names]
    (both,) = ended(names, *cells, histories=measured)
    assert [standing.label for standing in both.standings] == ["torch"]
    (alone,) = ended(names[:1], *cells, histories=measured)
    assert [standing.label for standing in alone.standings] == ["null"]


def test_who_measures_the_harness_competes_with_nobody():
    supervisors = [
        SimpleNamespace(contender=contender(text)) for text in ("null", "numpy", "torch")
    ]
    assert [supervisor.contender.spec.text for supervisor in ranked(supervisors)] == [  # type: ignore[arg-type]
        "numpy",
        "torch",
    ]


def test_a_run_speaks_among_the_comparisons_that_it_makes_not_those_that_it_planned():
    board = Board(10_000)
    assert board.among.comparisons == USUAL
    names = [contender(text).id for text in ("numpy", "torch", "jax", "tf", "mlx")]
    for number in range(40):
        for name in names:
            board.note(msgspec.structs.replace(cell(name), case=f"mlp/train/{number}"))
    assert board.among.comparisons == 40 * 10
    assert Board(3).among.comparisons == 3
