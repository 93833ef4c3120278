"""What is installed, or will be: versions that do not suit the system."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from bench.doctor import compatibility
from bench.doctor.finding import Finding, quoted
from bench.doctor.subject import Subject
from bench.environments.versions import series, within


def mps_system(subject: Subject) -> Iterator[Finding]:
    """PyTorch's MPS needs a newer macOS than its wheel."""
    if not subject.mac:
        return
    for _, packages in subject.having("torch"):
        version = packages["torch"]
        lacks = subject.without_mps(version)
        first, below, asked, text = compatibility.MPS_ASKS
        if lacks:
            needed, source = lacks
            update = f"update macOS to {needed.partition('.')[0]} or newer."
            cure = _cure(subject)
            yield Finding(
                "limits",
                f"PyTorch {quoted(version)} has no GPU on macOS {quoted(subject.release)}.",
                f"Its MPS needs macOS {needed} or newer; it will run on the CPU alone.",
                f"{cure} has one; or {update}" if cure else f"U{update[1:]}",
                source,
            )
        elif within(version, first, below) and subject.macos("11", asked):
            yield Finding(
                "limits",
                f"PyTorch {quoted(version)} may have no GPU on macOS {quoted(subject.release)}.",
                f"Its error text asks for macOS {asked.partition('.')[0]}; what the run finds "
                "decides.",
                f"Update macOS to {asked.partition('.')[0]} or newer, if it runs on the CPU alone.",
                text,
            )


def _cure(subject: Subject) -> str:
    """The command that takes a PyTorch with a GPU here; empty where there is none."""
    for first, below, version in compatibility.MPS_CURES:
        if subject.apple_silicon and subject.macos(first, below):
            return f"`make bench FRAMEWORK=torch=={version}`"
    return ""


def wheel_system(subject: Subject) -> Iterator[Finding]:
    """A wheel made for a newer macOS: it is not found, or does not load."""
    if not subject.apple_silicon:
        return
    for package, first, below, needed, last, source in compatibility.WHEEL_NEEDS:
        for name, packages in subject.having(package):
            if within(packages[package], first, below) and subject.macos("11", needed):
                instead = f"`make bench FRAMEWORK={name.partition('==')[0]}=={last}`"
                yield Finding(
                    "limits",
                    f"{package} {quoted(packages[package])} is made for macOS {needed} and newer, "
                    f"and this is {quoted(subject.release)}.",
                    f"The environment {name} cannot be built here, or does not load.",
                    instead if last else "Update macOS, or leave the framework out.",
                    source,
                )


def without_mps(subject: Subject) -> Iterator[Finding]:
    if not subject.mac:
        return
    for name, packages in subject.having("torch"):
        version = packages["torch"]
        least = "1.13" if subject.intel_mac else "1.12"
        if within(version, None, least):
            yield Finding(
                "limits",
                f"PyTorch {quoted(version)} in {name} was made without MPS.",
                f"Wheels have it from {least} on; this one runs on the CPU alone.",
                "`make bench FRAMEWORK=torch` takes the version for this machine.",
                "pytorch#77833",
            )
        elif subject.intel_mac and within(version, "2.2.3", None):
            yield Finding(
                "limits",
                f"PyTorch {quoted(version)} in {name} is newer than the last for Intel Macs.",
                "Builds of one's own lost AMD's GPUs on the way: new ones say that MPS needs "
                "unified memory.",
                "`make bench FRAMEWORK=torch==2.2.2`",
                "error text of the torch 2.15.0 wheel",
            )
        elif "+" in version:
            yield Finding(
                "note",
                f"PyTorch {quoted(version)} in {name} does not come from PyPI.",
                "Builds from elsewhere may lack MPS; what the run finds decides.",
                "`./metalbench env remove torch`, then `make bench`.",
            )


def metal_system(subject: Subject) -> Iterator[Finding]:
    if not (subject.intel_mac and subject.macos("11", "14")):
        return
    for _, packages in subject.having("tensorflow-metal"):
        if series(packages["tensorflow-metal"]) == "1.0":
            yield Finding(
                "limits",
                "tensorflow-metal 1.0.0 is tagged for macOS 12 and built for 14.",
                f"It may not load on macOS {quoted(subject.release)}; TensorFlow then fails to "
                "import.",
                "`make bench FRAMEWORK=tf==2.12.1`, whose plugin 0.8.0 was built for macOS 11.",
                "tensorflow-metal 1.0.0 wheel",
            )


