"""The machine itself: its Python, its system, its GPUs, and what is not a real machine."""

from __future__ import annotations

from collections.abc import Iterator

from bench.doctor import compatibility
from bench.doctor.finding import Finding, counted, quoted
from bench.doctor.subject import Subject, platform
from bench.environments.platforms import Unavailable, pythons
from bench.environments.versions import numbers, within


def unsupported(subject: Subject) -> Iterator[Finding]:
    if subject.description.machine.architecture is None:
        return
    try:
        pythons(platform(subject.description))
    except Unavailable as reason:
        yield Finding(
            "spoils",
            "No environment can be made on this machine.",
            f"Reason: {reason}",
            "Run on a Mac that is new enough, or on Linux x86_64.",
        )


def python_too_old(subject: Subject) -> Iterator[Finding]:
    python = subject.description.python
    if within(python, None, compatibility.LEAST_PYTHON):
        yield Finding(
            "spoils",
            f"Python {quoted(python)} is too old.",
            f"Environments are made with Python {compatibility.LEAST_PYTHON} or newer.",
            "Install a newer Python from https://www.python.org, then `make setup`.",
        )
    elif within(python, None, compatibility.HOST_PYTHON):
        yield Finding(
            "limits",
            f"Python {quoted(python)} can make environments, but not hold the command line.",
            f"Its packages need Python {compatibility.HOST_PYTHON} or newer.",
            "`make setup` makes an environment that has one; then `make doctor`.",
            "pandas 3 and matplotlib 3.11 metadata",
        )


def rosetta(subject: Subject) -> Iterator[Finding]:
    """Either the system says so, or the Python is of another kind than the chip."""
    machine, python = subject.description.machine, subject.description.python_architecture
    unlike = subject.apple_silicon and python == "x86_64"
    if machine.translated or unlike:
        yield Finding(
            "spoils",
            "This Python is made for Intel and translated by Rosetta.",
            "Everything runs slower than the machine can, and the newest frameworks and the GPU "
            "of MLX and JAX cannot be had.",
            "Get Info of the terminal in the Finder, switch off Open using Rosetta, install a "
            "Python for Apple Silicon; then `make clean` and `make bench`.",
        )


def version_compat(subject: Subject) -> Iterator[Finding]:
    value = subject.description.variables.get("SYSTEM_VERSION_COMPAT")
    if subject.mac and value not in (None, "0"):
        yield Finding(
            "spoils",
            "SYSTEM_VERSION_COMPAT is set.",
            "The system then tells Python that it is macOS 10.16 or 16, and wheels for newer ones "
            "are passed over.",
            "`unset SYSTEM_VERSION_COMPAT`, then `make bench`.",
            "pypa/cibuildwheel#1768",
        )
    elif subject.mac and not subject.release:
        told = subject.description.machine.release
        why = (
            f"It is told as {quoted(told)}, as to programs made for older systems. " if told else ""
        )
        yield Finding(
            "limits",
            "The release of this macOS is unknown.",
            f"{why}What the release limits was not examined, and wheels may be passed over.",
            "`sw_vers -productVersion` should tell it; the cure of a disguise is a newer Python.",
            "pypa/cibuildwheel#1768, python/cpython#135675",
        )


def macos_too_old(subject: Subject) -> Iterator[Finding]:
    """Before macOS 12 there is no environment at all, see `unsupported`."""
    if subject.macos("12", compatibility.LEAST_MPS_MACOS):
        yield Finding(
            "limits",
            f"macOS {quoted(subject.release)} is too old for PyTorch's GPU.",
            f"MPS needs macOS {compatibility.LEAST_MPS_MACOS} or newer; everything will run on "
            "the CPU.",
            "Update macOS, or measure the CPU alone: `make bench DEVICE=cpu`.",
            "error text of the torch 2.2.2 wheel",
        )


def old_apple_silicon(subject: Subject) -> Iterator[Finding]:
    if not subject.apple_silicon or not subject.macos("12", "14"):
        return
    for limit in compatibility.OLD_APPLE_SILICON:
        if subject.macos(*limit.macos):
            yield Finding(
                "limits",
                f"On macOS {quoted(subject.release)} {limit.what}.",
                f"{_sentence(limit.why)}.",
                "Update to macOS 14 or newer; the newest PyTorch asks for 15.",
                limit.source,
            )


def intel_mac(subject: Subject) -> Iterator[Finding]:
    if subject.intel_mac and not subject.macos(None, "12"):
        for limit in compatibility.INTEL_MAC:
            yield Finding(
                "limits",
                f"On Intel Macs {limit.what}.",
                f"{_sentence(limit.why)}.",
                "Nothing; newer versions need Apple Silicon.",
                limit.source,
            )


