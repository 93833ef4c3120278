"""A reader finds the way: every page is in the index, every word in the glossary names its file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import architecture
from tests.helpers.makefile import takes
from tests.unit.test_docs import ROOT

DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"
MOST_LINES = {"README.md": 100, "docs/method/*.md": 150, "docs/decisions/*.md": 45}
"""Of each page: longer ones are not read."""


def linked(page: Path) -> set[Path]:
    """Files and folders of the checkout that a page links to."""
    links = re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", page.read_text(encoding="utf-8"))
    return {(page.parent / link).resolve() for link in links if "://" not in link}


def reached(page: Path, clicks: int) -> set[Path]:
    """What a reader who starts on a page reaches with so many clicks on links of pages."""
    found, front = {page}, {page}
    for _ in range(clicks):
        front = {link for each in front if each.suffix == ".md" for link in linked(each)} - found
        found |= front
    return found


# --- the index ------------------------------------------------------------------------------


def missing(pages: set[Path]) -> list[str]:
    """Pages of the documentation that a set of links leaves out."""
    every = {*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"} - {INDEX}
    return sorted(page.relative_to(ROOT).as_posix() for page in every - pages)


def test_the_index_holds_every_page() -> None:
    assert not missing(linked(INDEX))
    assert missing(linked(INDEX) - {DOCS / "records.md"}) == ["docs/records.md"]


def undefined(text: str) -> Iterator[str]:
    """Names that a text places in a file which does not define them."""
    for names, path in re.findall(r"((?:`\w+`(?: and )?)+) in \[`([\w/.]+\.py)`\]", text):
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            if not re.search(rf"^(?:def |class )?{name}\b", source, re.MULTILINE):
                yield name


def test_names_are_defined_where_the_index_says() -> None:
    text = INDEX.read_text(encoding="utf-8")
    assert not list(undefined(text))
    assert list(undefined(text.replace("`middle` in", "`none` in"))) == ["none"]


@pytest.mark.parametrize(
    "file",
    [
        "suites/verification/reference/limits.py",  # where a limit is derived
        "bench/worker/measure.py",  # where a sample is timed
        "bench/statistics/estimates.py",  # where a word is chosen
    ],
)
def test_two_clicks_lead_from_the_readme_to_the_source(file: str) -> None:
    readme = ROOT / "README.md"
    assert ROOT / file in reached(readme, 2)
    assert ROOT / file not in reached(readme, 1)


def test_a_page_of_the_documentation_is_two_clicks_from_the_readme() -> None:
    assert not missing(reached(ROOT / "README.md", 2))


# --- length ---------------------------------------------------------------------------------


def too_long(most: dict[str, int]) -> list[str]:
    """Pages with more lines than a pattern allows them."""
    return [
        str(page.relative_to(ROOT))
        for pattern, lines in most.items()
        for page in sorted(ROOT.glob(pattern))
        if len(page.read_text(encoding="utf-8").splitlines()) > lines
    ]


def test_pages_are_short_enough_to_be_read() -> None:
    assert not too_long(MOST_LINES)
    assert too_long({"README.md": 10}) == ["README.md"]


# --- options --------------------------------------------------------------------------------


def described(text: str) -> dict[str, set[str]]:
    """Options by verb: those with a row under `make bench`, and of each other verb's row."""
    bench = text.partition("## Of `make bench`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `make ([a-z]+)` \| (.*) \|$", text, re.MULTILINE)
    return {"bench": set(re.findall(r"^\| `([A-Z_]+)` \|", bench, re.MULTILINE))} | {
        verb: set(re.findall(r"`([A-Z_]+)(?:=\w+)?`", row)) for verb, row in rows
    }


def test_every_option_is_described() -> None:
    text = (DOCS / "options.md").read_text(encoding="utf-8")
    taken = {verb: set(names) for verb, names in takes().items()}
    for verb in ("help", "setup", "completion"):
        assert not taken.pop(verb)
    assert described(text) == taken
    assert described(text.replace("| `STARTS` |", "")) != taken
    assert described(text.replace("`MINUTES`", "`SEED`")) != taken


# --- the glossary ---------------------------------------------------------------------------

WORDS = (
    *("cell", "case", "contender", "execution", "run", "start", "round", "slice", "sample"),
    *("part", "step", "front", "limit", "audit", "look", "untimed", "withdrawn", "suspect"),
)


def homeless(text: str) -> Iterator[str]:
    """Words of a glossary that do not say which file defines them, or name one that is not."""
    for word, _, home in re.findall(r"^\| ([a-z ]+) \| (.+) \| (.+) \|$", text, re.MULTILINE):
        if word != "word" or home != "defined in":
            file = re.fullmatch(r"`([\w/.]+)`", home)
            if not file or not (ROOT / file[1]).exists():
                yield word


def test_the_glossary_says_where_each_word_is_defined() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert not list(homeless(text))
    assert not [word for word in WORDS if not re.search(rf"^\| {word} \|", text, re.MULTILINE)]


def test_a_word_without_a_file_is_found() -> None:
    text = "| a | Is. | `bench/none.py` |\n| b | Is. | nowhere |\n| c | Is. | `bench/schema.py` |\n"
    assert list(homeless(text)) == ["a", "b"]


# --- the picture ----------------------------------------------------------------------------


def folders() -> set[str]:
    """The packages of `bench` and `reports`, and what else the picture must show."""
    inner = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("bench", "reports")
        for path in (ROOT / top).glob("*/__init__.py")
    }
    return inner | {"suites", "frameworks", "reports/frame.py"}


def imports(package: str, other: str) -> bool:
    """Whether a file of one package imports the other, or anything in it."""
    path = ROOT / package
    name = other.removesuffix(".py").replace("/", ".")
    for file in [path] if path.suffix == ".py" else path.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                whole = [f"{node.module}.{alias.name}." for alias in node.names]
                if any(each.startswith(f"{name}.") for each in whole):
                    return True
    return False


def test_the_picture_shows_the_folders_that_exist() -> None:
    assert set(architecture.BOXES) == folders()


@pytest.mark.parametrize(("source", "target"), architecture.ARROWS)
def test_an_arrow_of_the_picture_is_an_import(source: str, target: str) -> None:
    assert imports(source, target) or imports(target, source)


def test_an_arrow_that_is_no_import_is_found() -> None:
    assert not imports("suites", "bench") and not imports("reports/hardware", "bench/run")


def test_the_picture_is_the_one_the_script_draws() -> None:
    assert architecture.PICTURE.read_text(encoding="utf-8") == architecture.drawn()
