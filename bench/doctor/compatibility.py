"""What is known of versions, systems and machines: data, each row with its source.

A wheel as source means that the package itself says so: its tag, its metadata, or a text in it.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    "Pascal": r"GeForce GTX? 10[1-8]0\b|GeForce MX(?:150|230|250|330|350)\b|TITAN X[p ]"
    r"|(?:Tesla )?P(?:4|6|40|100)\b|Quadro G?P[0-9]+",
    "Maxwell": r"GeForce GTX? (?:9[1-8]0M?|TITAN X|745|750)\b|GeForce (?:9[34]0MX?|MX1[13]0)\b"
    r"|(?:Tesla )?M(?:4|6|10|40|60)\b|Quadro M[0-9]+|Quadro K(?:620|1200|2200)\b",
}
"""Generations that CUDA 13 does not compute on, by the beginning of the GPU's name, in any case:
NVIDIA's list of compute capabilities, developer.nvidia.com/cuda-legacy-gpus. Older ones have no
driver that is new enough to be listed at all."""