def jax_metal(subject: Subject) -> Iterator[Finding]:
    for name, packages in subject.having("jax-metal"):
        yield Finding(
            "limits",
            f"jax-metal {quoted(packages['jax-metal'])} in {name} is abandoned by its maker.",
            "Its last release is of October 2024. Expect aborts, and failures that end the "
            "process; current JAX fails at its first step.",
            "`make bench FRAMEWORK=jax`, which has jax-mps on macOS 14 and Apple Silicon.",
            "jax#34109, jax#25302, jax#20115",
        )
        jaxlib = packages.get("jaxlib", "")
        if jaxlib and not within(jaxlib, "0.4.34", "0.5.1"):
            yield Finding(
                "limits",
                f"jax-metal is not known to work with jaxlib {quoted(jaxlib)} ({name}).",
                "0.4.34 is the least it asks for, 0.5.0 the newest reported to work.",
                f"`./metalbench env remove {shlex.quote(name)}`, then build it "
                "with the pins of this checkout.",
                "jax-metal 0.1.1 metadata",
            )


def shadowing(subject: Subject) -> Iterator[Finding]:
    for file in subject.shadowing:
        yield Finding(
            "spoils",
            f"{quoted(file)} in the checkout hides the package of that name.",
            "Python imports the file in its place, and the framework fails or is another one.",
            f"`mv {shlex.quote(file)} my_{shlex.quote(file)}`",
        )


def no_cuda(subject: Subject) -> Iterator[Finding]:
    if not (subject.linux and subject.usable):
        return
    for package, what in compatibility.CUDA_BUILDS.items():
        for name, packages in subject.having(package):
            if package == "torch" and not packages[package].endswith("+cpu"):
                continue
            if package == "mlx-cpu" and any("cuda" in other for other in packages):
                continue
            yield Finding(
                "limits",
                f"The NVIDIA GPU stays idle in {name}: {what}.",
                "The environment was built for a machine without one.",
                f"`./metalbench env remove {shlex.quote(name)}`, then `make bench`.",
            )


def mlx_on_linux(subject: Subject) -> Iterator[Finding]:
    if subject.linux and not subject.usable:
        for _ in subject.having("mlx"):
            yield Finding(
                "note",
                "MLX on a Linux CPU shows that its answers are right, and nothing about its speed.",
                "Its build for Linux CPUs has an unoptimised BLAS, of 5 to 7 GFLOP/s.",
                "Nothing; read its figures so.",
            )
            return


def variables(subject: Subject) -> Iterator[Finding]:
    told = subject.description.variables
    if subject.mac and told.get("PYTORCH_ENABLE_MPS_FALLBACK", "0") != "0":
        yield Finding(
            "limits",
            "PYTORCH_ENABLE_MPS_FALLBACK is set.",
            "What MPS lacks then runs on the CPU with no more than a warning, and a cell's time "
            "is partly the CPU's.",
            "`unset PYTORCH_ENABLE_MPS_FALLBACK`",
            "pytorch MPSFallback.mm",
        )
    if subject.usable and not subject.intel_mac and told.get("JAX_PLATFORMS") == "cpu":
        yield Finding(
            "limits",
            "JAX_PLATFORMS is set to cpu.",
            "JAX then has no GPU, and runs on the CPU alone.",
            "`unset JAX_PLATFORMS`",
        )
    if subject.usable and told.get("MLX_ENABLE_TF32", "0") != "0":
        yield Finding(
            "limits",
            "MLX_ENABLE_TF32 is set.",
            "MLX and JAX's MPS plugin may then compute float32 as TF32, which is faster and less "
            "exact.",
            "`unset MLX_ENABLE_TF32`: the run switches it off by itself.",
        )
    others = ("PYTORCH_MPS_FAST_MATH", "PYTORCH_MPS_PREFER_METAL", "NVIDIA_TF32_OVERRIDE")
    tuned = [name for name in others if name in told]
    tuned += [name for name in told if name.endswith("_NUM_THREADS")][:4]
    if tuned:
        yield Finding(
            "note",
            f"Set in this shell, and passed on to frameworks: {', '.join(map(quoted, tuned))}.",
            "They change figures; records keep them, and other people's runs have other ones.",
            f"`unset {' '.join(map(shlex.quote, map(quoted, tuned)))}`, unless they are meant.",
        )


def states(subject: Subject) -> Iterator[Finding]:
    """What is broken is built again by itself, which takes a network and time."""
    told = subject.description.environment_states
    for state, why in (
        ("half-built", "A build broke off, or the Python it stands on is gone."),
        ("stale", "Requirements have changed since they were built."),
    ):
        names = sorted(name for name in told if told[name] == state)[:12]
        if names:
            yield Finding(
                "limits" if state == "half-built" else "note",
                f"Environments that are {state}: {', '.join(map(quoted, names))}.",
                f"{why} A run builds them first, for which it needs a network.",
                "`./metalbench env build` builds them now.",
            )


CHECKS = (
    *(shadowing, wheel_system, mps_system, without_mps, metal_system),
    *(jax_metal, no_cuda, variables, states, mlx_on_linux),
)
