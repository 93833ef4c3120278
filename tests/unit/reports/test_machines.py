"""Machines: told apart, grouped, compared with a baseline, and shown though nothing is shared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.schema import Gpu, Record, Run, Slice
from reports import content
from reports.chapters import machines
from reports.content import Content
from reports.frame import read
from reports.ingest import machine_names
from tests.helpers import builders

change = msgspec.structs.replace


def on(label: str, factor: float, name: str, **facts: Any) -> list[Record]:
    """The usual run on a machine that takes `factor` times as long."""
    head, *rest = builders.run(builders.FIVE[:2], special=builders.no_special)
    assert isinstance(head, Run)
    machine = change(builders.MACHINE, label=label, **facts)
    slower = (
        change(line, samples_s=tuple(factor * s for s in line.samples_s))
        if isinstance(line, Slice)
        else line
        for line in rest
    )
    return [change(head, machine=machine, run=name), *slower]


def make(folder: Path, *runs: Sequence[Record], **options: Any) -> Content:
    paths = [
        builders.write(folder / str(number) / "records.jsonl", lines)
        for number, lines in enumerate(runs)
    ]
    return content.make(read(paths), **options)


def parts(made: Content) -> dict[str, Any]:
    return {p.key: p for c in made.chapters if c.key == "machines" for p in c.parts}


def test_machines_stand_side_by_side_against_the_first(tmp_path: Path) -> None:
    made = make(tmp_path, on("one", 1, "a"), on("two", 2, "b"), on("three", 1.0001, "c"))
    table = parts(made)["machines-common"].table
    assert [row[0] for row in table.rows] == ["one", "two", "three"]
    words = {row[0]: row[2].split("\n")[1] for row in table.rows}
    assert words["one"] == "baseline"
    assert words["two"] == "2.00x slower"
    assert words["three"] in ("same", "unresolved")
    assert table.columns[2].startswith("matmul\n1024")
    assert "machines-alone" not in parts(made)


def test_the_reader_chooses_the_baseline(tmp_path: Path) -> None:
    made = make(tmp_path, on("one", 1, "a"), on("two", 2, "b"), baseline="TW")
    table = parts(made)["machines-common"].table
    assert [row[0] for row in table.rows] == ["two", "one"]
    assert table.rows[1][2].split("\n")[1] == "2.00x faster"
    with pytest.raises(machines.NoSuchMachine, match="one; two"):
        make(tmp_path / "x", on("one", 1, "a"), on("two", 2, "b"), baseline="none such")


def test_a_gpu_that_no_framework_can_use_makes_no_family(tmp_path: Path) -> None:
    def family(gpu: Gpu) -> str:
        made = make(tmp_path / gpu.name, on("one", 1, "a", gpus=(gpu,)), on("two", 2, "b"))
        row = parts(made)["machines-common"].table.rows[0]
        return next(cell for cell in row if cell in machine_names.FAMILIES)

    assert family(Gpu(name="Intel 0x9a49", vendor="Intel", kind="built-in")) == "no GPU"
    assert family(Gpu(name="virtio 0x1050", kind="virtual")) == "no GPU"
    assert family(Gpu(name="NVIDIA H200", vendor="NVIDIA")) == "NVIDIA"


def test_a_machine_with_nothing_in_common_is_still_shown(tmp_path: Path) -> None:
    head, *rest = on("lonely", 1, "b")
    assert isinstance(head, Run)
    cases = tuple(change(c, case=f"own/{c.case}", suite="own") for c in head.cases)
    lines = [change(r, case=f"own/{r.case}") if hasattr(r, "case") else r for r in rest]
    made = make(tmp_path, on("one", 1, "a"), [change(head, cases=cases), *lines])
    (part,) = parts(made).values()
    assert part.title == "Other machines, other work"
    assert {row[0] for row in part.table.rows} == {"one", "lonely"}


def test_one_definition_is_not_compared_with_another(tmp_path: Path) -> None:
    head, *rest = on("two", 1, "b")
    assert isinstance(head, Run)
    other = tuple(change(case, definition_sha256="f" * 64) for case in head.cases)
    made = make(tmp_path, on("one", 1, "a"), [change(head, cases=other), *rest])
    assert list(parts(made)) == ["machines-alone"]


def test_two_runs_of_a_machine_are_one_row_and_the_newest_counts(tmp_path: Path) -> None:
    head, *rest = on("one", 3, "b")
    assert isinstance(head, Run)
    newer = [change(head, started_at="2027-01-01T00:00:00+00:00"), *rest]
    made = make(tmp_path, newer, on("one", 1, "a"), on("two", 3, "c"))
    table = parts(made)["machines-common"].table
    assert [row[0] for row in table.rows] == ["one", "two"]
    assert table.rows[1][2].split("\n")[1] in ("same", "unresolved")


def test_machines_of_one_name_stay_apart(tmp_path: Path) -> None:
    runs = {
        str(number): change(builders.run()[0], machine=machine)
        for number, machine in enumerate(
            (
                builders.MACHINE,
                change(builders.MACHINE, memory_bytes=8 * 2**30),
                change(builders.MACHINE, release="7.0"),
                change(builders.MACHINE, label=""),
            )
        )
    }
    label = builders.MACHINE.label
    expected = [label, f"{label} (2)", label, "a machine without a name"]
    assert list(machine_names.names(runs).values()) == expected  # type: ignore[arg-type]


def test_one_id_on_two_machines_is_told(tmp_path: Path) -> None:
    made = make(tmp_path, on("one", 1, "same"), on("two", 2, "same"))
    assert [section.run for section in made.sections] == ["same", "same (2)"]
    assert any("more than one run is called same" in f.what for f in made.findings)
    assert len(parts(made)["machines-common"].table.rows) == 2


@pytest.mark.parametrize(
    ("names", "system", "family"),
    [
        (["Apple M2 Max"], "Darwin", "Apple"),
        (["mps"], "Darwin", "Apple"),
        (["AMD Radeon RX 570"], "Darwin", "AMD Metal"),
        (["Radeon RX 580"], "", "AMD Metal"),
        (["AMD Radeon RX 7900"], "Linux", "other GPU"),
        (["NVIDIA H200"], "Linux", "NVIDIA"),
        (["GTX 1060"], "", "NVIDIA"),
        (["Intel UHD Graphics 630"], "Darwin", "other GPU"),
        ([], "Linux", "no GPU"),
    ],
)
def test_families(names: list[str], system: str, family: str) -> None:
    assert machine_names.family(names, system) == family


def test_rows_are_grouped_by_family(tmp_path: Path) -> None:
    gpus = {"cpu": (), "nv": ("NVIDIA L4",), "m": ("Apple M1",), "amd": ("Radeon RX 580",)}
    runs = [
        on(label, 1, label, system="Darwin", gpus=tuple(builders.schema.Gpu(name=n) for n in names))
        for label, names in gpus.items()
    ]
    table = parts(make(tmp_path, *runs))["machines-common"].table
    assert [row[1] for row in table.rows] == ["no GPU", "Apple", "AMD Metal", "NVIDIA"]


def test_published_machines_are_marked_and_compared_step_by_step(tmp_path: Path) -> None:
    """A source that timed steps alone shares the column of the same work."""
    line = builders.schema.Published(
        source="a blog",
        suite="matmul",
        name="square",
        size=1024,
        framework="torch",
        device="mps",
        machine="a Mac",
        time_s=1.0,
        steps=10,
    )
    lines = [*on("one", 1, "a"), line]
    table = parts(make(tmp_path, lines))["machines-common"].table
    rows = {row[0]: row[2].split("\n") for row in table.rows}
    assert rows["a Mac (published)"][0] == "100 ms"
    assert rows["a Mac (published)"][1].startswith("about ")
    longer = [*on("one", 1, "a"), change(line, steps=None, work="ten epochs")]
    assert not list(parts(make(tmp_path / "x", longer)))


def test_one_machine_alone_is_not_beside_itself(tmp_path: Path) -> None:
    assert not list(parts(make(tmp_path, on("one", 1, "a"))))
