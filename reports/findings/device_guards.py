"""Guards for GPUs: work that fell back to the CPU, times that do not depend on the device."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.schema import Contender
from reports.context import ReportContext
from reports.findings.finding import Finding, called, suspect
from reports.findings.measured_cells import measured
from reports.formatting import plain
from reports.verdicts import off_device as verdict

_FALLS_BACK = re.compile(r"\bfall(s|ing|en)?[ -]?back\b|\bfell back\b|\bfallback\b", re.IGNORECASE)
_FALLBACK_VARIABLE = "PYTORCH_ENABLE_MPS_FALLBACK"
_OPERATION = re.compile(r"operator '([\w:.]{1,100})'.{0,200}fall back to run on the CPU")
"""PyTorch's words, where PYTORCH_ENABLE_MPS_FALLBACK is set or an operation always falls back."""


def moved(context: ReportContext) -> Iterator[Finding]:
    """GPU contenders that say themselves that they run, or may run, elsewhere."""
    cells = measured(context.results)
    for run, contender in _on_gpu(context):
        runtime = context.results.runtimes.get((run, contender.contender))
        if runtime is None:
            continue
        name = called(context, run, contender.contender)
        note = next((plain(each) for each in runtime.notes if _FALLS_BACK.search(each)), None)
        if runtime.device != contender.device:
            what = f"{name} ran on {plain(runtime.device)}, not on {plain(contender.device)}"
        elif note is not None:
            what = f"{name} says that work falls back: {note}"
        elif runtime.environment.get(_FALLBACK_VARIABLE) == "1":
            what = f"{name} moves operations that the GPU lacks to the CPU "
            what += f"without a warning ({_FALLBACK_VARIABLE}=1)"
        else:
            continue
        mine = cells[(cells["run"] == run) & (cells["contender"] == contender.contender)]
        yield suspect(
            context,
            mine,
            run=run,
            where="all its cases",
            about=name,
            what=what,
            action="Its times are not the GPU's, or only in part. Unset what allows the fallback "
            "and repeat: operations that the GPU lacks then fail instead.",
        )


def off_device(context: ReportContext) -> Iterator[Finding]:
    """GPU contenders that seem to compute on the CPU: each sign that is sure by itself."""
    cells = measured(context.results)
    for sign in verdict.signs(cells, context.results.slices):
        if sign.sure:
            about, action = _ADVICE[sign.kind]
            own = (cells["run"] == sign.run) & (cells["contender"] == sign.contender)
            yield suspect(
                context,
                cells[own & cells["case"].isin(sign.cases)],
                about=called(context, sign.run, sign.contender),
                what=f"{called(context, sign.run, sign.contender)} {sign.said}{about}",
                action=action,
            )


_FELL_BACK = ": work may have fallen back to the CPU"
_COMPARE = "Compare its times with the same framework on the CPU"
_ADVICE = {
    "cores": (
        _FELL_BACK,
        f"{_COMPARE}, and look at what it printed about operations that its GPU lacks.",
    ),
    "idle": (_FELL_BACK, f"{_COMPARE}, and watch the GPU with its maker's own tool."),
    "empty": (_FELL_BACK, f"{_COMPARE}."),
    "same time": (
        "",
        "What is measured does not depend on the device: both ran on one, or both waited.",
    ),
}
"""By kind of sign: what it may mean, and what to do."""


def partly_cpu(context: ReportContext) -> Iterator[Finding]:
    """One finding for each contender and the operations that left its GPU."""
    cases: dict[tuple[str, str, str], list[str]] = {}
    for (run, contender, case), texts in context.results.warnings.items():
        operations = sorted({name for text in texts for name in _OPERATION.findall(text)})
        if operations:
            cases.setdefault((run, contender, ", ".join(operations)), []).append(case)
    for (run, contender, names), found in cases.items():
        yield Finding(
            severity="suspect",
            what=f"{called(context, run, contender)} is partly CPU: {plain(names, 300)} ran there",
            where=plain(f"{', '.join(found)}, run {run}", 300),
            action="Do not take these times for the GPU's. Without PYTORCH_ENABLE_MPS_FALLBACK "
            "most such operations fail instead.",
            cells=frozenset((run, contender, case) for case in found),
            about=called(context, run, contender),
            run=run,
        )


def _on_gpu(context: ReportContext) -> Iterator[tuple[str, Contender]]:
    for name, run in context.results.runs.items():
        yield from ((name, each) for each in run.contenders if each.device_kind == "gpu")
