"""The doctor's tables, row by row: each speaks where all of it applies, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from bench.doctor import companions, cuda, packages, wrong_answers
from bench.doctor.compatibility import MPS_NEEDS, WHEEL_NEEDS
from bench.doctor.reported import WRONG_ANSWERS
from bench.doctor.reported.families import RDNA2, Family
from bench.doctor.reported.known import Known
from bench.doctor.subject import Subject
from bench.environments.platforms import TENSORFLOW_METAL, MetalPlugin
from bench.schema import Gpu
from tests.helpers.ill_machines import GTX_1060, INTEL, LINUX, M2, gpus, holding, subject

ISSUES = [row.issue for row in WRONG_ANSWERS]


def version(row: Known) -> str:
    """One that the row speaks of: its first, or a little below its last."""
    first, below = row.versions
    lower = {"2.14": "2.13.0", "2.13": "2.12.0", "2.9": "2.8.0", "2.3.1": "2.3.0"}
    lower |= {"0.32": "0.31.2", "0.10.4": "0.10.3", "0.10.10": "0.10.9"}
    return first or lower.get(below or "", "1.13.1")


def afflicted(row: Known, **changed: Any) -> Subject:
    """A Mac to which all of the row applies, but for what is changed."""
    family = row.gpus.names if isinstance(row.gpus, Family) else ()
    names = ("Radeon Pro 5700 XT",) if row.gpus == "AMD" else family
    machine: dict[str, Any] = dict(INTEL if row.gpus else M2)
    machine["release"] = row.macos[0] if row.macos and row.macos[0] else "15.5"
    if row.chips:
        machine["cpu"] = f"{row.chips[0]} Pro"
    if names:
        machine["gpus"] = [{"name": names[0], "vendor": "AMD"}]
    held = {row.package: changed.pop("version", version(row))}
    if row.beside:
        held[row.beside[0]] = changed.pop("beside", row.beside[1][0])
    return holding({**machine, **changed}, "torch", **held)


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
        assert row.issue not in issues(afflicted(row, cpu="Pear M4"))
        assert row.issue not in issues(afflicted(row, cpu=f"{row.chips[0]}0"))
    if row.beside:
        assert row.issue not in issues(afflicted(row, beside=row.beside[1][1]))
    if row.gpus:
        other = [{"name": "Radeon RX 6900 XTX" if row.gpus != "AMD" else "Iris", "vendor": "Intel"}]
        assert row.issue not in issues(afflicted(row, gpus=other))


@pytest.mark.parametrize("name", RDNA2.names)
def test_rdna2_is_known_by_every_spelling_of_its_names(name: str) -> None:
    spelt = {f"AMD {name}", name.upper(), name.replace(" XT", "XT"), f"AMD {name.lower()}"}
    for told, expected in (*((one, True) for one in {name, *spelt}), (f"{name} Lite", False)):
        assert RDNA2.holds(Gpu(name=told)) is expected, told


@pytest.mark.parametrize(
    ("device_id", "vendor", "expected"),
    [
        *(("0x73bf", "AMD", True), ("0x73df", "AMD", True), ("0x743f", "AMD", True)),
        *(("0x73bf", "Intel", False), ("0x731f", "AMD", False), ("0x744c", "AMD", False)),
        *(("73bf", "AMD", False), (None, "AMD", False)),
    ],
)
def test_rdna2_is_known_by_its_ids(device_id: str | None, vendor: str, expected: bool) -> None:
    gpu = Gpu(name="Radeon of any name", vendor=vendor, device_id=device_id)
    assert RDNA2.holds(gpu) is expected


def test_gpus_of_other_families_are_not_rdna2() -> None:
    for name in ("RX 580", "Pro 580", "RX 5700 XT", "Pro Vega II Duo", "RX 7900 XT", "Pro W5700X"):
        assert not RDNA2.holds(Gpu(name=f"AMD Radeon {name}", vendor="AMD")), name


def test_without_a_gpu_that_serves_there_are_no_wrong_answers_of_it() -> None:
    iris = {"name": "Intel Iris", "vendor": "Intel"}
    assert issues(holding(INTEL, "torch", torch="2.2.2"))
    assert not issues(holding({**INTEL, "gpus": [iris]}, "torch", torch="2.2.2"))


@pytest.mark.parametrize("plugin", [each for each in TENSORFLOW_METAL if each.breaks_from])
def test_a_plugin_that_breaks_the_import(plugin: MetalPlugin) -> None:
    def severities(tensorflow: str) -> list[str]:
        held = holding(M2, tensorflow=tensorflow, tensorflow_metal=plugin.version)
        return [one.severity for one in companions.metal_pair(held) if one.source == plugin.source]

    assert severities(f"{plugin.breaks_from}.1") == severities("2.99") == ["spoils"]
    assert severities(f"{plugin.loads_in[-1]}.0") == []


def test_no_pair_both_loads_and_breaks() -> None:
    for plugin in TENSORFLOW_METAL:
        for line in plugin.loads_in:
            held = holding(M2, tensorflow=f"{line}.0", tensorflow_metal=plugin.version)
            assert not list(companions.metal_pair(held)), (plugin, line)


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
        ("nvidia geforce gtx 1070 ti", "Pascal"),
        ("NVIDIA GeForce MX250", "Pascal"),
        ("NVIDIA GeForce MX450", ""),
        ("Quadro K2200", "Maxwell"),
        ("NVIDIA RTX A4000", ""),
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


@pytest.mark.parametrize(
    ("row", "cure"),
    [
        ("mlx#3800", "FRAMEWORK=mlx` takes 0.32.4, which has it mended"),
        ("jax-mps#168", "FRAMEWORK=jax` takes 0.11.1"),
        ("pytorch#191976, pytorch#184328", "FRAMEWORK=torch` runs eager"),
        ("tf-keras#140, keras#18370", "FRAMEWORK=tf DEVICE=cpu"),
    ],
)
def test_the_cure_is_the_frameworks_own(row: str, cure: str) -> None:
    (known,) = [one for one in WRONG_ANSWERS if one.issue == row]
    said = [one.do for one in wrong_answers.known(afflicted(known)) if one.source == row]
    assert cure in said[0], said


def test_an_execution_is_named_beside_its_package() -> None:
    said = [one.what for one in wrong_answers.known(holding(M2, "torch", torch="2.12.0"))]
    assert "torch@compile 2.12.0: compiled layer norms and batch norms are wrong." in said


@pytest.mark.parametrize(
    ("release", "torch", "words"),
    [
        ("27.0.1", "2.12.0", "pytorch#188438, pytorch#192934, pytorch#189495"),
        ("27.3", "2.15.0", "none would touch"),
        ("26.6", "2.12.0", ""),
    ],
)
def test_a_macos_that_nobody_reported_on_is_said_to_be_unknown(
    release: str, torch: str, words: str
) -> None:
    machine = {**M2, "release": release, "cpu": "Apple M1"}
    said = [one.why for one in wrong_answers.unreported(holding(machine, "torch", torch=torch))]
    assert len(said) == bool(words)
    assert not words or words in said[0]


def test_gpus_of_linux_are_no_macs() -> None:
    machine = {**LINUX, "gpus": [{"name": "Radeon RX 6900 XT", "vendor": "AMD"}]}
    assert not issues(holding(machine, "torch", torch="2.2.2"))
    assert gpus(LINUX).description.machine.gpus == ()
