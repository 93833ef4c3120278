"""Records made before definitions had a hash of their meaning: the same work is found the same."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from msgspec import structs

from bench import older_records, records
from bench.older_records import in_todays_terms
from bench.schema import Case, Record, Run
from suites import catalog
from suites.workload import definition_hash, facts_of
from tests.helpers import builders
from tests.helpers.comparisons import JAX, told, verdicts
from tests.helpers.comparisons import records as written

DATA = Path(__file__).parent.parent / "data"

CHANGED: set[str] = set()
"""Cases whose definition has since changed, so that nothing older compares with them."""

FACTS = ("work_kind", "size_of", "convolutions", "host_work")

OLD = {work.case: hash_ for hash_, work in older_records.known().items()}


def older(case: Case, **values: object) -> Case:
    """The case as it was recorded before; `mlp` has two such hashes, of which this is one."""
    unknown = dict.fromkeys(FACTS)
    return structs.replace(case, definition_sha256=OLD[case.case], **(unknown | values))


def made_before(lines: list[Record]) -> list[Record]:
    head, *rest = lines
    assert isinstance(head, Run)
    return [structs.replace(head, cases=tuple(map(older, head.cases))), *rest]


def test_every_older_hash_leads_to_the_definition_that_is_pinned() -> None:
    pinned = json.loads((DATA / "definitions.json").read_text(encoding="utf-8"))["hashes"]
    for hash_, work in older_records.known().items():
        assert hash_ not in pinned.values()
        assert work.case in CHANGED or work.definition_sha256 == pinned[work.case]


def test_facts_of_older_cases_are_those_of_their_workloads() -> None:
    works = {w.case: w for suite in catalog.NAMES for w in catalog.cases(suite, "full")}
    for work in older_records.known().values():
        if work.case in CHANGED:
            continue
        facts = facts_of(works[work.case])
        assert {name: getattr(work, name) for name in FACTS} == {
            name: getattr(facts, name) for name in FACTS
        }


def test_the_older_hash_is_that_of_the_printed_description() -> None:
    printed = (
        "Product(suite='matmul', name='square', m=256, k=256, n=256, generated=False)",
        "Product(suite='hackintosh', name='with_generation', m=1, k=100, n=1, generated=True)",
    )
    cases = [older_records.known()[hashlib.sha256(text.encode()).hexdigest()] for text in printed]
    assert [work.case for work in cases] == [
        "matmul/square/256",
        "hackintosh/with_generation/100",
    ]


def test_built_in_cases_get_todays_hash_and_their_facts(tmp_path: Path) -> None:
    lines = builders.run([JAX])
    path = builders.write(tmp_path / "records.jsonl", made_before(lines))
    assert records.read(path).records == tuple(lines)
    assert records.head(path) == lines[0]


@pytest.mark.parametrize("path", sorted((DATA / "records").glob("*.jsonl*")), ids=lambda p: p.name)
def test_real_records_of_every_schema_are_of_todays_works(path: Path) -> None:
    head = records.read(path).records[0]
    assert isinstance(head, Run)
    today = {
        work.case: definition_hash(work)
        for suite in catalog.NAMES
        for work in catalog.cases(suite, "full")
    }
    assert all(case.definition_sha256 == today[case.case] for case in head.cases)
    assert all(getattr(case, name) is not None for case in head.cases for name in FACTS)


def test_what_is_not_known_stays_as_it_is() -> None:
    head = builders.run([JAX])[0]
    assert isinstance(head, Run)
    first = head.cases[0]
    strange = (
        structs.replace(first, definition_sha256="f" * 64),
        structs.replace(first, case="mine/square/64", definition_sha256=OLD[first.case]),
    )
    run = structs.replace(head, cases=strange)
    assert in_todays_terms(run) is run
    assert in_todays_terms(head) is head


def test_what_a_record_says_of_a_case_is_kept() -> None:
    head = builders.run([JAX])[0]
    assert isinstance(head, Run)
    told = older(head.cases[0], size_of="rows", convolutions=True)
    (case,) = in_todays_terms(structs.replace(head, cases=(told,))).cases
    assert (case.size_of, case.convolutions, case.host_work) == ("rows", True, False)


def test_a_run_made_before_compares_with_one_made_after(tmp_path: Path) -> None:
    lines = builders.run([JAX], name="20261121-101500-bbbb")
    before = written(tmp_path, made_before(builders.run([JAX])), "a")
    found = told(str(before), str(written(tmp_path, lines, "b")))
    assert len(verdicts(found)) == len(builders.run([JAX])[0].cases)
    assert found["excluded"] == []


def test_another_size_is_other_work_before_and_after(tmp_path: Path) -> None:
    """Under the name of one size, the older hash of another."""
    lines = builders.run([JAX])
    head, *rest = made_before(lines)
    assert isinstance(head, Run)
    first, second, *others = head.cases
    wrong = structs.replace(first, definition_sha256=second.definition_sha256)
    before = [structs.replace(head, cases=(wrong, second, *others)), *rest]
    after = builders.run([JAX], name="20261121-101500-bbbb")
    found = told(str(written(tmp_path, before, "a")), str(written(tmp_path, after, "b")))
    assert first.case not in verdicts(found)
    assert second.case in verdicts(found)
    assert "did different work" in found["excluded"][0]["why"]
