"""Checks of one adapter, run by the Python of its environment: `inside.py PLAN REPORT`.

PLAN is a JSON file: module, device, precision, execution, and cases with their suite, preset, name
and file of expected values. REPORT gets one JSON line for each check: {check, ok, problem};
an adapter that refuses to start leaves the one line {unsupported}. Standard library and NumPy.
"""

import dataclasses
import functools
import json
import sys
import time
from pathlib import Path

import numpy as np

from bench import measure
from bench.worker import load
from frameworks import lifecycle
from frameworks.interface import Settings, Unsupported
from suites import arrays, catalog, checks
from suites.layers import parameters
from suites.tolerance import UNIT_ROUNDOFF
from suites.workload import Adam, Forward, Learn, Lifecycle, Product, Train

SEED = 0
TRIES = 5

MEASURABLE_CPU_S = 0.02
"""Less work than this cannot be told from what an idle process uses."""


def main(plan, report):
    """Write a line for each check as it is made."""
    adapter = load(plan["module"])
    device = next(d for d in adapter.devices() if d.id == plan["device"])
    try:
        runtime = adapter.start(device, Settings(plan["precision"], plan["execution"]))
    except Unsupported as reason:
        report.write(json.dumps({"unsupported": str(reason)}) + "\n")
        return
    found = [("start", start(adapter, runtime, device))]
    for case in plan["cases"]:
        workload = catalog.find(case["suite"], case["preset"], case["case"])
        for name, problem in examine(adapter, plan, workload, Path(case["expected"])):
            found.append((f"{case['case']}: {name}", problem))
    for name, problem in found:
        report.write(json.dumps({"check": name, "ok": not problem, "problem": problem}) + "\n")


def start(adapter, runtime, device):
    """What the adapter says of itself: a version of its own first, the device asked for."""
    if not runtime.versions or not all(runtime.versions.values()):
        return f"versions are {dict(runtime.versions)}"
    if runtime.device != device:
        return f"runs on {runtime.device}, asked for {device}"
    if len(runtime.details) > 8000:
        return f"details have {len(runtime.details)} characters"
    memory = adapter.memory()
    if device.kind == "cpu" and memory != type(memory)():
        return f"claims to know a CPU's device memory: {memory}"
    return ""


def examine(adapter, plan, workload, expected):
    """Every check of one workload, as (name, problem); no problem is an empty text."""
    made = arrays.make(workload, SEED)
    before = made.sha256()
    try:
        step = built(adapter, workload, made)
    except Unsupported as reason:
        # Training is defined in float32, and NumPy has no gradients; all else must be there.
        expected_refusal = isinstance(workload, Train | Learn | Lifecycle) and (
            plan["precision"] != "float32" or adapter.NAME == "numpy"
        )
        yield "is supported", "" if expected_refusal else str(reason)
        return
    run = functools.partial(finished, adapter, step)
    observed = checks.observe(workload, run, made.weights, SEED)
    for check in checks.compare(observed, expected):
        yield f"answer {check.name}", "" if check.passed else str(dataclasses.asdict(check))
    earlier, later = run(), run()
    yield "results are complete", incomplete(workload, later)
    yield "every step works anew", stale(workload, earlier, later)
    yield "compiles once", recompiled(adapter, workload, run)
    if not isinstance(workload, Product):
        second = finished(adapter, built(adapter, workload, made))
        yield "a second build starts afresh", carried_over(plan, observed, second)
    if plan["precision"] == "float32":  # waiting is the same in all, some of them very slow
        yield "wait waits", unfinished(adapter, step, plan["device"])
    yield "inputs are left alone", touched(made, before)
    made.close()


def built(adapter, workload, made):
    if isinstance(workload, Lifecycle):
        return lifecycle.build(adapter, workload, made)
    return adapter.build(workload, made)


def finished(adapter, step):
    """One step's results on the host, copied."""
    results = step()
    adapter.wait([results])
    return {name: np.array(adapter.to_numpy(value)) for name, value in results.items()}


def incomplete(workload, results):
    """Exactly the promised results, of their shapes, finite, in float32 or wider."""
    if isinstance(workload, Product):
        shapes = {"product": (workload.m, workload.n)}
    elif isinstance(workload, Forward):
        shapes = {"output": workload.model.output_shape(workload.input_shape)}
    elif isinstance(workload, Train):
        shapes = {"loss": (), **weight_shapes(workload)}
        if isinstance(workload.optimizer, Adam):
            for path, parameter in parameters(workload.model, workload.input_shape).items():
                if parameter.learned:
                    shapes[Adam.first_moment(path)] = shapes[Adam.second_moment(path)] = (
                        parameter.shape
                    )
    else:
        learn = workload.learn if isinstance(workload, Lifecycle) else workload
        shapes = dict.fromkeys(checks.LEARNED, (learn.epochs,)) | weight_shapes(learn)
        if isinstance(workload, Lifecycle):
            shapes["prediction"] = (learn.data.test, learn.data.classes)
    if got := {n: a.shape for n, a in results.items() if shapes.get(n) != a.shape}:
        return f"unexpected results: {got}"
    if missing := shapes.keys() - results.keys():
        return f"missing: {sorted(missing)}"
    narrow = {n: str(a.dtype) for n, a in results.items() if a.dtype not in ("f4", "f8")}
    if narrow:
        return f"not float32 or float64 on the host: {narrow}"
    infinite = [name for name, array in results.items() if not np.all(np.isfinite(array))]
    return f"not finite: {infinite}" if infinite else ""


def weight_shapes(workload):
    arrays_of_model = parameters(workload.model, workload.input_shape)
    return {path: parameter.shape for path, parameter in arrays_of_model.items()}


def stale(workload, earlier, later):
    """Training moves every array in every step, drawn operands change; all else repeats itself."""
    same = [name for name in earlier if np.array_equal(earlier[name], later.get(name))]
    if isinstance(workload, Train) or getattr(workload, "generated", False):
        return f"two steps gave the same {same}" if same else ""
    return "" if same else "two steps on the same inputs gave different answers"


def recompiled(adapter, workload, run):
    """A step that ran before compiles nothing, unless making its model is part of it."""
    count = getattr(adapter, "compilations", lambda: None)
    before = count()
    run()
    if before in (None, count()) or isinstance(workload, Lifecycle):
        return ""
    return f"a later step compiled {count() - before} times"


def carried_over(plan, observed, second):
    """The first loss, or the output, is that of the first build up to the order of its sums."""
    name = next(name for name in ("loss", "output", "train_loss") if name in observed)
    first, again = np.ravel(observed[name]), np.ravel(second.get(name, np.nan))
    first = first[: len(again)]  # a training step has one loss, the observation three
    limit = 32 * UNIT_ROUNDOFF[plan["precision"]] * np.max(np.abs(first))
    error = np.max(np.abs(first - again))
    return "" if error <= limit else f"{name} differs by {error:.3g}, more than {limit:.3g}"


def unfinished(adapter, step, device):
    """After `wait` nothing is left to do: seen from the CPU time the process still uses.

    Thread pools may spin a while when they have finished, so what is used after the results were
    converted, which surely ends all work, is subtracted; the least of several tries counts.
    """
    if device != "cpu":
        left_s, limit_s = measure.unready(step, adapter.wait, functools.partial(convert, adapter))
        return "" if left_s <= limit_s else f"{left_s:.2g} s of work were left, limit {limit_s:.2g}"
    for _ in range(TRIES):
        _, waited_s = cpu_s(adapter, step, lambda results: None)
        used_s, idle_s = cpu_s(adapter, step, functools.partial(convert, adapter))
        left_s = waited_s - idle_s
        if used_s < MEASURABLE_CPU_S or left_s <= 0.1 * used_s:
            return ""
    return f"{left_s:.2g} s of {used_s:.2g} s of work were left when wait returned"


def cpu_s(adapter, step, then):
    """CPU seconds of four steps, their wait and what then is done, and of 50 ms of sleep after."""
    begun = time.process_time()
    batch = [step() for _ in range(4)]
    adapter.wait(batch)
    for results in batch:
        then(results)
    done = time.process_time()
    time.sleep(0.05)
    return done - begun, time.process_time() - done


def convert(adapter, results):
    return [adapter.to_numpy(value) for value in results.values()]


def touched(made, before):
    """The arrays handed over hold the same bytes and are still read-only."""
    if made.sha256() != before:
        return "their bytes changed"
    writable = [n for n, a in {**made.inputs, **made.weights}.items() if a.flags.writeable]
    return f"made writable: {writable}" if writable else ""


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w") as lines:
        main(json.loads(Path(sys.argv[1]).read_text()), lines)
