"""What only some Linux machines tell: kinds of cores, and AMD's compute units."""

from __future__ import annotations

import pytest

from bench import machine
from bench.schema import CoreKind
from tests.helpers import made_machines as made

SIBLINGS = "".join(
    f"system/cpu/cpu{cpu}/topology/thread_siblings_list: {cores}\n"
    for cpu, cores in enumerate(("0-1", "0-1", "2-3", "2-3", "4", "5", "6", "7"))
)
HYBRID = f"cpu_core/cpus: 0-3\ncpu_atom/cpus: 4-5,6-7\n{SIBLINGS}"


@pytest.mark.parametrize(
    ("cpus", "kinds"),
    [
        (HYBRID, {"cpu_core": 2, "cpu_atom": 4}),
        (f"cpu_atom/cpus: 4-7\n{SIBLINGS}", {"cpu_atom": 4}),
        (SIBLINGS, {}),
        ("cpu_core/cpus: 0-3\ncpu_atom/cpus: 4-7\n", {}),  # cores or threads?
        (HYBRID.replace("4-5,6-7", "4-8"), {}),
        (HYBRID.replace("4-5,6-7", "junk"), {"cpu_core": 2}),
        ("junk", {}),
    ],
)
def test_kinds_of_cores_are_told_by_the_systems_words(cpus: str, kinds: dict[str, int]) -> None:
    expected = tuple(CoreKind(name=name, count=count) for name, count in kinds.items())
    assert machine.parse(made.linux(cpus=cpus)).core_kinds == expected


CARD = (
    "card{0}/device/vendor: {1}\ncard{0}/device/device: 0x744c\n"
    "card{0}/device/uevent: DRIVER=x PCI_SLOT_NAME={2}\n"
)
NODES = (
    "1/properties: simd_count 160 simd_per_cu 2 location_id 768 domain 0\n"
    "2/properties: simd_count 256 simd_per_cu 4 location_id 17153 domain 1\n"
)


@pytest.mark.parametrize(
    ("vendor", "address", "nodes", "cores"),
    [
        ("0x1002", "0000:03:00.0", NODES, 80),
        ("0x1002", "0001:43:00.1", NODES, 64),
        ("0x1002", "0000:04:00.0", NODES, None),
        ("0x1002", "junk", NODES, None),
        ("0x1002", "0000:03:00.0", NODES.replace("per_cu 2", "per_cu 0"), None),
        ("0x1002", "0000:03:00.0", "1/properties: simd_count simd_per_cu junk", None),
        ("0x10de", "0000:03:00.0", NODES, None),
    ],
)
def test_compute_units_belong_to_the_card_at_their_address(
    vendor: str, address: str, nodes: str, cores: int | None
) -> None:
    found = machine.parse(made.linux(drm=CARD.format(0, vendor, address), kfd=nodes))
    assert [gpu.cores for gpu in found.gpus] == [cores]
