"""What people pass on of a report: whole, bounded, and harmless whatever a record says."""

from __future__ import annotations

import base64
import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from bench.schema import Gpu, Record, Run
from reports import build, content
from reports.content import Content
from reports.frame import Results, read
from reports.share import as_markdown, badge, card, files, summary
from tests.helpers import builders
from tests.unit.reports.test_machines import make, on

SCHEMA = Path(__file__).parents[3] / "docs" / "summary.schema.json"

EVIL = '"><script>alert(1)</script>&]]> $x^2$ =1+1 \u202e \x1b[31m [a](javascript:b)'


def read_of(folder: Path, lines: list[Record]) -> Results:
    return read([builders.write(folder / "run" / "records.jsonl", lines)])


def three_machines(folder: Path) -> Content:
    nvidia = (Gpu(name="NVIDIA H100", vendor="NVIDIA"),)
    return make(
        folder,
        on("mine", 2, "a", gpus=nvidia),
        on("fast", 1, "b"),
        on("slow", 30, "c", gpus=nvidia),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return content.make(read_of(tmp_path_factory.mktemp("share"), builders.run()))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """A run whose machine, device and contender have such names."""
    models = [replace(model, device_name=EVIL) for model in builders.FIVE[:2]]
    lines = builders.run(models)
    (head,) = [each for each in lines if isinstance(each, Run)]
    machine = msgspec.structs.replace(head.machine, label=EVIL)
    contenders = tuple(
        msgspec.structs.replace(each, spec=f"{EVIL}{n}") for n, each in enumerate(head.contenders)
    )
    evil = msgspec.structs.replace(head, machine=machine, contenders=contenders)
    lines = [evil if each is head else each for each in lines]
    return content.make(read_of(tmp_path_factory.mktemp("evil"), lines))


def test_the_summary_says_what_its_schema_says(made: Content) -> None:
    packed = summary.render(summary.make(made, "wrong answers (tf)"))
    known = msgspec.json.decode(packed, type=summary.Summary)
    assert known.reason == "wrong answers (tf)"
    (run,) = known.runs
    assert run.headline == made.fronts[0].headline
    assert {case.case for case in run.cases} == {
        row.cell.case
        for ranking in made.sections[0].rankings
        for group in ranking.groups
        for row in group.rows
    }
    assert all(set(case.front) <= {time.label for time in case.times} for case in run.cases)


def test_the_summary_says_where_machines_stand(tmp_path: Path) -> None:
    made = three_machines(tmp_path)
    assert made.fleet is not None
    packed = summary.render(summary.make(made, ""))
    found = msgspec.json.decode(packed, type=summary.Summary).fleet
    assert found is not None
    assert found.headline == made.fleet.sentence
    assert [(row.machine, row.own, row.rank) for row in found.machines] == [
        ("mine", True, 2),
        ("slow", False, 3),
        ("fast", False, 1),
    ]
    assert [row.ratio for row in found.machines] == pytest.approx([2, 30, 1], rel=0.05)
    assert {len(row.places) for row in found.machines} == {len(found.cases)} == {made.fleet.cases}
    assert set(found.machines[1].places) == {"far"}
    assert as_markdown.render(made).startswith("**mine is 2nd of 3 machines")


def test_one_machine_alone_has_no_fleet(made: Content) -> None:
    assert b'"fleet"' not in summary.render(summary.make(made, ""))


def test_machines_beyond_the_shown_are_counted_and_ranked_with_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.front.fleet.MOST", 2)
    made = summary.make(three_machines(tmp_path), "").fleet
    assert made is not None
    assert (made.more, [row.rank for row in made.machines]) == (1, [2, 3])


@pytest.mark.parametrize("several", [False, True])
def test_a_validator_that_knows_only_the_published_schema_takes_it(
    made: Content, tmp_path: Path, several: bool
) -> None:
    """No field that the schema does not name, none missing, each of its type."""
    content_of = three_machines(tmp_path) if several else made
    value = json.loads(summary.render(summary.make(content_of, "why")))
    schema = json.loads(SCHEMA.read_text())
    check_against(value, schema, schema)
    for spoilt in (value | {"runs": 1}, value | {"extra": 1}, {"schema": 1}):
        with pytest.raises(AssertionError):
            check_against(spoilt, schema, schema)


def check_against(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> None:
    """The words of JSON Schema that the file uses, and that no field is there without a name."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        (schema,) = (each for each in schema["anyOf"] if each.get("type") != "null")
        return check_against(value, schema, whole)
    if "enum" in schema:
        assert value in schema["enum"]
        return None
    kinds: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    if schema["type"] == "object":
        assert isinstance(value, dict)
        assert set(schema.get("required", ())) <= set(value)
        fields = schema.get("properties", {})
        for name, each in value.items():
            assert name in fields or "additionalProperties" in schema
            check_against(each, fields.get(name) or schema["additionalProperties"], whole)
    elif schema["type"] == "array":
        assert isinstance(value, list)
        pair = schema.get("prefixItems")
        assert pair is None or len(value) == len(pair)
        for number, each in enumerate(value):
            check_against(each, pair[number] if pair else schema["items"], whole)
    else:
        assert isinstance(value, kinds[schema["type"]])
    return None


def test_the_published_schema_is_that_of_the_code() -> None:
    """Where it is meant to change, write `json.dumps(summary.schema(), indent=1)` to the file."""
    assert json.loads(SCHEMA.read_text()) == summary.schema()


def test_the_summary_in_words_is_short(made: Content) -> None:
    text = as_markdown.render(made)
    assert made.fronts[0].headline.split(":", maxsplit=1)[0] in text
    assert len(text.splitlines()) <= 25


def test_the_card_has_the_size_that_is_shared(made: Content) -> None:
    drawn = card.draw(made)
    assert struct.unpack(">II", drawn.png[16:24]) == (card.WIDTH, card.HEIGHT)
    assert drawn == card.draw(made), "the same content gives the same bytes"


def test_names_in_records_do_nothing(hostile: Content) -> None:
    made, drawn = hostile, card.draw(hostile)
    for svg in (drawn.svg.decode(), badge.render(made)):
        root = ElementTree.fromstring(svg)
        assert not [each for each in root.iter() if each.tag.endswith("script")]
        assert not [key for each in root.iter() for key in each.attrib if key.startswith("on")]
    packed = summary.render(summary.make(made, EVIL))
    assert packed.isascii()
    assert b"\x1b" not in packed
    text = as_markdown.render(made)
    assert not re.search(r"(?<!\\)<script", text)
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    assert "\x1b" not in text


def test_a_report_on_nothing_can_be_shared_too(tmp_path: Path) -> None:
    nothing = content.make(read([], published=True))
    assert "nothing measured" in badge.render(nothing)
    assert card.draw(nothing).png
    assert as_markdown.render(nothing).strip()
    assert json.loads(summary.render(summary.make(nothing, "")))["runs"] == []


def test_every_file_is_written_and_the_page_hands_some_out(tmp_path: Path) -> None:
    path = builders.write(tmp_path / "run" / "records.jsonl", builders.run(builders.FIVE[:2]))
    built = build.build([path], tmp_path / "out")
    assert set(files.FILES) <= {each.name for each in (tmp_path / "out").iterdir()}
    page = built.html.read_text()
    for name in ("summary.md", "card.png", "cells.csv", "summary.json"):
        (packed,) = re.findall(rf'href="data:[^,"]*;base64,([^"]*)" download="{name}"', page)
        assert base64.b64decode(packed) == (tmp_path / "out" / name).read_bytes()


def test_a_large_file_is_named_instead(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_bytes(b"x" * (files.INLINE_BYTES + 1))
    assert [(offer.name, offer.address) for offer in files.offers(tmp_path)] == [
        ("cells.csv", "cells.csv")
    ]
