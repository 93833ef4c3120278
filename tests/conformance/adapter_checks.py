"""Checks of one adapter, run by the Python of its environment: `adapter_checks.py PLAN REPORT`.

PLAN is a JSON file: module, device, precision, execution, seed, a folder for compiled programs, and
cases with their suite, preset, name, file of expected values, and the samples drawn for the first
step. REPORT gets one JSON line for each check: {check, ok, problem}; an adapter that refuses to
start leaves the one line {unsupported}. Standard library and NumPy.
"""

import dataclasses
import functools
import json
import re
import sys
import time
from pathlib import Path

import numpy as np

from bench.worker import measure, probes, waiting
from bench.worker.adapter import load
from frameworks import FRAMEWORKS, FrameworkInfo
from frameworks.interface import Settings, Unsupported
from suites import catalog
from suites.data import arrays
from suites.layers import Linear, Sequential, parameters
from suites.operations import AdamStep, Backward, Fourier
from suites.verification import checks
from suites.workload import Decode, Forward, Learn, Lifecycle, Operation, Product, Train
from tests.conformance import batch_ring, unknown_optimizer
from tests.conformance.batch_ring import compiled, finished

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
    found.append(("a subclass is another layer", subclass(adapter)))
    if plan["precision"] == "float32":
        found.append(("an unknown optimizer", unknown_optimizer.followed(adapter)))
    if device.kind == "gpu":
        learnt = probes.learn(adapter, "gpu")
        plan["keeps"] = learnt.keeps
        found.append(("wait waits for products", too_much(learnt.found)))
    if hasattr(adapter, "keep"):  # as a worker does: later builds take the first one's programs
        adapter.keep(plan["programs"])
    for case in plan["cases"]:
        workload = catalog.find(case["suite"], case["preset"], case["case"])
        for name, problem in examine(adapter, {**plan, **case}, workload):
            found.append((f"{case['case']}: {name}", problem))
    for name, problem in found:
        report.write(json.dumps({"check": name, "ok": not problem, "problem": problem}) + "\n")


def start(adapter, runtime, device):
    """What the adapter says of itself: a version of its own first, the device asked for."""
    if not runtime.versions or not all(runtime.versions.values()):
        return f"versions are {dict(runtime.versions)}"
    if runtime.device != device:
        return f"runs on {runtime.device}, asked for {device}"
    if not any(re.fullmatch(word.replace("N", "[0-9]+"), device.id) for word in words(adapter)):
        return f"calls a device {device.id}, its row in frameworks has {words(adapter)}"
    if len(runtime.details) > 8000:
        return f"details have {len(runtime.details)} characters"
    memory = adapter.memory()
    if device.kind == "cpu" and memory != type(memory)():
        return f"claims to know a CPU's device memory: {memory}"
    return ""


def row_of(adapter):
    """What the list of frameworks holds of it; that of one that can do all for another."""
    return FRAMEWORKS.get(adapter.NAME, FrameworkInfo(adapter.NAME, adapter.NAME, ()))


def words(adapter):
    return row_of(adapter).device_ids


class Mine(Linear):
    """Might compute anything."""


def subclass(adapter):
    """No adapter takes a layer for another that it derives from."""
    model = Sequential(Mine(3, 2))
    workload = Forward(suite="deep", name="subclass", model=model, input_shape=(4, 3))
    try:
        adapter.build(workload, arrays.make(workload, 0))
    except Unsupported as reason:
        return "" if "has no Mine: a subclass of Linear" in str(reason) else str(reason)
    return "it was built as a Linear"


def examine(adapter, plan, workload):
    """Every check of one workload, as (name, problem); no problem is an empty text. The plan holds
    the case's entries too."""
    made = arrays.make(workload, plan["seed"], plan["drawn"])
    before = made.sha256()
    try:
        step, _ = batch_ring.built(adapter, workload, made)
    except Unsupported as reason:
        yield (
            "is supported",
            "" if expected_refusal(adapter, plan, workload, reason) else str(reason),
        )
        return
    steps = []

    def run():
        steps.append(finished(adapter, step))
        del steps[2:-1]  # the first two are held against others later
        return steps[-1]

    observed = checks.observe(workload, run, made.weights, plan["seed"])
    if isinstance(workload, Decode):  # judged where the reference is
        np.savez(plan["seen"], **observed)  # type: ignore[arg-type]
    with np.load(plan["expected"]) as file:
        expected = dict(file)
    for check in checks.compare(observed, expected, "before"):
        yield f"answer {check.name}", "" if check.passed else str(dataclasses.asdict(check))
    earlier, later = run(), run()
    yield "results are complete", incomplete(workload, later)
    yield "every step works anew", stale(workload, earlier, later)
    yield "goes round the ring", batch_ring.off_the_ring(plan, workload, run)
    yield "compiles once", recompiled(adapter, workload, run)
    if plan["precision"] == "float32":  # waiting is the same in all, some of them very slow
        on_cpu = plan["device"] == "cpu"
        yield "wait waits", (unfinished if on_cpu else left_over)(adapter, step, plan)
    yield "inputs are left alone", touched(made, before)
    made.close()
    yield from batch_ring.of_a_second_build(adapter, plan, workload, steps[:2])


