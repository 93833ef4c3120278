"""What is known of versions, systems and machines: data, each row with its source.

A wheel as source means that the package itself says so: its tag, its metadata, or a text in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from frameworks import FRAMEWORKS

LEAST_PYTHON = "3.9"
"""With which environments can be made."""
HOST_PYTHON = "3.11"
"""Of the host environment: pandas 3 and matplotlib 3.11 need it."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Something a kind of machine can never have, or not in a new version."""

    what: str
    why: str
    source: str
    macos: tuple[str | None, str | None] = (None, None)
    """From, and below."""


INTEL_MAC = (
    Limit(
        what="PyTorch stays at 2.2.2",
        why="it is the last with a wheel for Intel Macs; on its GPU there is no bfloat16, no 3-D "
        "convolution and no complex number",
        source="torch 2.2.2 wheel",
    ),
    Limit(
        what="TensorFlow with a GPU stays at 2.13, on macOS 12 and 13 at 2.12",
        why="tensorflow-metal 1.0.0 is the last for Intel Macs and loads in 2.13 alone, 0.8.0 in "
        "2.12; both were built without optimisation, so small steps look slower than they need be",
        source="tensorflow-metal 1.0.0 and 0.8.0 wheels",
    ),
    Limit(
        what="JAX stays at 0.4.38, on the CPU",
        why="it is the last jaxlib for Intel Macs, and jax-mps never had a wheel for them",
        source="jaxlib 0.4.38 wheel",
    ),
    Limit(
        what="MLX cannot be had",
        why="it needs Apple Silicon and never had packages for Intel Macs",
        source="mlx 0.32.4 wheels",
    ),
)

MPS_CURES = (("13.0", "14.0", "2.8.0"), ("12.3", "13.0", "2.4.1"))
"""On Apple Silicon: macOS from and below, and the newest PyTorch whose MPS it serves.

The first is also the pin for macOS before 14."""

OLD_APPLE_SILICON = (
    Limit(
        what=f"PyTorch stays at {MPS_CURES[0][2]}",
        why="it is the last that has a GPU on macOS 13; wheels install up to 2.11.0, with the "
        "CPU alone; those from 2.12 on are made for macOS 14 and newer",
        source="pytorch#162921; torch 2.12 wheel tag macosx_14_0_arm64",
    ),
    Limit(
        what="MLX stays at 0.29.3",
        why="newer wheels are made for macOS 14 and newer",
        source="mlx wheel tags",
        macos=("13", None),
    ),
    Limit(
        what="MLX cannot be had",
        why="its wheels are made for macOS 13 and newer",
        source="mlx wheel tags",
        macos=(None, "13"),
    ),
    Limit(
        what="JAX computes on the CPU alone",
        why="jax-mps needs macOS 14, jax-metal 14.4",
        source="jax-mps 0.11.1 wheel tag macosx_14_0_arm64; jax-metal 0.1.1 metadata",
    ),
)
"""Of Macs with Apple Silicon before macOS 14."""

LEAST_MPS_MACOS = "12.3"
"""Of any PyTorch's MPS: error text of the torch 2.2.2 wheel."""

MPS_NEEDS = (
    ("2.9", "2.15", "14.0", "pytorch#162921, pytorch#164943"),
    ("2.5", "2.9", "13.0", "pytorch#139425, pytorch#133141"),
)
"""PyTorch from and below; the macOS that its MPS needs, whatever its message says; the source."""

MPS_ASKS = ("2.15", None, "15.0", "error text of the torch 2.15.0 wheel")
"""The same, where only the text says so: it may compute on an older macOS all the same."""

