"""Cells of a GPU that ran partly on the CPU, as the framework itself warned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.findings.finding import Finding
from reports.formatting import plain
from reports.frame import Results

_FELL_BACK = re.compile(r"operator '([\w:.]{1,100})'.{0,200}fall back to run on the CPU")
"""PyTorch's words, where PYTORCH_ENABLE_MPS_FALLBACK is set or an operation always falls back."""


def partly_cpu(results: Results) -> Iterator[Finding]:
    """One finding for each contender and the operations that left its GPU."""
    cases: dict[tuple[str, str, str], list[str]] = {}
    for (run, contender, case), texts in results.warnings.items():
        operations = sorted({name for text in texts for name in _FELL_BACK.findall(text)})
        if operations:
            cases.setdefault((run, contender, ", ".join(operations)), []).append(case)
    for (run, contender, names), found in cases.items():
        yield Finding(
            severity="suspect",
            what=f"{plain(contender)} is partly CPU: {plain(names, 300)} ran there",
            where=plain(f"{', '.join(found)}, run {run}", 300),
            action="Do not take these times for the GPU's. Without PYTORCH_ENABLE_MPS_FALLBACK "
            "most such operations fail instead.",
        )
