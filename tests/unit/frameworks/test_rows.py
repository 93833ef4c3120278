"""The one list of frameworks: what is derived from it, and what stands beside it, is complete."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import frameworks
from bench.contenders import for_reports, worker_environment
from bench.doctor import compatibility, resources
from bench.environments import requirements
from bench.plan import request
from frameworks import FRAMEWORKS, FrameworkInfo
from reports.render import html, palette
from tests.unit import test_architecture

CHECKOUT = Path(frameworks.__file__).parents[1]


def each_row(test):
    return pytest.mark.parametrize("row", FRAMEWORKS.values(), ids=lambda row: row.name)(test)


def test_lists_derived_from_the_rows_hold_each_of_them() -> None:
    assert ("host", *frameworks.NAMES, "fleet", "dev") == requirements.NAMES
    assert set(resources.ENVIRONMENT_BYTES) == {"host", *frameworks.NAMES}
    assert tuple(for_reports.COLOURS) == tuple(palette.COLOURS) == frameworks.NAMES
    assert set(requirements.VARIANTS) == {
        f"{row.name}-{word}" for row in FRAMEWORKS.values() for word in row.variants
    }


@each_row
def test_a_row_is_complete(row: FrameworkInfo) -> None:
    assert row.title and row.executions and row.packages and row.modules
    assert row.device_ids[0] == "cpu"
    assert row.disk_bytes > 10**7
    assert re.fullmatch("#[0-9A-F]{6}", row.colour)
    assert row.marker in html.SHAPES
    for prefix in row.tuning:
        assert prefix in worker_environment.TUNING
    for name in row.variables:
        assert name.startswith(worker_environment.TUNING), "it would not be recorded"
    for module in row.modules:
        assert module in compatibility.MODULES
        assert module == "numpy" or module in test_architecture.FRAMEWORK_MODULES


def test_variables_that_choose_or_change_a_gpu_reach_the_worker_and_the_record() -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION"):
        given = worker_environment.variables({name: "1"}, {}, None)
        assert given[name] == worker_environment.recorded(given)[name] == "1"


@each_row
def test_what_its_adapter_calls_devices_may_be_asked_for(row: FrameworkInfo) -> None:
    for word in row.device_ids:
        assert request.is_device_word(word.replace("N", "0"))
        assert request.is_device_word(word.replace("N", "12"))
    assert not request.is_device_word("cuda:x")
    assert not request.is_device_word("warp:0")


@each_row
def test_a_row_has_its_folder_and_its_requirements(row: FrameworkInfo) -> None:
    assert (CHECKOUT / "frameworks" / row.name / "adapter.py").is_file()
    for name in (row.name, *(f"{row.name}-{word}" for word in row.variants)):
        assert (CHECKOUT / "requirements" / f"{name}.txt").is_file()
    text = (CHECKOUT / "requirements" / f"{row.name}.txt").read_text(encoding="utf-8")
    assert any(re.search(rf"^{package}[=\[]", text, re.MULTILINE) for package in row.packages)


@each_row
def test_the_readme_says_where_it_runs(row: FrameworkInfo) -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {row.title} +\|", readme, re.MULTILINE)


def test_no_adapter_is_without_a_row() -> None:
    folders = {path.parent.name for path in (CHECKOUT / "frameworks").glob("*/adapter.py")}
    assert folders == {*frameworks.NAMES, "null"}


def test_no_two_frameworks_share_a_word_or_look_alike() -> None:
    words = [word for row in FRAMEWORKS.values() for word in (row.name, *row.aliases)]
    looks = list(for_reports.COLOURS.values())
    assert len(set(words)) == len(words)
    assert len({colour for colour, _ in looks}) == len({marker for _, marker in looks})
    assert len({marker for _, marker in looks}) == len(looks)
    assert not set(looks) & set(palette.OTHERS)


def test_mypy_looks_for_no_framework() -> None:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    overrides = settings["tool"]["mypy"]["overrides"]
    assert [each for each in overrides if each["module"] == "frameworks.*"]
