"""Every format holds every verified cell, with our figures, and is read by what it is for."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyperf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from bench.schema import Gpu, Slice
from reports.exports import exported
from reports.exports.exported import Exported
from reports.exports.registry import FORMATS
from reports.frame import Results, read
from tests.helpers import builders
from tests.helpers.patience import PATIENT_S
from tests.unit.exports.readers import READERS

EVIL = '`|<b>"\\@all\n\x1b[31m\u202e-bencher-ignore'
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([EVIL, "", " ", "\x00", "}\n# EOF\n", "0001-01-01T00:00:00+14:00"]),
)


def results(folder: Path, lines: list[builders.Record]) -> Results:
    return read([builders.write(folder / "records.jsonl", lines)])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run on the CPU and on a device that tells of energy and memory; NumPy skips training."""
    models = [*builders.FIVE[:2], replace(builders.FIVE[1], device="cuda:0")]
    lines = [
        structs.replace(line, energy_j=2.0, wall_s=0.1, device_peak_bytes=3 * 2**30)
        if isinstance(line, Slice) and "cuda" in line.contender
        else line
        for line in builders.run(models)
    ]
    return results(tmp_path_factory.mktemp("usual"), lines)


def made(found: Results) -> Exported:
    return exported.of(found, Path("here"))


def test_every_format_has_a_reader_here() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_reader_finds_every_verified_cell_and_no_other(usual: Results, name: str) -> None:
    (run,) = usual.runs
    cells = usual.ranked(run)
    assert len(cells) < len(usual.cells), "some cell of this run has no time"
    expected = [f"{cell.case} [{cell.contender}]" for cell in cells]
    assert READERS[name](FORMATS[name].render(made(usual))) == expected


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30)
@given(texts=st.lists(TEXTS, min_size=15, max_size=15))
def test_no_text_of_a_record_spoils_a_file(usual: Results, name: str, texts: list[str]) -> None:
    """A text for each field, and the same case thrice; the reader finds as many entries."""
    names = READERS[name](FORMATS[name].render(made(_with(usual, texts))))
    assert len(set(names)) == len(names) == 3


def _with(usual: Results, texts: list[str]) -> Results:
    """Three cells, every text of which is one of these."""
    (run,) = usual.runs.values()
    contender, case, label, cpu, gpu, date, commit, version, preset, *others = texts
    cells = usual.cells[usual.cells["verified"]].iloc[[0, 1, 0]].reset_index(drop=True)
    slices = usual.slices.iloc[[0, 0, 0]].reset_index(drop=True).assign(cell=[0, 1, 2])
    columns = ("framework", "version", "device", "device_name", "suite", "name")
    for column, text in zip(columns, others, strict=True):
        cells[column] = text
    for frame in (cells, slices):
        frame["contender"] = [contender, f"{contender}\x00", f"{contender}\x1b"]
        frame["case"] = [case, case, f"{case}\x07"]
    machine = structs.replace(
        run.machine, label=label, cpu=cpu, gpus=(Gpu(name=gpu, memory_bytes=2**62),)
    )
    changed = structs.replace(
        run,
        machine=machine,
        started_at=date,
        commit=commit,
        version=version,
        settings={"preset": preset},
    )
    return replace(usual, cells=cells, slices=slices, runs={run.run: changed})


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_in_a_name_is_markup_or_acts_on_a_terminal(tmp_path: Path, name: str) -> None:
    model = replace(builders.FIVE[1], version=EVIL, device_name=EVIL)
    lines = builders.run([model], rounds=3)
    text = FORMATS[name].render(made(results(tmp_path, lines)))
    assert ("bencher-ignore" in text) == (name != "bmf"), "Bencher gets names of cells alone"
    assert not set(text) & set("\x1b\u202e\x00`|<")


def test_two_names_that_become_one_stay_two(usual: Results) -> None:
    cells = usual.cells[usual.cells["verified"]].iloc[[0, 0]].reset_index(drop=True)
    slices = usual.slices.iloc[[0, 0]].reset_index(drop=True).assign(cell=[0, 1])
    for frame in (cells, slices):
        frame["contender"] = ["torch<", "torch>"]
    names = [each.name for each in made(replace(usual, cells=cells, slices=slices)).entries]
    assert names == ["matmul/square/64 [torch?]", "matmul/square/64 [torch? (2)]"]


