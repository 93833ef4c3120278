"""Contenders: what a user may write after FRAMEWORK=, and what runs because of it.

spec = name [==version | :variant | :python | :wheel] [@execution]
     | path.py [==version] [@execution]

`python` is the folder of an environment or a program in it, `wheel` a path that ends in .whl; the
execution may also stand before the colon. A comma separates specs, so no path can hold one.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import adapter_file, named_apart, wheels, worker_environment
from bench.environments import interpreters, requirements
from bench.environments.interpreters import Interpreter
from bench.environments.requirements import HOST, Name
from bench.machine.privacy import scrub
from frameworks import FRAMEWORKS, NAMES, NULL, FrameworkInfo
from frameworks.interface import Device
from suites.catalog import typed_path
from suites.errors import UserError, meant

_ADAPTER = re.compile(r"(.+?\.py)(?:==(.*))?", re.DOTALL)

WHEEL = re.compile(r"\.whl(?:@|$)")
"""Ends the path of a wheel."""


class Unknown(UserError):
    """No such contender; the message says which there are."""


@dataclass(frozen=True)
class Spec:
    """One entry of FRAMEWORK, understood."""

    text: str
    """As it stands in records: `torch`, `torch@compile`, `jax==0.4.38`, `torch:dev`,
    `./my_adapter.py`."""
    framework: str
    module: str
    """What the worker imports: dotted, or a path."""
    environment: Name
    """What its worker runs in."""
    execution: str
    facts: FrameworkInfo | None = None
    """None for an adapter from outside."""
    own: Interpreter | None = None
    """The Python of the user's own that it runs in; `environment` then has its variables alone."""

    @property
    def typed(self) -> str:
        """What to type for it, fit for a record: of a Python of the user's own, its path."""
        if self.own is None or self.outside:
            return self.text
        _, at, execution = self.text.partition("@")
        return f"{self.framework}:{scrub(str(self.own.home))}{at}{execution}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What readers of its figures must know of the Python it runs in, if it is the user's."""
        if self.own is None:
            return ()
        here = (
            f"It runs in a Python of the user's own, {self.own.home} (Python {self.own.version})."
        )
        return here, *self.own.notes

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of the framework whose environment this is; an outside adapter shares them."""
        return self.environment.variables

    @property
    def outside(self) -> bool:
        return self.facts is None


@dataclass(frozen=True)
class Contender:
    """A spec on a device in a precision: what gets a worker of its own."""

    spec: Spec
    device: Device
    precision: str
    threads: int | None

    @property
    def id(self) -> str:
        """Unique in its run: `torch@compile/cpu/float32`."""
        return f"{self.spec.text}/{self.device.id}/{self.precision}"


def parse(texts: Sequence[str]) -> list[Spec]:
    """The specs in order, repetitions dropped. Raises UserError."""
    specs = [_parse_one(text.strip()) for text in texts if text.strip()]
    homes = [spec.own.home for spec in specs if spec.own]
    names = named_apart.names(homes, {word for f in FRAMEWORKS.values() for word in f.variants})
    told = [_named(spec, names) for spec in specs]
    return list({spec.text: spec for spec in told}.values())


def _named(spec: Spec, names: Mapping[Path, str]) -> Spec:
    """The spec; a framework's in a Python of the user's own by its name among the others."""
    if spec.own is None or spec.outside:
        return spec
    name, (_, at, execution) = names[spec.own.home], spec.text.partition("@")
    return dataclasses.replace(spec, text=f"{spec.framework}:{name}{at}{execution}")


def _parse_one(text: str) -> Spec:
    name, colon, place = text.partition(":")
    name, _, before = name.partition("@")
    of_framework = colon and "/" not in name  # and no part of an adapter's path
    if of_framework and (interpreters.is_path(place) or WHEEL.search(place)):
        return _placed(name, place, before)
    target, _, execution = text.partition("@")
    adapter = _ADAPTER.fullmatch(target)
    if adapter:
        path, version = adapter.groups()
        return _outside(typed_path(path), version, execution)
    if ":" in target:
        return _variant(target, execution)
    name, pinned, version = target.partition("==")
    facts = _facts(name)
    if pinned:
        environment = _with_version(facts, version)
    else:
        environment = HOST if facts is NULL else Name(facts.name)
    return _spec(facts, f"{facts.name}{pinned}{version}", environment, execution)


def _placed(name: str, place: str, before: str) -> Spec:
    """A framework at a place of the user's: a wheel, or a Python that has it."""
    facts = _facts(name)
    place, after = _without_execution(facts, place)
    execution = before or after
    if before and after and before != after:
        raise Unknown(f"two executions in one contender. Received: {before!r} and {after!r}")
    if facts is NULL:
        raise Unknown(f"null measures the harness alone. Expected null. Received: null:{place}")
    if WHEEL.search(place):
        text = f"{facts.name}:{scrub(str(typed_path(place)))}"
        return _spec(facts, text, wheels.environment(facts, place), execution)
    own = interpreters.find(place, facts, worker_environment.inherited(os.environ))
    # Its text follows when all of them are known.
    return dataclasses.replace(_spec(facts, facts.name, Name(facts.name), execution), own=own)


