"""The other chapters: order, roofline and peaks, waiting, memory, energy, learning."""

from __future__ import annotations

import csv
import importlib
import inspect
import math
import pkgutil
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.schema import Gpu, Record, Run, Slice
from reports import chapters, content
from reports.chapters.table_of_contents import CHAPTERS
from reports.content import Content
from reports.document import Chapter
from reports.frame import read
from reports.hardware import peaks
from tests.helpers import builders

change = msgspec.structs.replace


def make(folder: Path, lines: Sequence[Record], published: bool = False) -> Content:
    return content.make(read([builders.write(folder / "records.jsonl", lines)], published))


def chapter(made: Content, key: str) -> Chapter:
    return next(chapter for chapter in made.chapters if chapter.key == key)


def test_chapters_come_in_the_order_of_what_a_reader_asks(tmp_path: Path) -> None:
    assert [c.key for c in make(tmp_path, builders.run(), published=True).chapters] == [
        *("answer", "pitfalls", "crossover", "roofline", "machines", "trust", "versions"),
        *(
            "latency",
            "first-step",
            "memory",
            "energy",
            "learning",
            "coverage",
            "published",
            "method",
        ),
    ]


def test_every_chapter_has_a_row() -> None:
    """A chapter without one would never be shown."""
    for name in (each.name for each in pkgutil.iter_modules(chapters.__path__)):
        module = importlib.import_module(f"reports.chapters.{name}")
        own = {
            found
            for word, found in vars(module).items()
            if inspect.isfunction(found)
            and not word.startswith("_")
            and found.__module__ == module.__name__
            and inspect.signature(found).return_annotation == "Chapter"
        }
        assert own <= set(CHAPTERS), name


def test_keys_are_unique_and_safe(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run(), published=True)
    keys = [part.key for each in made.chapters for part in each.parts]
    assert len(keys) == len(set(keys))
    assert all(key.replace("-", "").isalnum() for key in keys)


# --- roofline ---------------------------------------------------------------------------------


def gpu(name: str, flop_per_s: float) -> builders.Model:
    return replace(
        builders.FIVE[1], device="mps", device_name=name, flop_per_s=flop_per_s, bytes_per_s=1e12
    )


def test_the_roofline_holds_cells_against_measured_and_known_peaks(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run((builders.FIVE[1], gpu("Apple M2 Max", 5e12))))
    cpu, metal = chapter(made, "roofline").parts
    assert "No sourced peak" in cpu.text[0]
    assert "Known peaks of Apple M2 Max (38 cores): 13.6 TFLOP/s" in metal.text[1]
    said = chapter(made, "roofline").answer
    assert said == metal.text[0]
    assert re.match(r"Nearest to the known peak of Apple M2 Max: \w+ \w+ \d\d % \(torch, ", said)
    works = [series.label for series in metal.plots[0].series]
    assert {"matmul", "mlp forward"} <= set(works)
    assert [part.plots[0].heading[:7] for part in (cpu, metal)] == ["GFLOP/s", "TFLOP/s"]
    highest = max(y for series in metal.plots[0].series for _, y in series.points)
    assert highest == pytest.approx(13.6, rel=0.01)
    assert metal.data is not None
    assert metal.data.columns[-2:] == ("of the measured roof", "of the known peak")
    shares = [row[-2].value for row in metal.data.rows]  # type: ignore[attr-defined]
    assert max(shares) == pytest.approx(1)
    assert not [f for f in made.findings if f.severity == "suspect"]


def test_the_roofline_says_what_copying_came_to_and_what_physics_allows(tmp_path: Path) -> None:
    """Beside the sourced figure of memory, where there is one."""
    head, *lines = builders.run((builders.FIVE[1], gpu("Apple M2 Max", 5e12)))
    assert isinstance(head, Run)
    vector = "hackintosh/product_only/1000000"
    cases = tuple(
        change(case, suite="ops", name="copy", flop=0) if case.case == vector else case
        for case in head.cases
    )
    made = make(tmp_path, [change(head, cases=cases), *lines])
    cpu, metal = ("".join(part.text) for part in chapter(made, "roofline").parts)
    for text in (cpu, metal):
        assert re.search(
            r"Memory, measured by copying: [\d.,]+ GB/s \(torch, [\d.]+ MiB read", text
        )
    assert "and 410 GB/s, from metal-benchmarks" in metal
    assert "Physics allows any 2-core x86_64 CPU at most 794 GFLOP/s (derived: " in cpu
    assert "Physics" not in metal


def test_more_than_the_device_can_do_is_suspect(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run((gpu("Apple M1", 3e12),)))
    (finding,) = [f for f in made.findings if f.severity == "suspect"]
    assert "above the 2.62 that Apple M1 can do" in finding.what


def test_peaks_are_found_by_exact_name_alone() -> None:
    found = peaks.peak("Apple M1 Max")
    assert found is not None
    assert found.flop_per_s == 10.617e12
    assert peaks.peak("Radeon RX 5700 XT") == peaks.peak("AMD Radeon RX 5700 XT")
    for name in ("Apple M1 Maxi", "Radeon Pro 5700 XT", "Apple M6", ""):
        assert peaks.peak(name) is None


