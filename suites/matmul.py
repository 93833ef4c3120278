"""Square matrix products, n x n times n x n."""

from __future__ import annotations

from suites.workload import Product, Workload

SIZES = {
    "smoke": (64, 256, 1024),
    "quick": (64, 128, 256, 512, 1024, 2048),
    "standard": (64, 128, 256, 512, 1024, 2048, 4096),
    "full": (64, 128, 256, 512, 1024, 2048, 4096, 8192),
}


def cases(preset: str) -> tuple[Workload, ...]:
    """One product for each n of the preset."""
    return tuple(Product(suite="matmul", name="square", m=n, k=n, n=n) for n in SIZES[preset])
