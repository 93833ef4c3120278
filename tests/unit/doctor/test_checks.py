"""Each check of the doctor: a machine that it speaks of, and one that it has nothing to say on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from bench.doctor import SECTIONS, companions, compatibility, examine
from bench.doctor.activity import heavy_programs
from bench.doctor.memory_needs import needs
from bench.doctor.packages import mps_system
from bench.doctor.reported import WRONG_ANSWERS
from bench.doctor.shadowing import shadowing
from bench.doctor.subject import Subject, pins
from bench.environments.platforms import TENSORFLOW_METAL
from bench.environments.requirements import BOUNDS
from bench.environments.versions import numbers, within
from bench.machine import description
from suites import catalog
from tests.helpers import ill_environments, ill_machines
from tests.helpers.ill_machines import ALL_READY, GIB, INTEL, LINUX, M2, Check, subject

CASES = [*ill_machines.CASES, *ill_environments.CASES]
DATA = Path(__file__).resolve().parents[2] / "data" / "descriptions"


@pytest.mark.parametrize(
    ("check", "severity", "words", "ill", "well"),
    CASES,
    ids=[f"{number}-{case[0].__name__}" for number, case in enumerate(CASES)],
)
def test_a_check_speaks_where_it_should_and_nowhere_else(
    check: Check, severity: str, words: str, ill: Subject, well: Subject
) -> None:
    said = [one for one in check(ill) if words in f"{one.what} {one.why}"]
    assert [one.severity for one in said] == [severity]
    assert all(one.what and one.why and one.do for one in said)
    assert not [one for one in check(well) if words in f"{one.what} {one.why}"]


def test_every_check_has_a_case() -> None:
    checks = {check for room, each in SECTIONS.items() if room != "wrong answers" for check in each}
    assert {case[0] for case in CASES} == checks


def test_a_sound_machine_has_no_findings() -> None:
    """Apart from what PyTorch may do on any Mac, see the tests of wrong answers."""
    sound = subject(
        M2,
        state={"power": "mains", "thermal": "nominal", "load": 0.4, "gpu_busy": 0.0},
        environment_states=ALL_READY,
        environments={"numpy": {"numpy": "2.4.6"}, "torch": {"torch": "2.15.0"}},
        disk_free_bytes=GIB,
    )
    assert {one.severity for one in examine(sound)} == {"note"}
    assert all(re.fullmatch(r"pytorch#\d+(, pytorch#\d+)*", one.source) for one in examine(sound))


@pytest.mark.parametrize("release", ["10.16", "16.0", None])
@pytest.mark.parametrize("machine", [M2, INTEL], ids=["arm64", "x86_64"])
def test_an_unknown_release_is_not_an_old_one(machine: dict[str, Any], release: str | None) -> None:
    found = examine(subject({**machine, "release": release}))
    assert "The release of this macOS is unknown." in [one.what for one in found]
    assert not [one for one in found if "needs macOS 12" in one.why or "too old" in one.what]


def test_no_number_of_a_description_fills_the_terminal() -> None:
    busy = [{"name": f"p{number}", "count": 1, "cpu_share": 1e308} for number in range(8)]
    (said,) = heavy_programs(subject(M2, heavy_processes=busy))
    assert len(said.what) < 200
    assert "p0 (9999.0)" in said.what


def test_the_gravest_finding_comes_first() -> None:
    ill = subject({**INTEL, "hackintosh": "OpenCore present"}, state={"power": "battery"})
    order = [one.severity for one in examine(ill)]
    assert order == sorted(order, key=["spoils", "limits", "note"].index)
    assert set(order) == {"spoils", "limits", "note"}


# --- two whole machines ---------------------------------------------------------------------


def said_of(name: str) -> str:
    found = examine(Subject(description.read(DATA / name)))
    return "\n".join(f"{one.severity}: {one.what} {one.source}" for one in found)


def test_an_intel_mac_with_an_rx_6900_xt() -> None:
    said = said_of("intel-mac-rx6900xt.json")
    for expected in (
        "spoils: torch 2.2.2: linear layers give wrong answers on GPUs of AMD's RDNA2.",
        "pytorch#178697",
        "limits: On Intel Macs PyTorch stays at 2.2.2.",
        "limits: On Intel Macs TensorFlow with a GPU stays at 2.13, on macOS 12 and 13 at 2.12.",
        "limits: On Intel Macs JAX stays at 0.4.38, on the CPU.",
        "limits: On Intel Macs MLX cannot be had.",
        "limits: torch 2.2.2: argmax is wrong on AMD GPUs",
        "note: torch 2.2.2: arrays of 4 GiB",
    ):
        assert expected in said
    assert said.count("spoils") == 1


def test_an_m1_on_macos_13() -> None:
    said = said_of("m1-macos13.json")
    for expected in (
        "limits: On macOS 13.7.8 PyTorch stays at 2.8.0.",
        "limits: On macOS 13.7.8 MLX stays at 0.29.3.",
        "limits: On macOS 13.7.8 JAX computes on the CPU alone.",
        "limits: PyTorch 2.11.0 has no GPU on macOS 13.7.8. pytorch#162921",
        "spoils: The machine runs on its battery.",
    ):
        assert expected in said
    # What cannot use the GPU gives no wrong answers on it.
    assert "linear layers" not in said
    assert "Intel" not in said


# --- what follows from a description --------------------------------------------------------


def test_versions_compare_as_numbers() -> None:
    assert numbers("2.13.0+cpu") == numbers("2.13") == (2, 13)
    assert numbers("junk") is None
    assert numbers(None) is None
    assert within("2.9.1", "2.2", "2.10")
    assert not within("2.10", "2.2", "2.10")
    assert not within("junk", None, None)


def test_environments_not_built_are_taken_for_what_they_will_hold() -> None:
    seen = subject(INTEL).description
    wanted = pins(seen)
    assert wanted["torch"]["torch"] == "2.2.2"
    assert "mlx" not in wanted
    found = examine(Subject(seen, pins=wanted))
    assert "torch 2.2.2: argmax is wrong on AMD GPUs of Intel Macs." in [one.what for one in found]
    built = subject(INTEL, environments={"torch": {"torch": "2.1.0"}}).description
    assert "torch" not in pins(built)
    assert Subject(built, pins=pins(built)).packages["torch"]["torch"] == "2.1.0"


def test_a_strange_system_has_no_pins() -> None:
    assert pins(subject({**LINUX, "system": "Plan 9"}).description) == {}


def test_only_environments_that_are_measured_count() -> None:
    names = ("torch", "jax==0.4.38", "host", "dev", "dev-jax", "$(touch trap)", "../torch")
    held = subject(M2, environments={name: {"torch": "2.2.2"} for name in names})
    assert [name for name, _ in held.having("torch")] == ["torch", "jax==0.4.38"]


@pytest.mark.parametrize(("release", "gpu"), [("13.0", True), ("12.6", False)])
def test_the_pin_for_macos_13_has_a_gpu_there(release: str, gpu: bool) -> None:
    seen = subject({**M2, "release": release}).description
    wanted = pins(seen)
    assert wanted["torch"]["torch"] == compatibility.MPS_CURES[0][2]
    assert [one.source for one in mps_system(Subject(seen, pins=wanted))] == (
        [] if gpu else ["pytorch#139425, pytorch#133141"]
    )


def test_files_that_hide_a_package_are_found(tmp_path: Path) -> None:
    assert shadowing(tmp_path) == ()
    for name in ("torch.py", "statistics.py", "mine.py", "numpy.txt"):
        (tmp_path / name).touch()
    for name in ("jax", "tests", "docs"):
        (tmp_path / name).mkdir()
    for name in ("jax", "tests"):
        (tmp_path / name / "__init__.py").touch()
    assert shadowing(tmp_path) == ("jax", "statistics.py", "torch.py")


def test_the_checkout_hides_nothing() -> None:
    assert shadowing(Path(__file__).resolve().parents[3]) == ()


def test_every_companion_that_can_be_too_new_is_known() -> None:
    bounded = {Requirement(bound.requirement) for bound in BOUNDS}
    assert {one.name for one in bounded} == set(companions._FAILS)
    assert {str(one.specifier)[0] for one in bounded} == {"<"}


def test_facts_have_their_sources() -> None:
    rows = [
        (row.what, row.source)
        for row in (*compatibility.INTEL_MAC, *compatibility.OLD_APPLE_SILICON)
    ]
    rows += [
        (str(row), row[-1] or "") for row in (*compatibility.MPS_NEEDS, *compatibility.WHEEL_NEEDS)
    ]
    rows += [(str(row), row[-1]) for row in compatibility.COLLISIONS]
    rows += [(row.line, row.source) for row in TENSORFLOW_METAL if row.breaks_from]
    rows += [(row.what, row.issue) for row in WRONG_ANSWERS]
    assert not [what for what, source in rows if not source]


def test_memory_is_counted_for_the_frameworks_that_the_machine_can_have() -> None:
    def host_bytes(machine: dict[str, Any]) -> dict[str, int]:
        found = needs(subject(machine).description, ["mlp"], "smoke")
        assert [one.device_bytes for one in found] == [
            case.needed_bytes("float32") for case in catalog.cases("mlp", "smoke")
        ]
        return {one.case: one.host_bytes for one in found}

    shared, without_mlx, linux = host_bytes(M2), host_bytes(INTEL), host_bytes(LINUX)
    assert set(shared) == {case.case for case in catalog.cases("mlp", "smoke")}
    assert all(without_mlx[case] <= linux[case] <= shared[case] for case in shared)
    assert sum(without_mlx.values()) < sum(linux.values()) < sum(shared.values())
