"""Physical bounds: of any device, by its own name, and what is said of one is how it was made."""

from __future__ import annotations

import csv
import re

import msgspec
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.schema import Gpu, Machine
from reports.hardware import peaks
from reports.hardware.physical_limits import (
    CPU_THREADS,
    GPU_FLOP,
    HALF_GPU_FLOP,
    Bound,
    bound,
)
from reports.verdicts import above_limits
from tests.helpers import builders

change = msgspec.structs.replace

DERIVED = re.compile(r"derived: (\d+) cores x (\d+) (?:FLOP|bytes) a cycle x ([\d.]+) GHz")


def machine(cores: int | None, architecture: str | None, *gpus: Gpu) -> Machine:
    return change(
        builders.MACHINE,
        cores_physical=cores,
        cores_logical=None,
        architecture=architecture,
        gpus=gpus,
    )


def product(source: str) -> float:
    found = DERIVED.fullmatch(source)
    assert found, source
    return float(found[1]) * float(found[2]) * float(found[3]) * 1e9


@given(
    st.text(max_size=9),
    st.none() | st.integers(0, 2 * CPU_THREADS) | st.integers(0, 2**62),
    st.none() | st.sampled_from(["arm64", "x86_64"]) | st.text(max_size=9),
)
def test_a_cpus_bound_is_the_product_that_its_sentence_tells(
    name: str, cores: int | None, architecture: str | None
) -> None:
    own = machine(cores, architecture)
    single, half = bound("cpu", name, own), bound("cpu", name, own, "bfloat16")
    if not cores or cores > CPU_THREADS:
        assert single is half is None
        return
    assert single and half and single.flop_per_s < half.flop_per_s
    for each in (single, half):
        assert each.flop_per_s == pytest.approx(product(each.flop_source))
        assert bool(each.bytes_source) == bool(each.bytes_per_s)
        if each.bytes_per_s:
            assert each.bytes_per_s == pytest.approx(product(each.bytes_source))
        lowered = f"{cores}-core" not in each.name
        assert lowered == (each.name == "any machine's CPUs")
        assert lowered or each.flop_source.startswith(f"derived: {cores} cores")


@pytest.mark.parametrize(
    ("cores", "architecture"),
    [(4096, "x86_64"), (1376, "x86_64"), (2048, "ppc64le"), (128, "arm64")],
)
def test_the_largest_machines_have_a_bound_that_none_of_them_reaches(
    cores: int, architecture: str
) -> None:
    """SGI's UV 2000, 16 Xeons of 86 cores, IBM's Power E1180, and a server of Ampere's."""
    found = bound("cpu", "", machine(cores, architecture))
    assert found and found.flop_per_s >= min(cores, 1376) * 64 * 3.8e9


def _gpus() -> list[str]:
    with peaks.TABLE.open(encoding="utf-8") as file:
        return sorted({row["name"] for row in csv.DictReader(file)})


@pytest.mark.parametrize("name", _gpus())
def test_a_listed_gpu_is_bounded_by_its_own_row_in_16_bits(name: str) -> None:
    peak = peaks.peak(name)
    assert peak
    half = bound("gpu", name, machine(2, "arm64"), "bfloat16")
    assert half and half.name == name and half.flop_source.endswith(peak.source)
    assert (
        half.flop_per_s == pytest.approx(64 * peak.flop_per_s) and half.flop_per_s < HALF_GPU_FLOP
    )
    single = bound("gpu", name, machine(2, "arm64"))
    assert single and single.bytes_per_s == half.bytes_per_s
    assert single.flop_per_s < half.flop_per_s and single.flop_per_s < GPU_FLOP


@pytest.mark.parametrize("vendor", ["Apple", "AMD", "NVIDIA", None])
@pytest.mark.parametrize("cores", [None, 40, 10**6])
def test_an_unlisted_gpu_is_bounded_as_any(vendor: str | None, cores: int | None) -> None:
    """Chips that are announced are not accused, and no count of cores lifts the bound of all."""
    own = machine(2, "x86_64", Gpu(name="Unheard", vendor=vendor, cores=cores))
    half = bound("gpu", "Unheard", own, "float16")
    assert half == Bound("any GPU", HALF_GPU_FLOP, half.flop_source, None, "", half.cached_bytes)
    assert half.flop_per_s > 12.5e15
    single = bound("gpu", "Unheard", own)
    assert single and (single.name == "any GPU") == (single.flop_per_s == GPU_FLOP)
    if cores == 40 and vendor == "Apple":
        assert single.flop_per_s == pytest.approx(product(single.flop_source))


@pytest.mark.parametrize(
    ("by_flop", "said"),
    [
        (True, "above the 167 that Apple M1 can do in bfloat16 (64 times its float32 peak; metal-"),
        (False, "above the 0.273 that Apple M1 can move (4 times its memory's peak; metal-"),
    ],
)
def test_what_is_said_names_the_gpu_that_was_measured(by_flop: bool, said: str) -> None:
    cell = {"excess": 2.0, "by_flop": by_flop, "flop_per_s": 4e14, "bytes_per_s": 4e11}
    own = bound("gpu", "Apple M1", machine(8, "arm64"), "bfloat16")
    assert said in above_limits.words(
        pd.DataFrame([{**cell, "precision": "bfloat16", "bound": own}])
    )