def expected_refusal(adapter, plan, workload, reason):
    """Learning and single gradients are defined in float32, some have no gradients at all, and
    others no views of memory; all else must be there."""
    if isinstance(operator(workload), AdamStep) and "never views" in str(reason):
        return True
    alone = isinstance(operator(workload), AdamStep | Backward | Fourier)
    wide = alone or isinstance(workload, Learn | Lifecycle)
    trains = wide or isinstance(workload, Train)
    return trains and (not row_of(adapter).trains or (wide and plan["precision"] != "float32"))


def operator(workload):
    """An operation's; None of other work."""
    return getattr(workload, "operator", None)


def incomplete(workload, results):
    """Exactly the promised results, of their shapes, finite, in float32 or wider."""
    shapes = promised(workload)
    if got := {n: a.shape for n, a in results.items() if shapes.get(n) != a.shape}:
        return f"unexpected results: {got}"
    if missing := shapes.keys() - results.keys():
        return f"missing: {sorted(missing)}"
    counted = [n for n, r in getattr(operator(workload), "results", {}).items() if r.whole]
    numbers = {n: a for n, a in results.items() if n not in counted or a.dtype.kind != "i"}
    if narrow := {n: str(a.dtype) for n, a in numbers.items() if a.dtype not in ("f4", "f8")}:
        return f"not float32 or float64 on the host: {narrow}"
    infinite = [name for name, array in results.items() if not np.all(np.isfinite(array))]
    return f"not finite: {infinite}" if infinite else ""


def promised(workload):
    """Shapes of the results by name."""
    match workload:
        case Product():
            return {"product": (workload.m, workload.n)}
        case Operation():
            return {name: each.shape for name, each in workload.operator.results.items()}
        case Forward():
            return {"output": workload.model.output_shape(workload.input_shape)}
        case Decode():
            tokens = workload.batch, workload.steps
            return {"tokens": tokens, "logits": workload.model.output_shape(tokens)}
        case Train():
            return {"loss": (), **weight_shapes(workload), **kept_shapes(workload)}
    learn = workload.learn if isinstance(workload, Lifecycle) else workload
    shapes = dict.fromkeys(checks.LEARNED, (learn.epochs,)) | weight_shapes(learn)
    if isinstance(workload, Lifecycle):
        shapes["prediction"] = (learn.data.test, learn.data.classes)
    return shapes


def kept_shapes(workload):
    """Of what the optimizer keeps."""
    shapes: dict[str, tuple[int, ...]] = {}
    for path, parameter in parameters(workload.model, workload.input_shape).items():
        if parameter.learned:
            shapes |= dict.fromkeys(workload.optimizer.state_names(path), parameter.shape)
    return shapes


def weight_shapes(workload):
    arrays_of_model = parameters(workload.model, workload.input_shape)
    return {path: parameter.shape for path, parameter in arrays_of_model.items()}


def stale(workload, earlier, later):
    """Another batch gives other answers, and training moves every array in every step; learning
    begins anew."""
    same = [name for name in earlier if np.array_equal(earlier[name], later.get(name))]
    if isinstance(workload, Learn | Lifecycle):
        return "" if same else "two steps on the same inputs gave different answers"
    if isinstance(workload, Operation):  # a count of two batches may well be the same
        given = workload.operator.results
        same = [name for name in same if not given[name].whole or len(same) == len(given)]
    return f"two steps gave the same {same}" if same else ""


def recompiled(adapter, workload, run):
    """A step that ran before compiles nothing, unless making its model is part of it."""
    before = compiled(adapter)
    run()
    if before in (None, compiled(adapter)) or isinstance(workload, Lifecycle):
        return ""
    return f"a later step compiled {compiled(adapter) - before} times"


def left_over(adapter, step, plan):
    """What the harness finds in samples of a GPU when their clock has stopped."""
    sizes = {name: array.nbytes for name, array in finished(adapter, step).items()}
    deepest = measure.depth(asynchronous=True, kind="gpu", output_bytes=sum(sizes.values()))
    sampler = measure.Sampler(step, adapter.wait, deepest=deepest, sample_s=measure.SAMPLE_S["gpu"])
    sampler.calibrate()
    how = {"keeps": plan["keeps"], "asynchronous": True}
    looks = waiting.Looks(sampler, adapter.to_numpy, sizes, **how)
    taken = [look for _ in range(TRIES) for look in looks.look()]
    return too_much([(look.left_s, look.left_limit_s) for look in taken]) or too_much(
        [(look.undone_s, look.undone_limit_s) for look in taken]
    )


def too_much(pairs):
    left_s, limit_s = waiting.verdict(pairs) or (0, 0)
    return "" if left_s <= limit_s else f"{left_s:.2g} s of work were left, limit {limit_s:.2g}"


def unfinished(adapter, step, plan):
    """After `wait` nothing is left to do: seen from the CPU time the process still uses.

    Thread pools may spin a while when they have finished, so what is used after the results were
    converted, which surely ends all work, is subtracted; the least of several tries counts.
    """
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
    named = [*made.inputs.items(), *made.weights.items()]
    named += [pair for batch in made.ring[1:] for pair in batch.items()]
    writable = [name for name, array in named if array.flags.writeable]
    return f"made writable: {writable}" if writable else ""


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w") as lines:
        main(json.loads(Path(sys.argv[1]).read_text()), lines)
