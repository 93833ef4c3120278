"""Guards for GPUs: work that fell back to the CPU, times that do not depend on the device."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.schema import Contender
from reports.findings.finding import Finding, suspect
from reports.findings.guards import measured
from reports.formatting import plain
from reports.frame import Results
from reports.verdicts import off_device as offdevice

_FALLS_BACK = re.compile(r"\bfall(s|ing|en)?[ -]?back\b|\bfell back\b|\bfallback\b", re.IGNORECASE)
_FALLBACK_VARIABLE = "PYTORCH_ENABLE_MPS_FALLBACK"


def moved(results: Results) -> Iterator[Finding]:
    """GPU contenders that say themselves that they run, or may run, elsewhere."""
    cells = measured(results)
    for run, contender in _on_gpu(results):
        runtime = results.runtimes.get((run, contender.contender))
        if runtime is None:
            continue
        name = plain(contender.contender)
        told = next((plain(note) for note in runtime.notes if _FALLS_BACK.search(note)), None)
        if runtime.device != contender.device:
            what = f"{name} ran on {plain(runtime.device)}, not on {plain(contender.device)}"
        elif told is not None:
            what = f"{name} says that work falls back: {told}"
        elif runtime.environment.get(_FALLBACK_VARIABLE) == "1":
            what = f"{name} moves what the GPU lacks to the CPU unnoticed ({_FALLBACK_VARIABLE}=1)"
        else:
            continue
        mine = cells[(cells["run"] == run) & (cells["contender"] == contender.contender)]
        yield suspect(
            results,
            mine,
            run=run,
            where="all its cases",
            what=what,
            action="Its times are not, or not wholly, the GPU's. Unset what allows the fallback "
            "and repeat: what the GPU cannot do then fails instead.",
        )


def off_device(results: Results) -> Iterator[Finding]:
    """GPU contenders that seem to compute on the CPU: each sign that is sure by itself."""
    cells = measured(results)
    for sign in offdevice.signs(cells, results.slices, results.runs):
        if sign.sure:
            about, action = _ADVICE[sign.kind]
            own = (cells["run"] == sign.run) & (cells["contender"] == sign.contender)
            yield suspect(
                results,
                cells[own & cells["case"].isin(sign.cases)],
                what=f"{plain(sign.contender)} {sign.said}{about}",
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


def _on_gpu(results: Results) -> Iterator[tuple[str, Contender]]:
    for name, run in results.runs.items():
        yield from ((name, each) for each in run.contenders if each.device_kind == "gpu")
