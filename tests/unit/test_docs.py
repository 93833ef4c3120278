"""The documentation names only what exists: verbs, options, commands, files, fields, figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import typer.main

from bench import schema
from bench.__main__ import app
from bench.plan.presets import PRESETS
from reports.frame import load, load_slices
from suites import layers
from tests.helpers import builders
from tests.helpers.makefile import takes

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCES = sorted(
    path
    for folder in ("bench", "frameworks", "reports", "requirements", "scripts", "suites")
    for path in (ROOT / folder).rglob("*.*")
    if path.suffix in (".py", ".txt", ".html")
)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

RECORDS = {kind.__struct_config__.tag: kind for kind in get_args(schema.Record)}
PARTS = {
    re.sub("(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower(): kind
    for kind in (
        schema.Machine,
        schema.Gpu,
        schema.CoreKind,
        schema.GpuState,
        schema.Case,
        schema.Contender,
        schema.Check,
        schema.Curves,
    )
}


def code(text: str) -> list[str]:
    """Lines of fenced blocks, and inline code outside them."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(
        r"`([^`]+)`", outside
    )


def test_every_layer_stands_in_the_page_of_suites() -> None:
    text = (ROOT / "docs/suites.md").read_text(encoding="utf-8")
    section = text.partition("## Layers\n")[2].partition("\n## ")[0]
    every = {
        name
        for name in layers.__all__
        if isinstance(kind := getattr(layers, name), type)
        and issubclass(kind, layers.Layer)
        and kind is not layers.Layer
    }
    assert len(every) > 40
    assert every <= set(re.findall(r"`([A-Za-z]\w*)", section))


# --- commands -------------------------------------------------------------------------------


def unknown_words(text: str) -> Iterator[str]:
    """Verbs of make and options they do not take, commands and flags of `./metalbench`, that do not
    exist."""
    door = typer.main.get_command(app)
    commands = door.commands  # type: ignore[attr-defined]
    below = [each for one in commands.values() for each in getattr(one, "commands", {}).values()]
    params = [p for command in (door, *commands.values(), *below) for p in command.params]
    flags = {flag for p in params for flag in (*p.opts, *p.secondary_opts)}
    for script in (ROOT / "scripts").rglob("*.py"):
        flags |= set(re.findall(r'"(--[a-z-]+)"', script.read_text(encoding="utf-8")))
    for line in code(text):
        for verb, typed in re.findall(r"\bmake ([a-z]+)(.*)", line):
            yield from {verb} - set(takes())
            yield from set(re.findall(r"\b([A-Z_]+)=", typed)) - set(takes().get(verb, ()))
        yield from set(re.findall(r"\./metalbench ([a-z]+)", line)) - set(commands)
        if line.startswith("--") or "./metalbench " in line:
            yield from set(re.findall(r"--[a-z-]+", line)) - flags - {"--help"}
        for module in re.findall(r"-m ((?:bench|scripts)\.\w+)", line):
            path = ROOT / module.replace(".", "/")
            if not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
                yield module


@pages
def test_every_command_exists(page: Path) -> None:
    assert not list(unknown_words(page.read_text(encoding="utf-8")))


def test_a_command_that_does_not_exist_is_found() -> None:
    text = (
        "`make nonesuch`, `make bench NONE=1`, `make report SUITE=mlp`, `--nonesuch`\n"
        "```\n./metalbench nonesuch\n./metalbench run --none\n"
        "python -m scripts.nonesuch\nmake bench FRAMEWORK=tf\n```\n"
    )
    assert sorted(unknown_words(text)) == [
        *("--none", "--nonesuch", "NONE", "SUITE", "nonesuch", "nonesuch", "scripts.nonesuch")
    ]


# --- files ----------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked as."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> Iterator[str]:
    """Relative links that lead nowhere."""
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pages
def test_links_lead_somewhere(page: Path) -> None:
    assert not list(broken_links(page, page.read_text(encoding="utf-8")))


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "[a](README.md) [b](docs/none.md) [c](docs/records.md#none) [d](docs/records.md#slice)"
    assert list(broken_links(ROOT / "README.md", text)) == ["docs/none.md", "docs/records.md#none"]


def absent_files(text: str) -> Iterator[str]:
    """Paths in code that name no file of the checkout."""
    folders = "bench|docs|frameworks|reports|requirements|scripts|suites|tests|[.]ci|[.]github"
    for line in code(text):
        for path in re.findall(rf"(?<![\w./-])(?:{folders})/[\w./-]+", line):
            if not (ROOT / path).exists():
                yield path


@pages
def test_every_file_named_exists(page: Path) -> None:
    assert not list(absent_files(page.read_text(encoding="utf-8")))


def test_an_absent_file_is_found() -> None:
    assert list(absent_files("`bench/run/runner.py` and `bench/none.py`")) == ["bench/none.py"]


def test_the_code_points_at_pages_that_exist() -> None:
    named = {
        page
        for path in [*SOURCES, ROOT / "Makefile"]
        for page in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert "docs/adding.md" in named
    assert not [page for page in named if not (ROOT / page).exists()]


# --- records --------------------------------------------------------------------------------


def described(text: str) -> dict[str, dict[str, bool]]:
    """Of each kind or part with a table: its fields in order, and whether always present."""
    found: dict[str, dict[str, bool]] = {}
    for heading, body in re.findall(r"^##+ `(\w+)`\n(.*?)(?=^##|\Z)", text, re.M | re.S):
        rows = re.findall(r"^\| `(\w+)` \| (always|when known) \|", body, re.MULTILINE)
        found[heading] = {name: present == "always" for name, present in rows}
    return found


@pytest.mark.parametrize("name", [*RECORDS, *PARTS])
def test_every_field_is_described(name: str) -> None:
    text = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    fields = msgspec.structs.fields({**RECORDS, **PARTS}[name])
    assert list(described(text)[name].items()) == [(f.name, f.required) for f in fields]


def test_nothing_is_described_that_does_not_exist() -> None:
    text = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    assert set(described(text)) == {*RECORDS, *PARTS}
    history = text.partition("## Schema history")[2]
    assert max(map(int, re.findall(r"^\| (\d+) \|", history, re.MULTILINE))) == schema.SCHEMA


# --- the frame ------------------------------------------------------------------------------


def columns(text: str, heading: str) -> set[str]:
    """The columns that a table of docs/frame.md describes."""
    body = text.partition(f"## `{heading}`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| ", body, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_column_of_the_frame_is_described(tmp_path: Path) -> None:
    path = builders.write(tmp_path / "records.jsonl", builders.run(builders.FIVE[:1], rounds=3))
    text = (ROOT / "docs" / "frame.md").read_text(encoding="utf-8")
    assert columns(text, "cells") == set(load([path]).columns)
    assert columns(text, "slices") == set(load_slices([str(path)]).columns)


# --- figures --------------------------------------------------------------------------------


def test_the_presets_are_as_described() -> None:
    text = (ROOT / "docs" / "method" / "what-is-timed.md").read_text(encoding="utf-8")
    for name, preset in PRESETS.items():
        row = (
            f"| {name} | {100 * preset.target:g} % | {preset.min_rounds} to {preset.max_rounds} "
            f"| {preset.slice_s:g} s "
            f"| {preset.warm_s * 1e3:g} ms | {preset.budget_s:g} s | {preset.step_limit_s:g} s |"
        )
        assert row in text
