"""The doctor's tables, row by row: each speaks where all of it applies, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from bench.doctor import cuda, packages, wrong_answers
from bench.doctor.compatibility import (
    MPS_NEEDS,
    RDNA2,
    WHEEL_NEEDS,
    WRONG_ANSWERS,
    Known,
)
from bench.doctor.subject import Subject
from bench.environments.platforms import TENSORFLOW_METAL, MetalPlugin
from tests.helpers.ill_machines import GTX_1060, INTEL, LINUX, M2, gpus, holding, subject

ISSUES = [row.issue for row in WRONG_ANSWERS]


def version(row: Known) -> str:
    """One that the row speaks of: its first, or a little below its last."""
    first, below = row.versions
    return first or {"2.14": "2.13.0", "2.3.1": "2.3.0"}.get(below or "", "1.13.1")


def afflicted(row: Known, **changed: Any) -> Subject:
    """A Mac to which all of the row applies, but for what is changed."""
    names = ("Radeon Pro 5700 XT",) if row.gpus == "AMD" else row.gpus or ()
    machine: dict[str, Any] = dict(INTEL if row.gpus else M2)
    machine["release"] = row.macos[0] if row.macos and row.macos[0] else "15.5"
    if row.chips:
        machine["cpu"] = f"{row.chips[0]} Pro"
    if names:
        machine["gpus"] = [{"name": names[0], "vendor": "AMD"}]
    held = changed.pop("version", version(row))
    return holding({**machine, **changed}, "torch", **{row.package: held})


def issues(subject: Subject) -> list[str]:
    return [one.source for one in wrong_answers.known(subject)]


@pytest.mark.parametrize("row", WRONG_ANSWERS, ids=ISSUES)
def test_wrong_answers_are_known_where_every_condition_holds(row: Known) -> None:
    assert row.issue in issues(afflicted(row))
    assert row.issue not in issues(afflicted(row, system="Linux"))
    for bound, outside in zip(row.versions, ("0.0.1", row.versions[1]), strict=True):
        if bound:
            assert row.issue not in issues(afflicted(row, version=outside))
    if row.macos:
        below = row.macos[1]
        outside = [release for release in ("12.6", below) if release]  # type: ignore[assignment]
        assert not [r for r in outside if row.issue in issues(afflicted(row, release=r))]
        assert row.issue not in issues(afflicted(row, release=None))
    if row.chips:
        assert row.issue not in issues(afflicted(row, cpu="Apple M4"))
        assert row.issue not in issues(afflicted(row, cpu=f"{row.chips[0]}0"))
    if row.gpus:
        other = [{"name": "Radeon RX 6900 XTX" if row.gpus != "AMD" else "Iris", "vendor": "Intel"}]
        assert row.issue not in issues(afflicted(row, gpus=other))


@pytest.mark.parametrize("name", RDNA2)
def test_rdna2_is_known_by_its_exact_names(name: str) -> None:
    for told, expected in ((name, True), (f"AMD {name}", True), (f"{name} Lite", False)):
        machine = {**INTEL, "gpus": [{"name": told, "vendor": "AMD"}]}
        found = issues(holding(machine, "torch", torch="2.2.2"))
        assert ("pytorch#178697" in found) is expected


def test_without_a_gpu_that_serves_there_are_no_wrong_answers_of_it() -> None:
    iris = {"name": "Intel Iris", "vendor": "Intel"}
    assert issues(holding(INTEL, "torch", torch="2.2.2"))
    assert not issues(holding({**INTEL, "gpus": [iris]}, "torch", torch="2.2.2"))


@pytest.mark.parametrize("plugin", [each for each in TENSORFLOW_METAL if each.breaks_from])
def test_a_plugin_that_breaks_the_import(plugin: MetalPlugin) -> None:
    def severities(tensorflow: str) -> list[str]:
        held = holding(M2, tensorflow=tensorflow, tensorflow_metal=plugin.version)
        return [one.severity for one in packages.metal_pair(held) if one.source == plugin.source]

    assert severities(f"{plugin.breaks_from}.1") == severities("2.99") == ["spoils"]
    assert severities(f"{plugin.loads_in[-1]}.0") == []


def test_no_pair_both_loads_and_breaks() -> None:
    for plugin in TENSORFLOW_METAL:
        for line in plugin.loads_in:
            held = holding(M2, tensorflow=f"{line}.0", tensorflow_metal=plugin.version)
            assert not list(packages.metal_pair(held)), (plugin, line)


@pytest.mark.parametrize(("first", "below", "needed", "source"), MPS_NEEDS)
def test_mps_needs_a_macos(first: str, below: str | None, needed: str, source: str) -> None:
    older = f"{int(needed.partition('.')[0]) - 1}.6"
    for release, expected in ((older, 1), (needed, 0)):
        held = holding({**M2, "release": release}, "torch", torch=first)
        assert [one.source for one in packages.mps_system(held)] == [source] * expected
    if below:
        held = holding({**M2, "release": older}, "torch", torch=below)
        assert source not in [one.source for one in packages.mps_system(held)]


@pytest.mark.parametrize(
    ("release", "cure"),
    [("13.6", "torch==2.8.0`"), ("12.6", "torch==2.4.1`"), ("12.2", "Update macOS")],
)
def test_an_older_torch_brings_mps_back(release: str, cure: str) -> None:
    machine = {**M2, "release": release}
    (said,) = packages.mps_system(holding(machine, "torch", torch="2.11.0"))
    assert cure in said.do
    if "==" in cure:
        version = cure.strip("`").partition("==")[2]
        assert not list(packages.mps_system(holding(machine, "torch", torch=version)))


def test_an_uncertain_gpu_may_still_give_wrong_answers() -> None:
    machine = {**M2, "release": "14.5"}
    assert issues(holding(machine, "torch", torch="2.15.0"))
    assert not issues(holding({**M2, "release": "13.6"}, "torch", torch="2.11.0"))


@pytest.mark.parametrize("plugin", ["tensorflow-metal", "torch"])
def test_accuracy_is_to_be_compared_with_the_cpus(plugin: str) -> None:
    held = holding(INTEL, "tf", **{plugin: "1.0.0" if plugin != "torch" else "2.2.2"})
    assert any("accuracy with the CPU's" in one.do for one in wrong_answers.known(held))


@pytest.mark.parametrize("row", WHEEL_NEEDS, ids=lambda row: row[0])
def test_wheels_need_a_macos(row: tuple[str, str | None, str | None, str, str | None, str]) -> None:
    package, first, _, needed, last, _ = row
    for release, expected in (("13.6", 1), (needed, 0)):
        held = holding({**M2, "release": release}, "jax", **{package: first or "0.11.1"})
        said = list(packages.wheel_system(held))
        assert len(said) == expected
        assert all(last is None or f"=={last}`" in one.do for one in said)
    if last:
        held = holding({**M2, "release": "13.6"}, "jax", **{package: last})
        assert not list(packages.wheel_system(held))


@pytest.mark.parametrize(
    ("name", "generation"),
    [
        ("NVIDIA GeForce GTX 1060 6GB", "Pascal"),
        ("GeForce GTX 1080 Ti", "Pascal"),
        ("NVIDIA TITAN Xp", "Pascal"),
        ("Tesla P100-PCIE-16GB", "Pascal"),
        ("Tesla V100-SXM2-16GB", "Volta"),
        ("NVIDIA TITAN V", "Volta"),
        ("GeForce GTX 980", "Maxwell"),
        ("NVIDIA GeForce GTX 1660", ""),
        ("NVIDIA TITAN RTX", ""),
        ("Tesla T4", ""),
        ("Quadro RTX 5000", ""),
        ("NVIDIA P1000000", ""),
        ("NVIDIA H200", ""),
        ("NVIDIA GB10", ""),
        ("", ""),
    ],
)
def test_generations_of_nvidia_are_known_by_name(name: str, generation: str) -> None:
    assert cuda._generation(name) == generation


@pytest.mark.parametrize(
    ("package", "there"),
    [
        *(("nvidia-cudnn-cu13", True), ("mlx-cuda-13", True), ("jax-cuda13-plugin", True)),
        *(("nvidia-cudnn-cu12", False), ("mlx-cuda-12", False), ("torch", False)),
    ],
)
def test_an_environment_has_the_cuda_that_its_packages_name(package: str, there: bool) -> None:
    held = {**LINUX, "gpus": [GTX_1060]}
    said = cuda.old_card(subject(held, environments={"torch": {package: "1"}}))
    assert [" torch," in one.what for one in said] == [there]


def test_gpus_of_linux_are_no_macs() -> None:
    machine = {**LINUX, "gpus": [{"name": "Radeon RX 6900 XT", "vendor": "AMD"}]}
    assert not issues(holding(machine, "torch", torch="2.2.2"))
    assert gpus(LINUX).description.machine.gpus == ()
