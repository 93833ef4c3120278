"""Inner products [1, n] x [n, 1], with and without drawing the operands inside the step."""

from __future__ import annotations

from suites.workload import Product, Workload

EXPONENTS = {
    "smoke": (2, 4, 6),
    "quick": (2, 3, 4, 5, 6),
    "standard": (2, 3, 4, 5, 6, 7),
    "full": (2, 3, 4, 5, 6, 7, 8),
}


def cases(preset: str) -> tuple[Workload, ...]:
    """Two products for each n: as published (operands drawn in the step), and the product alone."""
    return tuple(
        Product(suite="hackintosh", name=name, m=1, k=10**exponent, n=1, generated=generated)
        for name, generated in (("with_generation", True), ("product_only", False))
        for exponent in EXPONENTS[preset]
    )