def _without_execution(facts: FrameworkInfo, place: str) -> tuple[str, str]:
    """The path and the execution after it; `python@3.12` within a path is a part of it."""
    path, at, word = place.rpartition("@")
    if not at or "/" in word or interpreters.exists(place):
        return place, ""
    is_one = word in facts.executions or interpreters.exists(path)
    return (path, word) if is_one else (place, "")


def _variant(target: str, execution: str) -> Spec:
    name, _, variant = target.partition(":")
    facts = _facts(name)
    if variant not in facts.variants:
        known = ", ".join(f"{f.name}:{word}" for f in FRAMEWORKS.values() for word in f.variants)
        raise Unknown(
            f"unknown variant. Expected {known}, without a version, or the path of a Python, as in "
            f"{facts.name}:./{variant or 'env'}. Received: {target!r}"
        )
    return _spec(facts, f"{facts.name}:{variant}", Name(f"{facts.name}-{variant}"), execution)


def _spec(facts: FrameworkInfo, text: str, environment: Name, execution: str) -> Spec:
    if execution and execution not in facts.executions:
        known = ", ".join(facts.executions)
        raise Unknown(
            f"{facts.name} has no execution {execution!r}. Expected one of {known}."
            f"{meant(execution, facts.executions)}"
        )
    return Spec(
        text=text + (f"@{execution}" if execution else ""),
        framework=facts.name,
        module=f"frameworks.{facts.name}.adapter",
        environment=environment,
        execution=execution or facts.executions[0],
        facts=facts,
    )


def _with_version(facts: FrameworkInfo, version: str) -> Name:
    if facts is NULL:
        raise Unknown(f"null has no versions. Expected null. Received: null=={version}")
    try:
        name = requirements.parse(f"{facts.name}=={version}")
    except requirements.NoNightly as error:
        raise Unknown(str(error)) from None
    except ValueError:
        name = None
    if name is None or name.digest:
        raise Unknown(
            f"bad version for {facts.name}. Expected a version, as in {facts.name}==1.2.3. "
            f"Received: {version!r}"
        )
    return name


def _facts(name: str) -> FrameworkInfo:
    called = {word: f for f in (*FRAMEWORKS.values(), NULL) for word in (f.name, *f.aliases)}
    if name in called:
        return called[name]
    raise Unknown(
        f"unknown framework. Expected one of {', '.join(NAMES)}, one of them with ==version, or a "
        f"path ending in .py. Received: {name!r}.{meant(name, called)} `make list` shows what each "
        "can do."
    )


def _outside(path: Path, version: str | None, execution: str) -> Spec:
    """The spec of an adapter file."""
    told = adapter_file.read(path)
    pinned = "" if version is None else f"=={version}"
    if pinned and told.package is not None:
        environment, own = _with_package(path, told.package, pinned), None
    elif told.environment == "host" and not pinned:
        environment, own = HOST, None
    else:  # of a framework's own version where it measures one
        there = _environment(path, f"{told.environment}{pinned}")
        environment, own = there.environment, there.own
    return Spec(
        text=scrub(f"{path}{pinned}") + (f"@{execution}" if execution else ""),
        framework=told.name,
        module=str(path.resolve()),
        environment=environment,
        execution=execution or "default",
        own=own,
    )


def _with_package(path: Path, package: str, pinned: str) -> Name:
    """The environment of NumPy and the package that an adapter measures, at a version."""
    called = re.sub(r"[-_.]+", "-", package).lower()  # as an index compares names (PEP 503)
    try:
        return requirements.parse(f"numpy+{called}{pinned}")
    except UserError:
        raise Unknown(
            f"adapter {path} cannot be had so. Expected the name of a distribution in PACKAGE and "
            f"a version, as in {path}==1.2.3. Received: {package!r} and {pinned[2:]!r}"
        ) from None


def _environment(path: Path, text: str) -> Spec:
    if text.endswith(".py") or ".py==" in text:  # it may be this very file
        raise Unknown(
            f"adapter {path} asks for the ENVIRONMENT of another file. Expected host, or a "
            f"framework as in FRAMEWORK: numpy, torch==2.9.0. Received: {text!r}"
        )
    try:
        return _parse_one(text)
    except UserError as error:
        raise Unknown(f"adapter {path} asks for ENVIRONMENT {text!r}: {error}") from None