WHEEL_NEEDS = (
    ("torch", "2.12", None, "14.0", MPS_CURES[0][2], "torch 2.12 wheel tag macosx_14_0_arm64"),
    ("mlx", "0.29.4", None, "14.0", "0.29.3", "mlx wheel tags"),
    ("jax-mps", None, None, "14.0", None, "jax-mps 0.11.1 wheel tag macosx_14_0_arm64"),
    ("jax-metal", "0.1.1", None, "14.4", None, "jax-metal 0.1.1 metadata"),
)
"""On Apple Silicon: package, from and below, the macOS its wheels need, what serves older ones."""

COLLISIONS = (
    ("jax-metal", "jax-mps", "both offer their device with the same priority", "jax-mps wheel"),
    ("tensorflow", "tensorflow-macos", "both install the module tensorflow", "their wheels"),
    ("tensorflow", "tensorflow-cpu", "both install the module tensorflow", "their wheels"),
)
"""Two packages that want the same place. TensorFlow's may stand side by side at one version, as
some releases of the first require the second."""

MODULES = (
    *(module for row in FRAMEWORKS.values() for module in row.modules),
    *("scipy", "autograd", "pandas", "pyarrow", "matplotlib", "jinja2", "pooch", "ruptures"),
    *("msgspec", "typer", "rich", "psutil", "filelock", "packaging"),
)
"""Modules of packages that a file in the checkout would hide."""

CUDA_BUILDS = {
    "torch": "PyTorch is a build for CPUs",
    "tensorflow-cpu": "tensorflow-cpu has no CUDA",
    "mlx-cpu": "MLX has its CPU backend alone",
}
"""Packages that leave an NVIDIA GPU unused: torch only where its version ends in `+cpu`."""

CUDA_13 = ("torch", "jax", "mlx")
"""Frameworks whose sets for NVIDIA are built with CUDA 13; TensorFlow's has CUDA 12."""
CUDA_13_DRIVER = "580"
CUDA_13_SOURCE = "mlx installation guide; pytorch#172352; CUDA 13.0 release notes"
NVIDIA_BEFORE_TURING = {
    "Volta": r"(?:Tesla )?V100\b|TITAN V\b|Quadro GV100\b",
    "Pascal": r"GeForce GTX? 10[1-8]0\b|TITAN X[p ]|(?:Tesla )?P(?:4|6|40|100)\b|Quadro G?P[0-9]+",
    "Maxwell": r"GeForce GTX? (?:9[1-8]0M?|TITAN X|750)\b|Tesla M[0-9]+|Quadro M[0-9]+",
}
"""Generations that CUDA 13 does not compute on, by the beginning of the GPU's name: GTX 1060."""

RDNA2 = (
    *("Radeon RX 6600", "Radeon RX 6600 XT", "Radeon RX 6800", "Radeon RX 6800 XT"),
    *("Radeon RX 6900 XT", "Radeon RX 6950 XT"),
    *("Radeon Pro W6600X", "Radeon Pro W6800X", "Radeon Pro W6800X Duo", "Radeon Pro W6900X"),
)
"""GPUs of AMD's RDNA2 that macOS drives, without a leading `AMD `."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A combination reported to give wrong answers. None leaves a condition open."""

    package: str
    issue: str
    what: str
    why: str
    severity: Literal["spoils", "limits", "note"] = "note"
    versions: tuple[str | None, str | None] = (None, None)
    """From, and below."""
    macos: tuple[str | None, str | None] | None = None
    gpus: tuple[str, ...] | Literal["AMD"] | None = None
    """Exact names, without a leading `AMD `; or every GPU of that vendor."""
    chips: tuple[str, ...] | None = None
    """Beginnings of the CPU's name, each of whole words."""
    do: str = ""
    """Where it is not what all of this severity have."""


