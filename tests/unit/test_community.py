"""What the code host reads: forms that ask what CONTRIBUTING promises, hooks, citation, updates."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FORMS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    if path.name != "config.yml"
}
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def promised(text: str) -> dict[str, list[str]]:
    """The fields that the table of forms names, by the form's file."""
    rows = re.findall(r"^\| \[.*?\]\(\S*/([\w-]+\.yml)\) \| (.*) \|$", text, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", asks) for name, asks in rows}


def fields(form: dict[str, Any]) -> list[str]:
    return [part["id"] for part in form["body"] if part["type"] != "markdown"]


def test_the_forms_ask_what_is_promised() -> None:
    assert promised(CONTRIBUTING) == {name: fields(form) for name, form in FORMS.items()}


def test_a_field_that_no_form_has_is_found() -> None:
    text = CONTRIBUTING.replace("`output`", "`screenshot`")
    assert promised(text) != {name: fields(form) for name, form in FORMS.items()}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_complete(name: str) -> None:
    form = FORMS[name]
    assert {"name", "description", "body"} <= set(form)
    for part in form["body"]:
        assert part["type"] in ("input", "textarea", "dropdown", "checkboxes", "markdown")
        assert part["attributes"]["label"] and part["attributes"]["description"]
        assert isinstance(part["validations"]["required"], bool)


@pytest.mark.parametrize("name", ["result.yml", "wrong-result.yml", "bug.yml"])
def test_a_form_says_how_to_get_what_it_asks_for(name: str) -> None:
    told = {part["id"]: part["attributes"]["description"] for part in FORMS[name]["body"]}
    assert "./metalbench --version" in told["version"]
    assert "./metalbench machine --capture" in told["machine"]
    assert "gzip" in told["records"]


def test_the_hooks_have_the_versions_of_the_checks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    pins = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    assert f"\nruff=={hooks[0]['rev'].removeprefix('v')}\n" in pins
    local = hooks[1]["hooks"][0]["entry"].split()[1]
    assert (ROOT / local).is_file()


def test_the_citation_names_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert citation["version"] == tomllib.load(file)["project"]["version"]
    assert {"cff-version", "message", "title", "authors", "date-released"} <= set(citation)


def test_updates_look_where_the_pins_are() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    places = {each["package-ecosystem"]: each["directory"] for each in updates["updates"]}
    assert places == {"github-actions": "/", "pip": "/requirements"}
    assert (ROOT / "requirements" / "host.txt").is_file()
