"""The schema of records: every kind of line a result file may hold, typed and bounded.

History (a change is an entry here, in docs/records.md and in CHANGELOG.md):
1  first version.
2  `state`, `resumed` and `end`; sentinels in `slice`; what a `cell` reached; machines in full.
3  `about` of checks, `reach` of answers, `withdrawn`; audits and the host's readings in `slice`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

SCHEMA: Literal[3] = 3

Text = Annotated[str, msgspec.Meta(max_length=4096)]
LongText = Annotated[str, msgspec.Meta(max_length=2**18)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Bytes = Count
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
SampleSeconds = Annotated[float, msgspec.Meta(ge=1e-12, le=1e9)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Magnitude = Annotated[float, msgspec.Meta(ge=0, le=1e308)]
Values = Annotated[
    tuple[Annotated[float, msgspec.Meta(ge=-1e308, le=1e308)], ...], msgspec.Meta(max_length=16)
]
Precision = Literal["float32", "float16", "bfloat16"]
DeviceKind = Literal["cpu", "gpu"]
Size = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
StoppedBy = Literal["target", "noise", "budget", "rounds", "starts", "slower", "time"]
Joules = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Part of a record. Absent fields are unknown: never NaN, -1 or 0."""


class Gpu(_Part, frozen=True):
    name: Text
    memory_bytes: Bytes | None = None
    """Its own memory; of a GPU with unified memory, absent."""
    vendor: Text | None = None
    kind: Literal["built-in", "discrete", "external", "virtual"] | None = None
    unified_memory: bool | None = None
    cores: Count | None = None
    """Apple's GPU cores, AMD's compute units; of other makers, absent."""
    bus: Text | None = None
    lanes: Count | None = None
    device_id: Text | None = None
    """Of its kind on the PCI bus, as in `0x73bf`; several products may share one."""
    metal: Text | None = None
    """Metal family or version, as the system names it."""
    driver: Text | None = None


class GpuState(_Part, frozen=True):
    """What one GPU of several is doing, by its driver."""

    name: Text | None = None
    """Its model, or its chip or maker where the driver names no model."""
    hz: Magnitude | None = None
    celsius: Magnitude | None = None
    watts: Magnitude | None = None
    fan_rpm: Magnitude | None = None
    busy: Share | None = None


class CoreKind(_Part, frozen=True):
    """CPU cores of one performance level, by the system's name for it."""

    name: Text
    count: Count


class Machine(_Part, frozen=True):
    """The computer, without anything that identifies its owner."""

    label: Text
    system: Text
    release: Text | None = None
    architecture: Text | None = None
    model: Text | None = None
    cpu: Text | None = None
    cores_physical: Count | None = None
    cores_logical: Count | None = None
    memory_bytes: Bytes | None = None
    gpus: Annotated[tuple[Gpu, ...], msgspec.Meta(max_length=64)] = ()
    core_kinds: Annotated[tuple[CoreKind, ...], msgspec.Meta(max_length=16)] = ()
    translated: bool | None = None
    """Whether this process runs under Rosetta."""
    hypervisor: Text | None = None
    """The virtual machine's maker; empty where there is none, absent where unknown."""
    hackintosh: (
        Literal["no evidence", "OpenCore present", "CPU impossible for the model"] | None
    ) = None
    displays: Count | None = None
    notes: Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)] = ()
    """What could not be read, and why."""


class Case(_Part, frozen=True):
    """A workload at one size, with what derived figures need."""

    case: Text
    suite: Text
    name: Text
    size: Size
    flop: Count
    traffic_bytes: dict[Precision, Bytes]
    definition_sha256: Sha256
    suite_file: Text | None = None
    """Path of the suite, where it was given as a file."""
    work_kind: Text | None = None
    """What kind of work it is, as in `matrix product` or `training`."""
    size_of: Text | None = None
    """What `size` counts."""
    convolutions: bool | None = None
    """Whether its model convolves."""
    host_work: bool | None = None
    """Whether a step holds work of the CPU by intention, on any device."""
    tokens: Count | None = None
    """Tokens that a step reads or writes."""


class Contender(_Part, frozen=True):
    """Framework + version + device + precision + execution + threads."""

    contender: Text
    framework: Text
    spec: Text
    device: Text
    device_kind: DeviceKind
    device_name: Text
    precision: Precision
    execution: Text
    threads: Count | None = None
    outside: bool = False
    typed: Text | None = None
    """What to type for it, where that is not `spec`: a Python of the user's own has a path."""


class Check(_Part, frozen=True):
    name: Text
    error: Magnitude | None = None
    limit: Magnitude | None = None
    problem: Text | None = None
    about: Literal["answer", "time"] = "answer"
    """What a failure makes doubtful: the answers, or only how long they took."""

    @property
    def passes(self) -> bool:
        """True only for a number within its limit."""
        error, limit = self.error, self.limit
        return not self.problem and error is not None and limit is not None and error <= limit


