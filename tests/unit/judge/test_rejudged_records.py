"""Records of a real GPU under an older judgement, and what today's says of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.worker.waiting import LEFT_FLOOR_S, LEFT_SHARE, SAMPLE_S
from reports import content, context
from reports.findings import registry
from reports.findings.finding import called
from reports.frame import Results, read
from reports.verdicts import above_limits

DATA = Path(__file__).parents[2] / "data" / "records"
JAX = "jax/cuda:0/float32"
TF32 = "./cheats/tf32.py/cuda:0/float32"


@pytest.fixture(scope="module")
def cheats() -> Results:
    """Honest contenders beside three that are not, on an H100."""
    return read([DATA / "h100-smoke-with-planted-cheats.jsonl.gz"])


def said(found: Results, contender: str) -> Counter[str]:
    """Kinds of findings that begin with a contender, by their number."""
    known = context.of(found)
    (run,) = found.runs
    name = called(known, run, contender)
    begins = (f"{name} ", f"the time of {name} ")
    every = registry.find(known)
    return Counter(each.severity for each in every if each.what.startswith(begins))


def test_honest_waits_that_the_old_check_misread_are_untimed_and_not_wrong(cheats) -> None:
    """The record holds the old check alone, so its times stay unproven; its answers were right."""
    cells = cheats.cells[cheats.cells["contender"] == JAX]
    assert cells["status"].value_counts().to_dict() == {"incomplete": 5, "untimed": 6}
    assert set(said(cheats, JAX)) == {"untimed"}
    untimed = cells[cells["status"] == "untimed"]
    assert untimed["reason"].str.startswith("seconds of work left after wait: ").all()


def test_lower_precision_is_wrong_by_a_large_factor(cheats) -> None:
    cells = cheats.cells[cheats.cells["contender"] == TF32]
    assert cells["status"].value_counts().to_dict() == {"incomplete": 5, "wrong": 5, "ok": 1}
    own = {key: off.factor for key, off in cheats.worst.items() if key[1] == TF32}
    assert len(own) == 5
    assert min(own.values()) > 90


def test_a_contender_that_never_waits_is_beyond_physics_and_no_roof(cheats) -> None:
    """Its waits passed the old check, whose inputs the record does not hold."""
    (finding,) = (
        each
        for each in registry.find(context.of(cheats))
        if each.severity == "untimed" and "nowait (GPU)" in each.what
    )
    assert "reaches 107 TFLOP/s, above the 80.4" in finding.what
    cells = cheats.cells[cheats.cells["contender"] == "./cheats/nowait.py/cuda:0/float32"]
    assert set(cells.loc[cells["flop_per_s"] > 67e12, "status"]) == {"untimed"}
    (roofline,) = (each for each in content.make(cheats).chapters if each.key == "roofline")
    (gpu,) = (part for part in roofline.parts if part.title.startswith("NVIDIA H100"))
    assert gpu.text[1].startswith("Highest rates measured: 36.3 TFLOP/s")


@pytest.mark.parametrize("name", ["h100-smoke-with-planted-cheats", "h100-smoke-training"])
def test_no_honest_figure_exceeds_the_roof_of_its_device(name: str) -> None:
    found = read([DATA / f"{name}.jsonl.gz"])
    honest = found.cells[~found.cells["spec"].str.startswith("./cheats/")]
    measured = honest[honest["flop_per_s"].notna() & (honest["precision"] == "float32")]
    assert len(measured) > 4
    assert above_limits.beyond(measured, found.runs).empty


def test_work_on_the_cpu_is_suspect_by_the_one_sign_that_was_recorded(cheats) -> None:
    """The GPU's load during slices, which would be the second, was not read then."""
    told = [each.what for each in registry.find(context.of(cheats)) if "oncpu (GPU)" in each.what]
    assert any("CPU cores while its GPU is timed" in what for what in told)


def test_honest_contenders_are_not_accused(cheats) -> None:
    for honest in ("torch/cuda:0", "torch/cpu", "torch@compile/cuda:0", "jax/cpu", "numpy/cpu"):
        assert set(said(cheats, f"{honest}/float32")) <= {"noisy"}


def test_rounding_is_wrong_in_the_record_by_little() -> None:
    """A limit that stood too near: the record keeps the error, and no new limit to hold it to."""
    found = read([DATA / "h100-smoke-training.jsonl.gz"])
    (reason,) = found.cells.loc[found.cells["status"] == "wrong", "reason"]
    assert reason == "change of 4.bias is off by 1.3x the limit (after timing)"


# --- costs of real steps: what the check of waiting sees now ------------------------------------

LONG_US = 1e4
"""Of the samples that are looked into; the product's last at least twice that."""


def costs(framework: str) -> list[dict[str, float]]:
    """Raw costs of long samples on an H100, microseconds: medians of three."""
    lines = (DATA.parent / "steps-h100.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [each for each in found if each["fw"] == framework and each["batch_us"] >= LONG_US]


def excess(cost: dict[str, float], seen_us: float) -> float:
    """How many times the accepted work seems left over, when converting a step's results took so
    long: beyond what it took after a rest. The file holds means over all steps for the base."""
    base_us = cost["convert_rested_us"] / cost["n"]
    share_us = LEFT_SHARE["gpu"] * min(cost["batch_us"], SAMPLE_S * 1e6)
    return (seen_us - base_us) / max(share_us, LEFT_FLOOR_S * 1e6, base_us / 2)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_honest_waits_on_a_real_gpu_would_pass_now(framework: str) -> None:
    """Before, JAX was accused everywhere: a first conversion was held against a second."""
    left = [excess(each, each["convert_after_wait_us"] / each["n"]) for each in costs(framework)]
    assert len(left) >= 4
    assert max(left) < 0.5


def test_without_a_wait_the_queue_shows_where_the_device_is_the_slower_part() -> None:
    """What the dispatch bounds takes the same time with and without a wait."""
    late = [
        excess(each, each["last_without_wait_us"])
        for each in costs("torch")
        if each["case"].startswith("matmul") and each["n"] >= 8  # type: ignore[attr-defined]
    ]
    assert len(late) >= 3
    assert min(late) > 3
