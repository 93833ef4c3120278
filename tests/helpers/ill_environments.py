"""Environments with one thing wrong, for tests of the doctor, beside some close to them."""

from __future__ import annotations

from bench.doctor import companions, packages
from tests.helpers.ill_machines import H200, INTEL, LINUX, M2, NVIDIA, Case, holding, subject

FALLBACK = "PYTORCH_ENABLE_MPS_FALLBACK"

CASES: list[Case] = [
    (
        *(packages.mps_system, "limits", "may have no GPU on macOS 14.5"),
        *(
            holding({**M2, "release": "14.5"}, "torch", torch="2.15.0"),
            holding(M2, "torch", torch="2.15.0"),
        ),
    ),
    (
        *(packages.mps_system, "limits", "PyTorch 2.11.0 has no GPU on macOS 13.6"),
        *(
            holding({**M2, "release": "13.6"}, "torch", torch="2.11.0"),
            holding({**M2, "release": "13.6"}, "torch", torch="2.8.0"),
        ),
    ),
    (
        *(packages.wheel_system, "limits", "mlx 0.32.4 is made for macOS 14.0"),
        *(
            holding({**M2, "release": "13.6"}, "mlx", mlx="0.32.4"),
            holding({**M2, "release": "13.6"}, "mlx", mlx="0.29.3"),
        ),
    ),
    (
        *(packages.without_mps, "limits", "made without MPS"),
        *(holding(M2, "torch", torch="1.11.0"), holding(M2, "torch", torch="2.15.0")),
    ),
    (
        *(packages.without_mps, "limits", "newer than the last for Intel Macs"),
        *(holding(INTEL, "torch", torch="2.5.0"), holding(INTEL, "torch", torch="2.2.2")),
    ),
    (
        *(packages.without_mps, "note", "not come from PyPI"),
        *(holding(M2, "torch", torch="2.9.0+git1"), holding(LINUX, "torch", torch="2.9.0+git1")),
    ),
    (
        *(companions.companions, "spoils", "torch 2.2.2 does not work with numpy 2.1.3"),
        *(
            holding(INTEL, "torch", torch="2.2.2", numpy="2.1.3"),
            holding(INTEL, "torch", torch="2.3.0", numpy="2.1.3"),
        ),
    ),
    (
        *(companions.companions, "spoils", "jax 0.4.25 does not work with scipy 1.13.1"),
        *(
            holding(M2, "jax", jax="0.4.25", scipy="1.13.1"),
            holding(M2, "jax", jax="0.4.25", scipy="1.12.0", numpy="1.26.4"),
        ),
    ),
    (
        *(companions.metal_pair, "spoils", "1.2.0 does not load in TensorFlow 2.21.0"),
        *(
            holding(M2, tensorflow="2.21.0", tensorflow_metal="1.2.0"),
            holding(M2, tensorflow="2.19.1", tensorflow_metal="1.2.0"),
        ),
    ),
    (
        *(companions.metal_pair, "limits", "Nobody has said"),
        *(
            holding(M2, tensorflow="2.12.1", tensorflow_metal="1.0.0"),
            holding(INTEL, tensorflow_macos="2.12.0", tensorflow_metal="0.8.0"),
        ),
    ),
    (
        *(packages.metal_system, "limits", "built for 14"),
        *(
            holding({**INTEL, "release": "13.7"}, tensorflow_metal="1.0.0"),
            holding(INTEL, tensorflow_metal="1.0.0"),
        ),
    ),
    (
        *(packages.jax_metal, "limits", "abandoned"),
        *(
            holding(M2, "jax", jax_metal="0.1.1", jaxlib="0.5.0"),
            holding(M2, "jax", jaxlib="0.5.0"),
        ),
    ),
    (
        *(packages.jax_metal, "limits", "not known to work with jaxlib 0.11.2"),
        *(holding(M2, "jax", jax_metal="0.1.1", jaxlib="0.11.2"), subject(M2)),
    ),
    (
        *(companions.jax_pairs, "limits", "does not go with jaxlib 0.12.0"),
        *(
            holding(M2, "jax", jax_mps="0.11.1", jaxlib="0.12.0"),
            holding(M2, "jax", jax_mps="0.11.1", jaxlib="0.11.2"),
        ),
    ),
    (
        *(companions.collisions, "spoils", "jax-metal and jax-mps"),
        *(holding(M2, "jax", jax_mps="0.11.1", jax_metal="0.1.1"), subject(M2)),
    ),
    (
        *(companions.collisions, "spoils", "tensorflow and tensorflow-macos"),
        *(
            holding(M2, tensorflow="2.16.2", tensorflow_macos="2.9.0"),
            holding(M2, tensorflow="2.14.0", tensorflow_macos="2.14.0"),
        ),
    ),
    (
        *(packages.shadowing, "spoils", "torch.py in the checkout"),
        *(subject(M2, shadowing=("torch.py",)), subject(M2)),
    ),
    (
        *(packages.no_cuda, "limits", "stays idle in torch"),
        *(
            holding({**LINUX, **NVIDIA}, "torch", torch="2.13.0+cpu"),
            holding({**LINUX, **NVIDIA}, "torch", torch="2.13.0"),
        ),
    ),
    (
        *(packages.no_cuda, "limits", "stays idle in torch"),
        *(
            holding({**LINUX, **NVIDIA}, "torch", torch="2.13.0+cpu"),
            holding({**LINUX, "gpus": [H200]}, "torch", torch="2.13.0+cpu"),
        ),
    ),
    (
        *(packages.variables, "limits", FALLBACK),
        *(subject(M2, variables={FALLBACK: "1"}), subject(M2, variables={FALLBACK: "0"})),
    ),
    (
        *(packages.variables, "limits", "JAX_PLATFORMS"),
        *(
            subject(M2, variables={"JAX_PLATFORMS": "cpu"}),
            subject(LINUX, variables={"JAX_PLATFORMS": "cpu"}),
        ),
    ),
    (
        *(packages.variables, "limits", "TF32"),
        *(
            subject(M2, variables={"MLX_ENABLE_TF32": "1"}),
            subject(M2, variables={"MLX_ENABLE_TF32": "0"}),
        ),
    ),
    (
        *(packages.variables, "note", "OMP_NUM_THREADS"),
        *(subject(LINUX, variables={"OMP_NUM_THREADS": "2"}), subject(LINUX)),
    ),
    (
        *(packages.states, "limits", "half-built: torch"),
        *(
            subject(LINUX, environment_states={"torch": "half-built"}),
            subject(LINUX, environment_states={"torch": "absent", "tf": "ready"}),
        ),
    ),
    (
        *(packages.states, "note", "stale: jax, tf"),
        *(subject(LINUX, environment_states={"tf": "stale", "jax": "stale"}), subject(LINUX)),
    ),
    (
        *(packages.mlx_on_linux, "note", "MLX on a Linux CPU"),
        *(holding(LINUX, "mlx", mlx="0.32.4"), holding(M2, "mlx", mlx="0.32.4")),
    ),
]
