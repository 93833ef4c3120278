"""Products in float32, and in what is less than that or only calls itself so."""

from __future__ import annotations

from typing import Any

import numpy as np

OPERAND_BITS = {"tf32": 11, "bfloat16": 8}
"""Of their mantissas, the leading one counted; float32 has 24."""

PARTS = {"bf16x2": 2, "bf16x3": 3}
"""How many numbers of bfloat16 an operand is written as."""

SUMS = {"sum16": (11, 8), "sum17": (17, 64)}
"""Bits of a running sum, and how many products are added before it is rounded to them: a matrix
unit adds a block of them exactly."""


def product(arithmetic: str, a: Any, b: Any) -> Any:
    """a b in float32, worked out as the word says; `float32` is NumPy's own."""
    if arithmetic in OPERAND_BITS:
        bits = OPERAND_BITS[arithmetic]
        return rounded(a, bits) @ rounded(b, bits)
    if arithmetic == "float16":
        return _half(a) @ _half(b)
    if arithmetic in PARTS:
        return _in_parts(a, b, PARTS[arithmetic])
    if arithmetic in SUMS:
        return _summed(a, b, *SUMS[arithmetic])
    return a @ b


def rounded(array: Any, bits: int) -> Any:
    """The float32 values with so many bits of mantissa, nearest even."""
    drop = 24 - bits
    whole = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
    half = np.uint32((1 << (drop - 1)) - 1) + ((whole >> np.uint32(drop)) & np.uint32(1))
    return ((whole + half) & np.uint32((0xFFFFFFFF << drop) & 0xFFFFFFFF)).view(np.float32)


def _half(array: Any) -> Any:
    return array.astype(np.float16).astype(np.float32)


def _summed(a: Any, b: Any, bits: int, block: int) -> Any:
    total = np.zeros((a.shape[0], b.shape[1]), np.float32)
    for begin in range(0, a.shape[1], block):
        total = rounded(total + a[:, begin : begin + block] @ b[begin : begin + block], bits)
    return total


def _in_parts(a: Any, b: Any, count: int) -> Any:
    """The products of parts that matter, smallest first."""

    def split(x: Any) -> list[Any]:
        parts = []
        for _ in range(count):
            parts.append(rounded(x, 8))
            x = x - parts[-1]
        return parts

    left, right = split(a), split(b)
    pairs = [(i, j) for i in range(count) for j in range(count) if i + j < count]
    return sum(left[i] @ right[j] for i, j in sorted(pairs, key=sum, reverse=True))