class Curves(_Part, frozen=True):
    """What training came to: one value after each epoch, in order."""

    train_loss: Annotated[tuple[Magnitude, ...], msgspec.Meta(max_length=10_000)] = ()
    test_loss: Annotated[tuple[Magnitude, ...], msgspec.Meta(max_length=10_000)] = ()
    accuracy: Annotated[tuple[Share, ...], msgspec.Meta(max_length=10_000)] = ()
    """Share of the test samples that were classified right."""


class _Record(_Part, frozen=True, tag_field="kind"):
    """One line of a file."""


class Run(_Record, frozen=True, tag="run"):
    """First line of a file: what was asked, where, and what is about to be measured."""

    schema: Literal[1, 2, 3]
    run: Text
    started_at: Text
    arguments: Annotated[tuple[Text, ...], msgspec.Meta(max_length=256)]
    machine: Machine
    settings: dict[str, Text | int | float | bool | None]
    cases: Annotated[tuple[Case, ...], msgspec.Meta(max_length=10_000)]
    contenders: Annotated[tuple[Contender, ...], msgspec.Meta(max_length=1_000)]
    commit: Text | None = None
    version: Text | None = None
    """Of Metalbench."""


class Runtime(_Record, frozen=True, tag="runtime"):
    """One start of a contender's worker: what was really chosen."""

    contender: Text
    versions: dict[str, Text]
    device: Text
    device_name: Text
    asynchronous: bool
    python: Text
    threads: Count | None = None
    notes: Annotated[tuple[LongText, ...], msgspec.Meta(max_length=256)] = ()
    details: LongText | None = None
    build: Annotated[dict[Text, Text], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    """What tells this build of the framework from another of the same version."""
    packages: Annotated[tuple[Text, ...], msgspec.Meta(max_length=4096)] = ()
    environment: dict[str, Text] = msgspec.field(default_factory=dict)
    device_memory_bytes: Bytes | None = None
    start_s: Seconds | None = None


class Verified(_Record, frozen=True, tag="verified"):
    """Answers held against the float64 reference, in the timed process."""

    contender: Text
    case: Text
    phase: Literal["before", "after"]
    passed: bool
    checks: Annotated[tuple[Check, ...], msgspec.Meta(max_length=10_000)]
    arrays_sha256: Sha256 | None = None
    build_s: Seconds | None = None
    first_step_s: Seconds | None = None
    first_step_kept: bool = False
    """Whether a program of that step was not compiled but kept from an earlier process."""
    answers: Annotated[dict[Text, Values], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )
    """A few of the answers by array, where a seed was given: they show that they are its own."""
    curves: Curves | None = None
    warnings: Annotated[tuple[LongText, ...], msgspec.Meta(max_length=64)] = ()
    """Of the framework, while it built the case and gave these answers."""
    reach: Text | None = None
    """How far the answers could be checked, where that is not all the way."""


class Sampled(_Part, frozen=True, kw_only=True):
    """What a worker tells of a slice, by its own clock."""

    steps_per_sample: Size
    samples_s: Annotated[tuple[SampleSeconds, ...], msgspec.Meta(min_length=1, max_length=100_000)]
    """Seconds for one step: a sample's duration divided by its steps."""
    latencies_s: Annotated[tuple[SampleSeconds, ...], msgspec.Meta(max_length=100_000)] = ()
    """Seconds of single steps, each with its own wait."""
    steps_in_flight: Size | None = None
    """Steps issued before each wait within a sample."""
    steps_per_part: Size | None = None
    """Where a sample's value is the median of its parts: the steps of one."""
    even_step_s: SampleSeconds | None = None
    """Seconds of one step, by all of the time of the sample whose parts were most alike, of those
    that no other program interrupted."""
    cpu_user_s: Seconds | None = None
    cpu_system_s: Seconds | None = None
    wall_s: Seconds | None = None
    """Time of the whole slice in the worker, re-warming included."""
    sampled_s: Seconds | None = None
    """Part of `wall_s` inside timed samples."""
    peak_resident_bytes: Bytes | None = None
    peak_resident_of: Literal["case", "process"] | None = None
    device_memory_bytes: Bytes | None = None
    device_peak_bytes: Bytes | None = None
    device_sentinel_s: SampleSeconds | None = None
    """A fixed product on the device, where that is not the CPU."""
    compilations: Count | None = None
    """How often the framework has compiled in this process so far, where it can say."""
    warmed_s: Seconds | None = None
    """Part of `wall_s` in steps that no clock looked at, before the samples."""
    apart_s: Seconds | None = None
    """Part of `wall_s` for an audit and for looks at results."""
    audit_s: Seconds | None = None
    """Seconds of all steps of the slice's audit, where there was one."""
    audit_steps: Size | None = None


class Slice(Sampled, frozen=True, kw_only=True, tag_field="kind", tag="slice"):
    """One contender's turn in one round: samples of `steps_per_sample` steps and their wait."""

    contender: Text
    case: Text
    round: Count
    start: Count | None = None
    """Which start of its worker for this case, from 0; absent where there is only one."""
    at_s: Seconds | None = None
    """When the slice began, counted from the start of the run."""
    others_cpu_s: Seconds | None = None
    """CPU seconds the rest of the machine used meanwhile, or a hypervisor took from it."""
    energy_j: Joules | None = None
    """Energy the device used during `wall_s`, re-warming and idle power included."""
    energy_sampled: bool = False
    """Whether that is no counter's, but the mean of readings of the device's power."""
    sentinel_s: SampleSeconds | None = None
    """A fixed piece of work on the host just before the slice."""
    host_s: Seconds | None = None
    """The whole request by the host's own clock."""
    host_cpu_s: Seconds | None = None
    """CPU seconds of the worker's process during the request, as the host counted them."""
    device_busy: Share | None = None
    """Share of the request in which the device had work, by its driver's own counter."""


class Cell(_Record, frozen=True, tag="cell"):
    """A contender's case is finished."""

    contender: Text
    case: Text
    stopped: Text
    """Why sampling stopped."""
    rounds: Count
    samples: Count
    stopped_by: StoppedBy | None = None
    interval: Magnitude | None = None
    """Width of the 95 % interval of the time, or of the ratio that `stopped` names, as a share of
    it; absent after several starts."""


class State(_Record, frozen=True, tag="state"):
    """What the machine was doing before or after a case."""

    case: Text
    phase: Literal["before", "after", "during"]
    at_s: Seconds
    contender: Text | None = None
    """Which is at work, where work is sustained: then there are readings during the case."""
    load: Magnitude | None = None
    """Average of runnable processes over the last minute."""
    power: Literal["mains", "battery"] | None = None
    battery: Share | None = None
    low_power: bool | None = None
    background: bool | None = None
    """Whether macOS ran the host process in the background, on its slow cores."""
    thermal: Text | None = None
    """The system's own word: nominal, fair, serious, critical, or a CPU speed limit."""
    cpu_hz: Magnitude | None = None
    gpu_hz: Magnitude | None = None
    gpu_celsius: Magnitude | None = None
    gpu_busy: Share | None = None
    gpu_watts: Magnitude | None = None
    gpu_fan_rpm: Magnitude | None = None
    gpus: Annotated[tuple[GpuState, ...], msgspec.Meta(max_length=64)] = ()
    """Each GPU where there are several; the fields above are those of the one that works."""


class Resumed(_Record, frozen=True, tag="resumed"):
    """A broken-off run goes on from here."""

    resumed_at: Text
    at_s: Seconds


class End(_Record, frozen=True, tag="end"):
    """The plan was carried out to its end; a file without this line can be resumed."""

    at_s: Seconds


class Skipped(_Record, frozen=True, tag="skipped"):
    """Not attempted, with a reason a user would accept; no case: the whole contender."""

    contender: Text
    reason: LongText
    case: Text | None = None
    withdrawn: bool = False
    """The reference itself could not pass the checks, so nothing can be said about the answers."""
    no_time: bool = False
    """Left out because the run's time would not have held it."""


class Failed(_Record, frozen=True, tag="failed"):
    """Attempted and broken; no case: the whole contender."""

    contender: Text
    stage: Text
    reason: LongText
    case: Text | None = None
    signal: Text | None = None
    exit_code: int | None = None
    output_tail: LongText | None = None


class Published(_Record, frozen=True, tag="published"):
    """A figure taken from elsewhere, with its source; never ranked with measured ones."""

    source: Text
    suite: Text
    name: Text
    size: Size
    framework: Text
    device: Text
    machine: Text
    time_s: SampleSeconds | None = None
    """Of all that `work` says; absent where the source gives no figure."""
    resolution_s: Seconds | None = None
    """The source rounded `time_s` to multiples of this."""
    study: Text | None = None
    """Short name that joins the records of one source."""
    published_at: Text | None = None
    size_of: Text | None = None
    device_kind: DeviceKind | None = None
    device_name: Text | None = None
    version: Text | None = None
    work: Text | None = None
    steps: Size | None = None
    """Steps within `time_s`, where it spans nothing else."""
    cpu_user_s: Seconds | None = None
    cpu_system_s: Seconds | None = None
    curves: Curves | None = None
    protocol: LongText | None = None
    finding: LongText | None = None
    """What the source concludes from its figures."""
    notes: Annotated[tuple[LongText, ...], msgspec.Meta(max_length=64)] = ()
    faults: Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)] = ()


Record = (
    Run | Runtime | Verified | Slice | Cell | Skipped | Failed | State | Resumed | End | Published
)