def test_the_machine_tells_how_many_cores_a_chip_has() -> None:
    small, full = Gpu(name="Apple M1 Max", cores=24), Gpu(name="Apple M1 Max", cores=32)
    assert peaks.peak("Apple M1 Max", [small]).cores == 24
    assert peaks.peak("Apple M1 Max", [full]).cores == 32
    unsure = (), [small, full], [Gpu(name="Apple M1 Max")], [Gpu(name="Apple M1 Max", cores=5)]
    for gpus in (*unsure, [Gpu(name="Apple M1", cores=24)]):
        assert peaks.peak("Apple M1 Max", gpus).cores == 32


def test_a_framework_that_cannot_name_its_gpu_has_the_machines_only_one() -> None:
    amd, intel = Gpu(name="Radeon RX 580"), Gpu(name="Intel UHD Graphics 630", vendor="Intel")
    assert peaks.peak("mps", [intel, amd]) == peaks.peak("AMD Radeon RX 580")
    assert peaks.peak("mps", [amd, Gpu(name="Radeon Pro 560")]) is None
    assert peaks.peak("metal:0", [intel]) is None
    assert peaks.peak("cuda:0", [amd]) is None


def test_every_peak_has_a_source_and_lies_where_peaks_lie() -> None:
    with peaks.TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({(row["name"], row["cores"]) for row in rows})
    for row in rows:
        cores = int(row["cores"]) if row["cores"] else None
        found = peaks.peak(row["name"], [Gpu(name=row["name"], cores=cores)])
        assert found is not None
        assert (found.cores, found.flop_per_s) == (cores, float(row["flop_per_s"]))
        assert found.source
        assert 1e12 < found.flop_per_s < 1.1e14
        assert 5 < found.flop_per_s / found.bytes_per_s < 102


def test_a_derived_peak_is_what_its_derivation_says() -> None:
    with peaks.TABLE.open(encoding="utf-8") as file:
        derived = [row for row in csv.DictReader(file) if row["source"].startswith("derived: ")]
    assert derived
    for row in derived:
        factors = row["source"].removeprefix("derived: ").partition(";")[0].split(" x ")
        numbers = [float(factor.split()[0]) for factor in factors]
        assert math.prod(numbers) * 1e9 == pytest.approx(float(row["flop_per_s"]), rel=1e-3)


# --- waiting, starting, memory, energy -----------------------------------------------------------


def test_costs_are_told_with_the_largest_in_words(tmp_path: Path) -> None:
    made = make(tmp_path, builders.run())
    for key in ("latency", "first-step", "memory"):
        (part,) = chapter(made, key).parts
        table = part.data or part.table
        assert table is not None
        assert table.columns[:3] == ("work", "size", "numpy")
        assert len(table.rows) == 11
        assert part.text
    assert "\n1." in str(chapter(made, "latency").parts[0].data)[:9999].replace("\\n", "\n")


def metered(line: Record, **watts: float) -> Record:
    """A slice during which its framework's device drew so much."""
    power_w = watts.get(line.contender.partition("/")[0]) if isinstance(line, Slice) else None
    return line if power_w is None else change(line, energy_j=power_w * line.wall_s)


def test_energy_is_told_only_where_a_meter_was_read(tmp_path: Path) -> None:
    assert chapter(make(tmp_path / "a", builders.run()), "energy").parts == ()
    lines = [metered(line, jax=5.0) for line in builders.run()]
    (part,) = chapter(make(tmp_path / "b", lines), "energy").parts
    assert part.table is not None
    assert part.table.columns == ("work", "size", "jax")
    assert {str(row[2]).partition("\n")[2] for row in part.table.rows} == {"5.00 W"}
    assert part.text == ()  # nothing to compare it with


def test_energy_says_in_words_where_contenders_of_one_device_differ_most(tmp_path: Path) -> None:
    on_gpu = replace(builders.FIVE[1], spec="mlx", device="mps")
    models = (*builders.FIVE[1:4], on_gpu)
    lines = [metered(line, torch=5.0, jax=5.0, tf=50.0, mlx=0.001) for line in builders.run(models)]
    (part,) = chapter(make(tmp_path, lines), "energy").parts
    (text,) = part.text
    assert text.startswith("Widest apart on the CPU, in ")
    assert "one of tf" in text
    assert "x as much." in text
    assert "mlx" not in text  # another device's counter covers other parts


# --- coverage ---------------------------------------------------------------------------------


def test_coverage_counts_how_the_cases_of_each_contender_ended(tmp_path: Path) -> None:
    lines = builders.run(wrong=[("torch", "matmul/square/64")])
    (part,) = chapter(make(tmp_path, lines), "coverage").parts
    assert part.table is not None
    head, rows = part.table.columns, {row[0]: row[1:] for row in part.table.rows}
    assert not any("null" in who for who in rows)
    torch = dict(zip(head[1:], map(int, rows["torch, float32"]), strict=True))
    assert torch["wrong"] == 1
    assert torch.pop("cases") == sum(torch.values())
