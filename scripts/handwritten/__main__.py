"""`python -m scripts.handwritten FRAMEWORK THREADS ROUNDS PRECISION MODELS`: the race.

Started by `scripts.fidelity`, in the framework's environment; all models where none are named.
Exit code 1: somewhere ours is slower than EXPECTED allows.
"""

import dataclasses
import importlib
import os
import statistics
import sys

from bench.worker.measure import timed
from frameworks import FRAMEWORKS
from frameworks.interface import Settings, parts
from suites.architectures.encoder import encoder
from suites.architectures.gpt2 import gpt2
from suites.architectures.mobilenet import mobilenet_v2
from suites.architectures.recurrent import LANGUAGE, language_model
from suites.architectures.resnet import resnet18
from suites.architectures.unet import unet
from suites.architectures.vgg import vgg16
from suites.data import arrays
from suites.layers import cost
from suites.workload import Adam, AdamW, Decode, Forward, Train

CLASSES = 10
LR = 1e-3
EXPECTED = 0.97
"""Their time over ours, at least."""

SPARE_BIASES = 1e-3
"""Share of the parameters by which models may differ: recurrent layers have one bias or two."""

WARM = 2
"""Steps of each before the first round: the first compiles, the second finds its memory."""

MODELS = {
    "resnet18": resnet18(CLASSES),
    "mobilenet_v2": mobilenet_v2(CLASSES),
    "vgg16": vgg16(CLASSES),
    "lstm": language_model("small"),
    "unet": unet(),
    "encoder": encoder(),  # what it returns serves as 512 classes
}
IMAGES = (4, 3, 224, 224)
PUBLISHED, SHORTENED = (1, 1024, 512), (4, 128, 512)
"""Sequences: forward as once published, training."""

ONE = ("encoder", "mobilenet_v2")
"""The first of them that a framework has is trained with AdamW and in bfloat16 too."""

PROMPT, WRITTEN = 128, 16
FEW, FEWER = 16, 4
"""Tokens; few of them for MLX."""

SENTENCES = (20, LANGUAGE["small"][1])

PIXELS = (1, 3, 128, 128)
"""Images whose every pixel gets a class."""

SMALL_IMAGES, SMALL, SMALL_SENTENCES = (2, 3, 64, 64), (2, 32, 512), (4, 8)
"""For MLX, which has no optimised BLAS on Linux."""


def main(framework, threads, rounds, precision="float32", only=""):
    adapter = importlib.import_module(f"frameworks.{framework}.adapter")
    rivals = importlib.import_module(f"scripts.handwritten.{framework}")
    execution = FRAMEWORKS[framework].executions[0]
    runtime = adapter.start(adapter.devices()[0], Settings(precision, execution, threads))
    versions = " ".join(f"{name} {version}" for name, version in runtime.versions.items())
    print(f"{versions}; {execution}, {precision}, {threads} threads, {rounds} rounds")
    print(HEAD)
    lost, narrow = 0, precision != "float32"
    if narrow:
        rivals.prepare()
    first = next((name for name in ONE if name in rivals.MODELS), None)
    for name in only.split(",") if only else rivals.MODELS:
        theirs = rivals.MODELS[name]
        for workload in chosen(workloads(name, small=framework == "mlx"), name == first, narrow):
            lost += race(adapter, rivals, theirs(), workload, rounds, narrow) < EXPECTED
    sys.exit(1 if lost else 0)


def chosen(works, first, narrow):
    """In 16 bits the training of one model, which alone is trained with AdamW too."""
    for work in works:
        if narrow and not (first and isinstance(work, Train)):
            continue
        yield work
        if first and not narrow and isinstance(work, Train):
            yield dataclasses.replace(work, optimizer=AdamW(LR))


def workloads(name, *, small):
    """Forward pass and training step; of a decoder a prompt that is read, and tokens written."""
    if name == "gpt2":
        reader, writer = gpt2(last=True), gpt2()
        read, written = (FEW, FEWER) if small else (PROMPT, WRITTEN)
        yield Forward(suite="fidelity", name=name, model=reader, input_shape=(1, read))
        yield Decode(suite="fidelity", name=name, model=writer, steps=written)
        return
    if name == "encoder":
        forward, train = (SMALL, SMALL) if small else (PUBLISHED, SHORTENED)
    elif name == "lstm":
        forward = train = SMALL_SENTENCES if small else SENTENCES  # type: ignore[assignment]
    elif name == "unet":
        forward = train = SMALL_IMAGES if small else PIXELS  # type: ignore[assignment]
    else:
        forward = train = SMALL_IMAGES if small else IMAGES  # type: ignore[assignment]
    what = {"suite": "fidelity", "name": name, "model": MODELS[name]}
    yield Forward(**what, input_shape=forward)
    yield Train(**what, input_shape=train, optimizer=Adam(LR))


HEAD = "model        pass     build (s)  ours (ms)  theirs (ms)  theirs / ours  of minima   load"


def race(adapter, rivals, theirs, workload, rounds, narrow=False):
    """One line of what HEAD names: medians, the median ratio of a round, which is returned, and the
    ratio of the minima. The build is ours, without what the first step compiles."""
    expected = cost.parameter_count(workload.model, workload.input_shape)
    if abs((found := rivals.count(theirs)) - expected) > SPARE_BIASES * expected:
        sys.exit(f"{workload.name} is another model: {found} parameters, not {expected}")
    made = arrays.make(workload, 0)
    step, build_s = timed(lambda: parts(adapter.build(workload, made))[0])
    if isinstance(workload, Decode):
        kind, other = "decode", rivals.decode(theirs, made.inputs["x"], workload.steps)
    elif isinstance(workload, Train):
        batch = made.inputs["x"], made.inputs["labels"]
        decay = getattr(workload.optimizer, "weight_decay", 0.0)
        kind = "bfloat16" if narrow else "adamw" if decay else "training"
        other = rivals.train(theirs, *batch, LR, decay, narrow)
    else:
        kind, other = "forward", rivals.forward(theirs, made.inputs["x"])
    both = (lambda: adapter.wait([step()])), other
    for call in both * WARM:
        call()
    taken_s = [], []
    for number in range(rounds):
        # Each goes first in every other round, so that neither profits from the other's heat.
        for which in (0, 1) if number % 2 else (1, 0):
            taken_s[which].append(timed(both[which])[1])
    ours_ms, theirs_ms = (1e3 * statistics.median(column) for column in taken_s)
    ratio = statistics.median(b / a for a, b in zip(*taken_s, strict=True))
    of_minima = min(taken_s[1]) / min(taken_s[0])
    print(
        f"{workload.name:12} {kind:8} {build_s:9.2f} {ours_ms:10.1f} {theirs_ms:12.1f} "
        f"{ratio:14.3f} {of_minima:10.3f} {os.getloadavg()[0]:6.1f}"
        + (f"   below {EXPECTED}" if ratio < EXPECTED else ""),
        flush=True,
    )
    return ratio


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
