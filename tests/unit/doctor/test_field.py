"""Machines as public reports give them: what is right to say of each."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench import machine
from bench.doctor import examine
from bench.doctor.memory_needs import needs
from bench.doctor.subject import Subject, pins
from bench.machine import description
from bench.machine.description import FORMAT, Description
from bench.schema import CoreKind, Machine

FIELD = Path(__file__).resolve().parents[2] / "data" / "field"
GIB = 2**30


def captured(name: str) -> Machine:
    """The machine of a folder of captures."""
    return machine.parse({path.stem: path.read_text() for path in (FIELD / name).iterdir()})


def subject(found: Machine, **environments: dict[str, str]) -> Subject:
    seen = Description(
        format=FORMAT,
        machine=found,
        state={},
        python="3.11.9",
        python_architecture=found.architecture or "",
        environments=environments,
    )
    return Subject(seen, pins=pins(seen))


def spoils(subject: Subject) -> dict[str, str]:
    """What would spoil a run, and what to do about it."""
    return {one.what: one.do for one in examine(subject) if one.severity == "spoils"}


def test_a_mac_pro_with_nine_gpus() -> None:
    found = captured("macpro-nine-gpus")
    assert (found.model, found.release, found.cores_physical) == ("MacPro7,1", "26.6.2", 16)
    assert [gpu.memory_bytes for gpu in found.gpus] == [8 * GIB, *[32 * GIB] * 8]
    said = examine(subject(found))
    (wrong,) = [one for one in said if one.severity == "spoils"]
    assert wrong.what == ("torch 2.2.2: linear layers give wrong answers on GPUs of AMD's RDNA2.")
    assert wrong.why.endswith(
        "Here: AMD Radeon PRO W6800X, AMD Radeon PRO W6800, 4 x AMD Radeon PRO W6800X Duo."
    )
    assert wrong.do == "`make bench FRAMEWORK=torch DEVICE=cpu` measures what is right."
    (several,) = [one.what for one in said if one.what.startswith("Several GPUs")]
    for name in {gpu.name for gpu in found.gpus}:
        assert name in several


def test_an_m5_pro_whose_gpu_only_ioreg_knows() -> None:
    found = captured("m5pro-ioreg-only")
    (gpu,) = found.gpus
    assert (gpu.name, gpu.cores, gpu.unified_memory) == ("Apple M5 Pro", 16, True)
    assert found.notes == ()
    # Contenders on such a GPU take the host's memory too.
    apart = msgspec.structs.replace(gpu, unified_memory=None)
    on_both, on_host = (
        max(one.host_bytes for one in needs(subject(told).description, ["sweep"], "full"))
        for told in (found, msgspec.structs.replace(found, gpus=(apart,)))
    )
    assert on_both > on_host + 30 * GIB
    assert on_both > 100 * GIB


def test_an_m6_of_three_levels() -> None:
    found = captured("m6-three-levels")
    assert (found.label, found.release) == ("Apple M6, 10-core GPU, 32 GiB", "27.0.1")
    assert found.core_kinds == (
        CoreKind(name="Super", count=2),
        CoreKind(name="Performance", count=4),
        CoreKind(name="Efficiency", count=6),
    )
    assert [gpu.metal for gpu in found.gpus] == ["Metal 4"]
    said = [one.what for one in examine(subject(found))]
    assert "Nothing is known yet of wrong answers under macOS 27.0.1." in said


def test_a_virtual_mac_under_rosetta_is_one_world() -> None:
    found = captured("vm-rosetta")
    assert [(gpu.name, gpu.kind) for gpu in found.gpus] == [("Apple Paravirtual device", "virtual")]
    said = examine(subject(found))
    words = " ".join(one.what for one in said if one.severity == "spoils")
    assert "translated by Rosetta" in words
    assert "virtual machine (Apple)" in words
    # What its packages are, an Intel Mac's are not.
    told = " ".join(one.what for one in said)
    assert "torch 2.8.0" in told
    assert "torch 2.2.2" not in told
    assert "tensorflow-metal 0.8.0" not in told


@pytest.mark.parametrize(
    ("name", "what", "do"),
    [
        ("intel-numpy2", "torch 2.2.2 does not work with numpy 2.1.3", "It needs numpy<2"),
        ("mac-pro-nine-gpus", "torch 2.2.2: linear layers give", "FRAMEWORK=torch DEVICE=cpu"),
        ("rx-6700-xt", "torch 2.2.2: linear layers give wrong", "FRAMEWORK=torch DEVICE=cpu"),
    ],
)
def test_descriptions_that_spoil_a_run(name: str, what: str, do: str) -> None:
    seen = description.read(FIELD / "descriptions" / f"{name}.json")
    ((said, cure),) = spoils(Subject(seen, pins=pins(seen))).items()
    assert what in said
    assert do in cure


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("m1-macos27", "limits: torch 2.12.0: images of a diffusion model came out damaged"),
        ("m1-macos27", "note: Nothing is known yet of wrong answers under macOS 27.0.1."),
        ("jax-metal-new", "limits: jax-metal is not known to work with jaxlib 0.8.2 (jax)."),
    ],
)
def test_descriptions_that_limit_a_run(name: str, words: str) -> None:
    seen = description.read(FIELD / "descriptions" / f"{name}.json")
    said = [f"{one.severity}: {one.what}" for one in examine(Subject(seen, pins=pins(seen)))]
    assert any(words in one for one in said)


def test_an_m1_on_macos_13_has_an_mlx_that_trains_wrongly() -> None:
    seen = description.read(FIELD.parent / "descriptions" / "m1-macos13.json")
    said = spoils(Subject(seen))
    wrong = [what for what in said if what.startswith("mlx 0.29.3: ")]
    assert len(wrong) == 2
    for what in wrong:
        assert said[what] == (
            "`make bench FRAMEWORK=mlx DEVICE=cpu` measures what is right; 0.32 has it mended and "
            "needs macOS 14: update macOS."
        )
