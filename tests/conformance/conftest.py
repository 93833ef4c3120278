"""Starts `adapter_checks.py` in a framework's environment and collects what it found."""

import functools
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bench.contenders import replies, worker_environment, worker_process
from bench.environments import manager, requirements
from frameworks import FRAMEWORKS
from suites import catalog
from suites.verification import reference
from suites.workload import Decode, Forward, Learn, Lifecycle, Train
from tests.helpers.patience import PATIENT_S

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("adapter_checks.py")
DEEP = str(Path(__file__).with_name("every_layer.py"))
OPERATIONS = str(Path(__file__).with_name("every_operation.py"))
SEED = 0

SMALL_SUITES = ("matmul", "hackintosh", "mlp", DEEP)
"""Those that every execution and precision runs: DEEP holds all layers of the larger models."""


@functools.cache
def python(framework):
    """The Python of the framework's environment, built first where it is missing."""
    try:
        return manager.ensure(requirements.parse(framework))
    except manager.Unavailable as reason:
        pytest.skip(str(reason))


THREADS = 1
"""Answers do not depend on it, and many small operations are slower on more."""


SOON_COMPILED = {"XLA_FLAGS": "--xla_llvm_disable_expensive_passes=true"}
"""The same program in slower machine code, at half of XLA's cost. Runs compile as a user does."""


def variables(framework):
    own = {**FRAMEWORKS[framework].variables, **SOON_COMPILED}
    return worker_environment.variables(os.environ, own, THREADS)


@functools.cache
def devices(framework):
    """Ids of the devices its environment can use."""
    module = f"frameworks.{framework}.adapter"
    worker = worker_process.WorkerProcess(python(framework), module, variables(framework), None)
    try:
        return [device.id for device in worker.ask(replies.Devices, 120).devices]
    finally:
        worker.kill()


@pytest.fixture
def examine(tmp_path):
    """Failed checks of an adapter as `case: check: problem`; skips what it does not support."""

    def examined(framework, device="cpu", execution=None, precision="float32", **chosen):
        plan = {
            "module": chosen.get("module", f"frameworks.{framework}.adapter"),
            "device": device,
            "execution": execution or FRAMEWORKS[framework].executions[0],
            "precision": precision,
            "seed": SEED,
            "programs": str(tmp_path / "programs"),
            "cases": cases(
                tmp_path,
                precision,
                chosen.get("suites", SMALL_SUITES),
                chosen.get("only"),
                once=execution not in (None, FRAMEWORKS[framework].executions[0]),
            ),
        }
        plan_file, report = tmp_path / "plan.json", tmp_path / "report.jsonl"
        plan_file.write_text(json.dumps(plan))
        done = subprocess.run(
            [python(framework), "-P", INSIDE, plan_file, report],
            env=variables(framework) | chosen.get("variables", {}),
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-8000:]
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        assert lines, "the checks reported nothing"
        if "unsupported" in lines[0]:
            pytest.skip(lines[0]["unsupported"])
        wrong = [f"{line['check']}: {line['problem']}" for line in lines if not line["ok"]]
        return wrong + [line for case in plan["cases"] for line in misread(case, precision)]

    return examined


def cases(folder, precision, suites, only=None, once=False):
    """Every smoke case of these suites, or `only` those, with a file of expected values; each model
    once if that is asked."""
    cache = reference.Cache(ROOT / ".cache" / "reference")
    return [
        {
            "suite": suite,
            "preset": "smoke",
            "case": workload.case,
            "expected": str(written(folder, expected)),
            "seen": str(folder / f"seen-{workload.name}.npz"),
            "drawn": expected.drawn,
        }
        for suite in suites
        for workload in _each_model(catalog.cases(suite, "smoke"), once and not only)
        if (workload.case in only if only else _worth_it(workload, precision))
        for expected in [reference.expected(workload, precision, SEED, cache)]
    ]


def misread(case, precision):
    """What is wrong with the tokens that an adapter wrote, along themselves."""
    workload, seen = catalog.find(case["suite"], case["preset"], case["case"]), Path(case["seen"])
    if not isinstance(workload, Decode) or not seen.exists():
        return []
    cache = reference.Cache(ROOT / ".cache" / "reference")
    expected = reference.expected(workload, precision, SEED, cache)
    with np.load(seen) as file:
        found = reference.decoded(workload, precision, SEED, expected, dict(file), "before")
    return [f"{case['case']}: {check}" for check in found if not check.passed]


COMPILED_ALIKE = (
    *("windows", "pools", "recommender", "tokens", "volumes"),
    *("moved", "dropping", "painted"),
)
"""Models of layers that a compiler gets as the same kinds of operations as those of the others."""


def _each_model(workloads, once):
    """If once, only its first training step, or else its forward pass; and all other work, without
    what is COMPILED_ALIKE."""
    if once:
        workloads = [each for each in workloads if not each.name.startswith(COMPILED_ALIKE)]
    trained = [workload.model for workload in workloads if isinstance(workload, Train)]
    seen = []
    for workload in workloads:
        twice = isinstance(workload, Forward) and workload.model in trained
        if isinstance(workload, Train):
            twice = workload.model in seen
            seen.append(workload.model)
        if not (once and twice):
            yield workload


NARROW = ("painted", "decayed", "many_rows", "many_norms", "many_words")
"""Training steps that are looked at in 16 bits too."""


def _worth_it(workload, precision):
    """All in float32. In 16 bits training's recipe is one for all layers, and layers are lowered
    alike for both types."""
    if precision == "float32" or workload.name in NARROW:
        return True
    layers = isinstance(workload, Forward)
    return not isinstance(workload, Train | Learn | Lifecycle) and (
        precision == "bfloat16" or not layers
    )


def written(folder, expected):
    """A file of expected values, for a process that has no reference."""
    path = folder / f"expected-{len(list(folder.iterdir()))}.npz"
    np.savez(path, **expected.entries)
    return path