def virtual(subject: Subject) -> Iterator[Finding]:
    maker = subject.description.machine.hypervisor
    if not maker:
        return
    if subject.mac:
        yield Finding(
            "spoils",
            f"This Mac is a virtual machine ({quoted(maker)}).",
            "Its GPU is not the one it names, and has given wrong answers: it shows that things "
            "run, and no figure of it means anything.",
            "Measure on a real Mac.",
            "pytorch#192934",
        )
        return
    yield Finding(
        "limits",
        f"This is a virtual machine ({quoted(maker)}).",
        "What others do on the same hardware changes its figures unseen. Ratios from paired rounds "
        "suffer less than times.",
        "Measure on a machine of your own, or with more rounds: `make bench PRESET=standard`.",
    )


def hackintosh(subject: Subject) -> Iterator[Finding]:
    evidence = subject.description.machine.hackintosh
    if evidence == "OpenCore present":
        yield Finding(
            "note",
            "OpenCore started this system.",
            "That is a Hackintosh, or a Mac that runs a newer system than Apple allows it. "
            "Reports say so; figures count like any other.",
            "Nothing.",
        )
    elif evidence == "CPU impossible for the model":
        yield Finding(
            "note",
            "This is a Hackintosh: no Mac of this model has such a CPU.",
            "Reports say so; figures count like any other. The names of its GPUs may be made up.",
            "Nothing.",
        )


def foreign_cpu(subject: Subject) -> Iterator[Finding]:
    if subject.mac and (subject.description.machine.cpu or "").startswith("AMD "):
        yield Finding(
            "limits",
            "The CPU is AMD's, and PyTorch for Intel Macs computes with Intel's MKL.",
            "MKL is not made for it: PyTorch's figures on the CPU say little about either.",
            "Look at NumPy for what the CPU can do.",
            "torch 2.2.2 wheel, which links libiomp5",
        )


def no_metal_gpu(subject: Subject) -> Iterator[Finding]:
    gpus = subject.description.machine.gpus
    if not subject.mac or not gpus:
        return
    if all(gpu.vendor in ("Intel", "NVIDIA") or gpu.metal == "not supported" for gpu in gpus):
        names = counted(gpu.name for gpu in gpus)
        yield Finding(
            "limits",
            f"No GPU here serves a framework: {names}.",
            "PyTorch and tensorflow-metal leave out Intel's GPUs and those without Metal 2.",
            "`make bench DEVICE=cpu`.",
            "pytorch MPSDevice.mm; tensorflow-metal 1.0.0 wheel",
        )


def several_gpus(subject: Subject) -> Iterator[Finding]:
    if subject.mac and len(subject.usable) > 1:
        names = counted(gpu.name for gpu in subject.usable)
        yield Finding(
            "note",
            f"Several GPUs could be the one that is measured: {names}.",
            "PyTorch takes the first that Metal lists and cannot be told otherwise; 2.2.2 does not "
            "say which it took. TensorFlow names its own.",
            "Detach the one that is not meant, if that is possible.",
            "pytorch MPSDevice.mm",
        )


def no_nvidia_driver(subject: Subject) -> Iterator[Finding]:
    if subject.linux and subject.gpus("NVIDIA") and not subject.usable:
        yield Finding(
            "limits",
            "There is an NVIDIA GPU without NVIDIA's driver.",
            "CUDA needs that driver: everything will run on the CPU alone.",
            "Install NVIDIA's driver, until `nvidia-smi` lists the GPU; or measure the CPU.",
        )


def no_rocm(subject: Subject) -> Iterator[Finding]:
    if subject.linux and subject.gpus("AMD"):
        yield Finding(
            "note",
            "AMD's GPU is not measured on Linux: there is no set for ROCm.",
            "Frameworks are installed for the CPU, or for CUDA where there is an NVIDIA GPU.",
            "Nothing.",
        )


def narrow_bus(subject: Subject) -> Iterator[Finding]:
    for gpu in subject.description.machine.gpus:
        narrow = gpu.lanes is not None and 0 < gpu.lanes < 8
        if gpu.kind == "external" or (narrow and gpu.kind == "discrete"):
            lanes = f", {gpu.lanes} lanes" if gpu.lanes else ""
            yield Finding(
                "note",
                f"{quoted(gpu.name)} is connected narrowly ({gpu.kind}{lanes}).",
                "Cases whose batch begins on the host wait for the cable more than for the GPU.",
                "Compare cases that begin on the device; `host` in a case's name says otherwise.",
            )


def unread(subject: Subject) -> Iterator[Finding]:
    notes = [note for note in subject.description.machine.notes if note.strip()]
    if notes:
        yield Finding(
            "note",
            "Not everything of this machine could be read.",
            " ".join(quoted(note) for note in notes[:4]),
            "Nothing; what depends on it was not examined.",
        )


CHECKS = (
    *(unsupported, python_too_old, rosetta, version_compat, macos_too_old, virtual),
    *(old_apple_silicon, intel_mac, foreign_cpu, no_metal_gpu),
    *(no_nvidia_driver, no_rocm, several_gpus, narrow_bus, hackintosh, unread),
)


def _sentence(text: str) -> str:
    """With a capital, unless the first word is a name written small."""
    first = text.split(maxsplit=1)[0]
    named = "-" in first or numbers(first) is not None or first == "jaxlib"
    return text if named else text[:1].upper() + text[1:]
