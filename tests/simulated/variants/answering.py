"""Lies about answers: less precise than they are called, or by another formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.simulated.variants.honest import ALL, Honest

FACTOR = np.float32(1.05)
"""By which one gradient or moment is wrong."""


class TF32(Honest):
    """Operands of products are rounded to 11 bits."""

    arithmetic, share, wrong_in = "tf32", 1 / 8, ALL


class BFloat16(Honest):
    """Operands of products are rounded to 8 bits."""

    arithmetic, share, wrong_in = "bfloat16", 1 / 16, ALL


class Float16(Honest):
    """Operands of products are held in float16."""

    arithmetic, share, wrong_in = "float16", 1 / 16, ALL


class SumsInFloat16(Honest):
    """Sums are rounded to the 11 bits of float16, every eight products."""

    arithmetic, share, wrong_in = "sum16", 1 / 2, ALL


class SumsIn17Bits(Honest):
    """Sums are rounded to 17 bits, every 64 products."""

    arithmetic, share, wrong_in, below = "sum17", 1 / 2, ALL, True


class TwoParts(Honest):
    """Operands are written as two numbers of bfloat16."""

    arithmetic, share, wrong_in, below = "bf16x2", 1 / 4, ALL, True


class ThreeParts(Honest):
    """Operands are written as three numbers of bfloat16: as good as float32, so no lie."""

    arithmetic, share = "bf16x3", 1 / 2


class WrongGradient(Honest):
    """One bias's gradient is 5 % too large."""

    wrong_in = frozenset({"train", "learn"})

    def gradients(self, found: dict[str, Any]) -> dict[str, Any]:
        path = sorted(name for name in found if name.endswith(".bias"))[-1]
        return found | {path: found[path] * FACTOR}


class WrongMoment(Honest):
    """One weight's first moment is 5 % too large."""

    wrong_in, optimizer = frozenset({"train"}), "adam"

    def moment(self, path: str, m: Any) -> Any:
        return m * FACTOR if path == "0.weight" else m


class ForgetsMoments(Honest):
    """Adam begins with no moments in every step."""

    wrong_in, optimizer = frozenset({"train"}), "adam"

    def remembered(self, m: Any, v: Any) -> tuple[Any, Any]:
        return 0 * m, 0 * v


class NoCorrection(Honest):
    """Adam's moments are not corrected for having begun at nothing."""

    wrong_in, optimizer = frozenset({"train"}), "adam"

    def corrected(self, count: int) -> float:
        return math.inf


class BrokenArgmax(Honest):
    """No test sample is ever right."""

    wrong_in = frozenset({"learn"})

    def correct(self, count: Any) -> Any:
        return 0 * count