WRONG_ANSWERS = (
    Known(
        package="torch",
        issue="pytorch#178697",
        what="linear layers give wrong answers on GPUs of AMD's RDNA2",
        why="from 256 inputs on they are off by 30 to 90 where 0.0001 is usual: nearly every cell "
        "of PyTorch on this GPU will be wrong, and ranked nowhere",
        severity="spoils",
        versions=("2.2.2", None),
        gpus=RDNA2,
    ),
    Known(
        package="torch",
        issue="pytorch#112186, pytorch#92311",
        what="argmax is wrong on AMD GPUs of Intel Macs",
        why="it gave only zeros or nonsense in 2.0 and 2.1, and nobody has said that 2.2.2 is "
        "better: accuracy in the suites learn and lifecycle may be wrong",
        severity="limits",
        versions=("2.0", None),
        gpus="AMD",
        do="Compare the accuracy with the CPU's: `make bench FRAMEWORK=torch DEVICE=cpu`.",
    ),
    Known(
        package="torch",
        issue="pytorch#122016",
        what="single elements are written to the wrong place since macOS 14.4",
        why="the update of the system alone changed results of PyTorch 2.2.0 and 2.2.1",
        severity="limits",
        versions=("2.2", "2.2.2"),
        macos=("14.4", None),
    ),
    Known(
        package="torch",
        issue="pytorch#124335",
        what="arrays of 4 GiB and more arrive on the GPU damaged",
        why="copies that large were cut up properly only from 2.3.1 on",
        versions=(None, "2.3.1"),
    ),
    Known(
        package="torch",
        issue="pytorch#193487",
        what="products may be wrong depending on what was allocated before",
        why="10 to 30 % of scale, in 2.7 to 2.13: a cell can turn wrong in the middle of a run",
        severity="limits",
        versions=("2.7", "2.14"),
    ),
    Known(
        package="torch",
        issue="pytorch#188438, pytorch#192934",
        what="linear layers with a bias are wrong on M1 chips under macOS 26",
        why="inputs of three dimensions are off by a fifth: cells of the suite transformer will "
        "be wrong; seen on virtual M1s and not on M4",
        severity="limits",
        versions=(None, "2.14"),
        macos=("26", "27"),
        chips=("Apple M1",),
    ),
    Known(
        package="torch",
        issue="pytorch#189495",
        what="linear layers with a bias are wrong for batches beyond 65536",
        why="inputs of three dimensions overwrite one another's rows",
        versions=("2.12", "2.14"),
        macos=("26", "27"),
    ),
    Known(
        package="torch",
        issue="pytorch#195163",
        what="batched products that sum 32767 values or more are wrong on M1 and M2",
        why="values beyond the operands' end enter the sum; up to 2.13 plain products too",
        chips=("Apple M1", "Apple M2"),
    ),
    Known(
        package="torch",
        issue="pytorch#197636",
        what="batched products of more than 2^32 values are wrong, or their gradients",
        why="the answer may be right and the gradients wrong",
        macos=("15", None),
    ),
    Known(
        package="torch",
        issue="pytorch#95188, pytorch#97239, pytorch#122045",
        what="linear layers are wrong for some large inputs under macOS 13",
        why="reported under macOS 13.2.1 to 13.6.7, and not under 13.1",
        severity="limits",
        macos=("13.2", "14"),
    ),
    Known(
        package="tensorflow-metal",
        issue="tensorflow#92686",
        what="dense models may answer differently on the GPU and on the CPU",
        why="reported of TensorFlow 2.14 with 1.1.0 and 2.16.2 with 1.2.0",
        severity="limits",
        versions=("1.1", None),
    ),
    Known(
        package="tensorflow-metal",
        issue="tensorflow#92564, tensorflow#62361, keras#21108",
        what="training may stall at a lower accuracy than elsewhere",
        why="87 to 89 % were reported where other devices reach 92.5 to 98 %",
        severity="limits",
        do="Compare the accuracy with the CPU's: `make bench FRAMEWORK=tf DEVICE=cpu`.",
    ),
    Known(
        package="jax-metal",
        issue="jax#16326, jax#16420, jax#17590",
        what="updates of slices, broadcasts and in1d are wrong",
        why="elements are written to the wrong places; the plugin is no longer maintained",
        severity="limits",
    ),
)
