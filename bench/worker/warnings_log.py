"""Warnings that a framework prints while a case is built and verified; some explain figures.

Standard library, for workers.
"""

from __future__ import annotations

import warnings
from typing import Any

MOST = 64
LONGEST = 1000
_FALLS_BACK = "fall back"
"""In what PyTorch says of an operation that runs on the CPU in the GPU's place."""


class WarningLog:
    """Python's warnings since the last `take`, each text once; they are printed as before."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._show = warnings.showwarning

    def listen(self) -> None:
        """From now on, for the whole process."""
        warnings.showwarning = self._hear

    def take(self) -> list[str]:
        """What was heard, and forget it."""
        # After a flood of others, what ran elsewhere is still told.
        texts = sorted(self._texts, key=lambda text: _FALLS_BACK not in text)[:MOST]
        self._texts = {}
        return texts

    def _hear(self, message: Warning | str, *where: Any, **more: Any) -> None:
        text = " ".join(str(message).split())[:LONGEST]
        most = 2 * MOST if _FALLS_BACK in text else MOST
        if len(self._texts) < most and text not in self._texts:
            self._texts[text] = None
            self._show(message, *where, **more)
