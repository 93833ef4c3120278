"""Three made-up machines as a store's tables give them: Apple's, one with an H100, one without."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pandas as pd

from reports.site import choice
from reports.site.figures import Machine, Run

GPUS = ("Apple M4 Max", "NVIDIA H100 80GB HBM3", "")
CHIPS = ("Apple M4 Max", "Intel Xeon Platinum 8480+", "AMD EPYC 9554")


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def run(at: int, **differing: object) -> Run:
    """Of machine number `at`, the newest first."""
    fields: dict[str, object] = {
        "sha256": digest(f"run {at}"),
        "run": f"20261128-10150{at}-ab12",
        "machine_id": digest(f"machine {at}")[:12],
        "label": f"{CHIPS[at % 3]}, 64 GiB",
        "chip": CHIPS[at % 3],
        "gpu": GPUS[at % 3],
        "system": "Linux" if at % 3 else "Darwin",
        "received_at": f"2026-11-{28 - at:02}T10:15:00+00:00",
        "tier": "signed",
        "rank": 2,
        "reason": "by a key of the list",
    }
    return Run(**fields | differing)  # type: ignore[arg-type]


def row(of: Run, framework: str, time_s: float, **differing: object) -> dict[str, object]:
    """A row of the cells' table."""
    size = differing.get("size", 64)
    fields: dict[str, object] = {
        "machine_id": of.machine_id,
        "sha256": of.sha256,
        "contender": f"{framework}/{differing.get('device_kind', 'cpu')}",
        "suite": "matmul",
        "name": "square",
        "size": size,
        "size_of": "n",
        "case": f"{differing.get('suite', 'matmul')}/{differing.get('name', 'square')}/{size}",
        "definition_sha256": digest("the work"),
        "precision": "float32",
        "framework": framework,
        "version": "2.13.0",
        "spec": framework,
        "execution": "eager",
        "device_kind": "cpu",
        "status": "ok",
        "time_s": time_s,
        "low_s": 0.99 * time_s,
        "high_s": 1.01 * time_s,
        "verified": True,
    }
    return fields | differing


def table(rows: Sequence[dict[str, object]]) -> list[pd.DataFrame]:
    """The cells' table, of one part."""
    return [pd.DataFrame(rows, columns=list(choice.NEEDED))]


def cells(runs: Sequence[Run]) -> list[pd.DataFrame]:
    """Of each run torch, JAX and TensorFlow at products and an MLP, on what its machine has."""
    return table([each for run in runs for each in _of(run)])


def _of(run: Run) -> Iterator[dict[str, object]]:
    mlp = {"suite": "mlp", "name": "train", "size_of": "batch"}
    for framework, factor, version in (("torch", 1.0, "2.6.0"), ("jax", 1.4, "0.10.2")):
        for size in (64, 256, 1024):
            cpu_s, gpu_s = factor * 1e-8 * size**2, factor * 2e-4
            told = {"size": size, "version": version}
            yield row(run, framework, cpu_s, **told)
            yield row(run, framework, 2 * cpu_s, **told, **mlp)
            if run.gpu:
                yield row(run, framework, gpu_s, **told, device_kind="gpu")
    yield row(run, "tf", 1.0, status="wrong", verified=False, version="2.21.0")


def machines() -> tuple[Machine, ...]:
    runs = [run(at) for at in range(3)]
    return choice.machines(cells(runs), runs)