def test_units_are_those_that_the_page_names(usual: Results) -> None:
    """1 µs in each format's own unit; energy and memory where a device tells of them."""
    entry = next(each for each in made(usual).entries if "cuda" in each.name)
    time_s, energy_j, peak = (figure.value for figure in entry.figures)
    bmf = json.loads(FORMATS["bmf"].render(made(usual)))[entry.name]
    assert bmf["latency"]["value"] == pytest.approx(time_s * 1e9)
    assert bmf["energy-joules"] == {"value": pytest.approx(energy_j)}
    assert bmf["device-peak-memory-bytes"] == {"value": peak}
    listed = json.loads(FORMATS["github-action-benchmark"].render(made(usual)))
    own = [each for each in listed if each["name"].startswith(entry.name)]
    assert [each["unit"] for each in own] == ["ns", "J", "bytes"]
    assert own[0]["value"] == pytest.approx(time_s * 1e9)
    records = json.loads(FORMATS["pytorch-hud"].render(made(usual)))
    values = {
        each["metric"]["name"]: each["metric"]["benchmark_values"]
        for each in records
        if each["metric"]["extra_info"]["name"] == entry.name
    }
    assert values == {
        "step_time_seconds": [time_s],
        "step_energy_joules": [energy_j],
        "device_peak_memory_bytes": [peak],
    }
    lines = FORMATS["openmetrics"].render(made(usual)).splitlines()
    assert any(line.startswith("metalbench_step_time_low_seconds{") for line in lines)
    assert any(line.endswith(f"}} {time_s!r}") for line in lines)


def test_pyperf_has_a_run_for_each_start_and_finds_our_median(tmp_path: Path) -> None:
    lines = builders.in_starts(builders.run(builders.FIVE[:1], rounds=12), 4)
    text = FORMATS["pyperf"].render(made(results(tmp_path, lines)))
    suite = pyperf.BenchmarkSuite.loads(text)
    assert {(each.get_nrun(), each.get_nvalue()) for each in suite} == {(3, 12)}
    one_start = builders.run(builders.FIVE[:1], rounds=7)
    found = made(results(tmp_path / "one", one_start))
    suite = pyperf.BenchmarkSuite.loads(FORMATS["pyperf"].render(found))
    for benchmark, entry in zip(suite, found.entries, strict=True):
        assert benchmark.median() == pytest.approx(entry.figures[0].value)


@pytest.mark.parametrize("verb", [["stats"], ["compare_to"], ["hist"], ["check"]])
def test_the_commands_of_pyperf_read_it(usual: Results, tmp_path: Path, verb: list[str]) -> None:
    path = tmp_path / "pyperf.json"
    path.write_text(FORMATS["pyperf"].render(made(usual)), encoding="utf-8")
    paths = [str(path)] * (2 if verb == ["compare_to"] else 1)
    ended = subprocess.run(
        [sys.executable, "-m", "pyperf", *verb, *paths],
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=True,
    )
    assert "matmul/square/64 [torch/cuda:0/float32]" in ended.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bmf", '{"a": {"latency": {"lower_value": 1}}}'),
        ("bmf", '{"a-bencher-ignore": {"latency": {"value": 1}}}'),
        ("bmf", '{"a": {"latency": {"value": NaN}}}'),
        ("github-action-benchmark", '[{"name": "a", "unit": "ns"}]'),
        ("github-action-benchmark", '[{"name": "a`", "unit": "ns", "value": 1}]'),
        ("pyperf", '{"version": "1.0", "benchmarks": [{"runs": [{"values": [0]}]}]}'),
        ("pytorch-hud", '[{"metric": {"name": "a", "benchmark_values": ["1"]}}]'),
        ("openmetrics", 'metalbench_step_time_seconds{a="b"c"} 1\n# EOF\n'),
        ("openmetrics", "metalbench_step_time_seconds 1\n"),
    ],
)
def test_a_reader_can_refuse(name: str, text: str) -> None:
    with pytest.raises(Exception, match=r"."):
        READERS[name](text)
