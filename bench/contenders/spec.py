"""Contenders: what a user may write after FRAMEWORK=, and what runs because of it.

spec = name [==version | :variant] [@execution]   |   path.py [@execution]
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.environments import requirements
from bench.environments.requirements import HOST, Name
from bench.machine.privacy import scrub
from bench.values import meant
from frameworks import FRAMEWORKS, NAMES, NULL, FrameworkInfo
from frameworks.interface import Device
from suites.catalog import typed_path
from suites.errors import UserError

MAX_ADAPTER_BYTES = 2**20


class Unknown(UserError):
    """No such contender; the message says which there are."""


@dataclass(frozen=True)
class Spec:
    """One entry of FRAMEWORK, understood."""

    text: str
    """As it stands in records: `torch`, `torch@compile`, `jax==0.4.38`, `./my_adapter.py`."""
    framework: str
    module: str
    """What the worker imports: dotted, or a path."""
    environment: Name
    """What its worker runs in."""
    execution: str
    facts: FrameworkInfo | None = None
    """None for an adapter from outside."""

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
    """The specs in order, repetitions dropped. Raises Unknown."""
    specs = [_parse_one(text.strip()) for text in texts if text.strip()]
    return list({spec.text: spec for spec in specs}.values())


def _parse_one(text: str) -> Spec:
    target, _, execution = text.partition("@")
    if target.endswith(".py"):
        return _outside(typed_path(target), execution)
    if ":" in target:
        return _variant(target, execution)
    name, pinned, version = target.partition("==")
    facts = _facts(name)
    if pinned:
        environment = _with_version(facts, version)
    else:
        environment = HOST if facts is NULL else Name(facts.name)
    return _spec(facts, f"{facts.name}{pinned}{version}", environment, execution)


def _variant(target: str, execution: str) -> Spec:
    name, _, variant = target.partition(":")
    facts = _facts(name)
    if variant not in facts.variants:
        known = ", ".join(f"{f.name}:{word}" for f in FRAMEWORKS.values() for word in f.variants)
        raise Unknown(f"unknown variant. Expected {known}, without a version. Received: {target!r}")
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
        return requirements.parse(f"{facts.name}=={version}")
    except ValueError:
        raise Unknown(
            f"bad version for {facts.name}. Expected a version, as in {facts.name}==1.2.3. "
            f"Received: {version!r}"
        ) from None


def _facts(name: str) -> FrameworkInfo:
    called = {word: f for f in (*FRAMEWORKS.values(), NULL) for word in (f.name, *f.aliases)}
    if name in called:
        return called[name]
    raise Unknown(
        f"unknown framework. Expected one of {', '.join(NAMES)}, one of them with ==version, or a "
        f"path ending in .py. Received: {name!r}.{meant(name, called)} `make list` shows what each "
        "can do."
    )


def _outside(path: Path, execution: str) -> Spec:
    """A spec from an adapter file: its NAME and ENVIRONMENT are read, not run."""
    constants = _constants(path)
    name, wanted = constants.get("NAME"), constants.get("ENVIRONMENT", "numpy")
    if not name or not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name):
        raise Unknown(
            f'adapter {path} names no framework. Expected a line like NAME = "mine" (letters, '
            f"digits, . _ -). Received: {name!r}. See docs/adding.md."
        )
    return Spec(
        text=scrub(f"{path}") + (f"@{execution}" if execution else ""),
        framework=name,
        module=str(path.resolve()),
        environment=HOST if wanted == "host" else _environment(path, wanted),
        execution=execution or "default",
    )


def _environment(path: Path, text: str) -> Name:
    try:
        return _parse_one(text).environment
    except Unknown as error:
        raise Unknown(f"adapter {path} asks for ENVIRONMENT {text!r}: {error}") from None


def _constants(path: Path) -> dict[str, str]:
    """Module-level string constants of a Python file."""
    try:
        if path.stat().st_size > MAX_ADAPTER_BYTES:
            raise Unknown(f"adapter {path} is larger than {MAX_ADAPTER_BYTES} bytes")
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except OSError as error:
        raise Unknown(f"cannot read adapter {path}: {error.strerror}") from None
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unknown(f"adapter {path} is not valid Python: {error}") from None
    return {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }
