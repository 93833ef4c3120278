"""What a run is asked for, refused here, before anything is built, where it cannot be done."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from bench import schema
from bench.contenders.discovery import ContenderSelection, Discovered
from bench.machine import privacy
from bench.plan.presets import Preset
from frameworks import FRAMEWORKS
from suites import catalog
from suites.errors import UserError, meant, told
from suites.workload import ITEMSIZE, Workload, definition_hash, facts_of

_GPUS = dict.fromkeys(word for row in FRAMEWORKS.values() for word in row.device_ids[1:])
"""What frameworks call GPUs; `N` stands for a number."""
_DEVICES = ("cpu", "gpu", "all", *(word.replace("N", "0") for word in _GPUS))
_DEVICE = re.compile("all|cpu|gpu|" + "|".join(word.replace("N", "[0-9]{1,3}") for word in _GPUS))


_MOST_NAMED = 12
"""Cases that an error lists."""


@dataclass(frozen=True)
class Sustained:
    """How long each contender works on, and how long the machine rests before it."""

    work_s: float
    rest_s: float

    @property
    def settings(self) -> dict[str, float]:
        return {"sustained_s": self.work_s, "rest_s": self.rest_s}


class BadRequest(UserError):
    """What was asked cannot be done; the message says what was expected."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything a run depends on."""

    contenders: ContenderSelection
    suites: Sequence[str]
    cases: Sequence[str] = ()
    """Of the suites, by `train/64` or `mlp/train/64`; all where it is empty."""
    preset_name: str
    preset: Preset
    """As named, where nothing else was asked for."""
    out: Path
    seed: int = 0
    arguments: Sequence[str] = ()
    """The command line, for the record."""
    data_dir: Path | None = None
    """Where published data is taken from; None for the network."""
    index: str = ""
    """Address or folder where versions asked for are looked for first; empty for none."""
    isolated: bool = False
    """A fresh worker for each case."""
    sustained: Sustained | None = None
    """One contender at a time, for so long each, instead of rounds."""
    label: str = ""
    """What the user calls this machine, for the record."""
    resume: bool = False
    """Go on with the newest run that broke off and was asked for like this one."""

    @property
    def settings(self) -> dict[str, str | int | float | bool | None]:
        """What the record says of how it is measured."""
        return {
            "preset": self.preset_name,
            "device": self.contenders.device,
            "threads": self.contenders.threads,
            "seed": self.seed,
            "timeout_s": self.contenders.timeout_s,
            "memory_bytes": self.contenders.memory_bytes,
            "isolated": self.isolated,
            **{f"preset_{key}": value for key, value in vars(self.preset).items()},
            **(self.sustained.settings if self.sustained else {}),
        }


def planned(wanted: Request) -> list[tuple[str, Workload]]:
    """Suite and workload of every case asked for. Raises BadRequest, UnknownSuite."""
    suites = dict.fromkeys(wanted.suites)
    plan = [(suite, w) for suite in suites for w in catalog.cases(suite, wanted.preset_name)]
    for case in wanted.cases:
        if not any(_called(workload, case) for _, workload in plan):
            known = [workload.case for _, workload in plan]
            raise BadRequest(
                f"no such case in the {wanted.preset_name} preset of {', '.join(suites)}. Expected "
                f"one of {', '.join(known[:_MOST_NAMED])}"
                f"{' ...' * (len(known) > _MOST_NAMED)}. Received: {case!r}."
                f"{meant(case, known)}"
            )
    chosen = wanted.cases
    return [each for each in plan if not chosen or any(_called(each[1], c) for c in chosen)]


def _called(workload: Workload, case: str) -> bool:
    return case in (workload.case, workload.case.partition("/")[2])


def check(wanted: Request, plan: Sequence[tuple[str, Workload]]) -> tuple[schema.Case, ...]:
    """Every case of the plan, for the record. Raises BadRequest."""
    if not plan:
        raise BadRequest("the suites asked for hold no case at this preset")
    cases = _case_records(plan)
    if not any(spec.outside for spec in wanted.contenders.specs):
        require_device_word(wanted.contenders.device)
    _require_writable(wanted.out)
    return cases


def check_contenders(wanted: Request, found: Discovered) -> None:
    """A device nobody has is a bad request; a framework that cannot be had is a finding."""
    if found.devices and not found.supervisors:
        has = ", ".join(sorted(found.devices))
        raise BadRequest(
            f"none of the frameworks asked for can use this device. Expected all, or one of {has}. "
            f"Received: {wanted.contenders.device}. Try DEVICE=cpu."
        )


def _require_writable(out: Path) -> None:
    """Refuse before anything is built what would fail after it, by making a folder and a file."""
    missing = [path for path in (out, *out.absolute().parents) if not path.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise BadRequest(
            f"cannot write results. Expected a folder that can be written to. Received: {out} "
            f"({error.strerror}). Name another with OUT=folder."
        ) from None
    finally:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()


def is_device_word(word: str) -> bool:
    """Whether a built-in adapter may call a device so, or several devices are meant."""
    return _DEVICE.fullmatch(word) is not None


def require_device_word(word: str) -> None:
    """Refuse at once what no built-in adapter calls a device; adapters from outside may. Raises
    BadRequest."""
    if not is_device_word(word):
        raise BadRequest(
            f"unknown device. Expected cpu, gpu, all, or an id: {', '.join(_DEVICES[3:])}. "
            f"Received: {word!r}.{meant(word, _DEVICES)} For example: make bench DEVICE=cpu"
        )


def _case_records(plan: Sequence[tuple[str, Workload]]) -> tuple[schema.Case, ...]:
    """Every case of the plan. Raises BadRequest where one cannot be, or two have one name."""
    cases = []
    for suite, workload in plan:
        try:
            cases.append(case_record(suite, workload))
        except Exception as error:
            if suite in catalog.NAMES:
                raise
            # A file's own layers may fail in any way.
            ours = isinstance(error, ValueError | msgspec.MsgspecError)
            what = told(partial(str if ours else repr, error))
            name = getattr(workload, "name", "a case")
            raise BadRequest(f"suite {suite}: {name} cannot be. {what}") from error
    case, count = Counter(case.case for case in cases).most_common(1)[0]
    if count > 1:
        raise BadRequest(
            f"{count} cases are called {case}. Expected a suite, name and size of its own for each."
        )
    return tuple(cases)


def case_record(suite: str, workload: Workload) -> schema.Case:
    """What a run's record says of the workload. Raises ValueError, msgspec.ValidationError."""
    known = facts_of(workload)
    try:
        workload.case.encode()  # half of a pair of surrogates is no text, though a str may hold it
    except UnicodeEncodeError:
        received = ascii((workload.suite, workload.name))
        raise ValueError(f"Its suite and name expect text. Received: {received}") from None
    fields = {
        "case": workload.case,
        "suite": workload.suite,
        "name": workload.name,
        "size": workload.size,
        "flop": workload.flop,
        "traffic_bytes": {p: workload.traffic_bytes(p) for p in ITEMSIZE},
        "definition_sha256": definition_hash(workload),
        "suite_file": None if suite in catalog.NAMES else privacy.scrub(suite),
        **dataclasses.asdict(known),
    }
    return msgspec.convert(fields, schema.Case)
