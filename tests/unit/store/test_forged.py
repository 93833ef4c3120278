"""Tables that somebody changed who can write to a store, hashes and index with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from msgspec import structs

from bench.commands import query
from bench.store import layout, places
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store import bounded, index
from reports.store.index import Index
from reports.store.schema import NAMES, Table
from reports.store.tables import checking, compaction
from scripts.synthetic_store import runs
from scripts.synthetic_store.runs import Size
from suites.errors import UserError
from tests.helpers import forged
from tests.helpers.forged import put, scaled

SMALL = Size(contenders=3, cases=1, rounds=6, samples=2)

Change = Callable[[pa.Table], pa.Table]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store that nobody changed."""
    folder = tmp_path_factory.mktemp("honest")
    place = places.at(str(folder))
    runs.fill(place, 1, 1, size=SMALL)
    compaction.compact(place, now=datetime(2026, 12, 1, tzinfo=UTC))
    return folder


@pytest.fixture
def store(honest: Path, tmp_path: Path) -> Place:
    """A run in its tables, and nothing else."""
    return places.at(str(shutil.copytree(honest, tmp_path / "store")))


def told(place: Place) -> str:
    return "\n".join(f"{damage.what} {damage.cure}" for damage in checking.check(place))


def test_rows_are_held_against_the_records(store: Place) -> None:
    (month,) = index.months(store)
    changes: tuple[tuple[Table, Change], ...] = (
        ("cells", scaled("time_s", 1e-3)),
        ("ratios", scaled("ratio", 2.0)),
        ("machines", put("machine", pa.array(["Another"]))),
        ("cells", lambda found: found.slice(1)),
    )
    for name, change in changes:
        kept = store.get(layout.index(month), index.MAX_BYTES)
        forged.table(store, name, change)
        found = told(store)
        assert f"the tables of {month} say something else of run " in found
        assert f"than its records ({name}): somebody changed them" in found
        assert f"Delete {layout.index(month)}" in found
        store.put(layout.index(month), kept)
    assert told(store) == ""


def test_an_index_that_names_a_run_without_a_row_of_it_hides_none(store: Place) -> None:
    forged.table(store, "machines", lambda found: found.slice(0, 0))
    refused(store, "lacks a table or the row of a run")


def test_the_last_digits_are_another_processors(store: Place) -> None:
    forged.table(store, "cells", scaled("time_s", 1 + 1e-13))
    assert told(store) == ""


def test_rows_of_a_run_that_the_index_does_not_name_are_told(store: Place) -> None:
    forged.table(store, "cells", put("sha256", pa.array(["0" * 64] * 3)))
    assert f"have rows of run '{'0' * 64}', which is not in their index" in told(store)


def no_column(found: pa.Table) -> pa.Table:
    return found.drop_columns(["received_at"])


def unknown_moment(found: pa.Table) -> pa.Table:
    nothing = pa.nulls(len(found), found.schema.field("received_at").type)
    return put("received_at", nothing)(found)


@pytest.mark.parametrize(
    "change", [no_column, unknown_moment, put("received_at", pa.array(["yesterday"]))]
)
def test_columns_of_another_kind_are_refused_with_the_cure(store: Place, change: Change) -> None:
    forged.table(store, "machines", change)
    refused(store, "its columns are not those of machines")


def refused(store: Place, why: str) -> None:
    (month,) = index.months(store)
    with pytest.raises(StoreFault) as raised:
        query.run("select * from machines", store.root, "", None)
    assert why in str(raised.value)
    assert layout.index(month) in str(raised.value)
    assert "Delete" in str(raised.value)
    assert why in told(store)


def test_what_is_no_parquet_is_refused_with_the_cure(store: Place) -> None:
    forged.file(store, "machines", lambda content: b"PAR1" + b"x" * 40 + b"PAR1")
    refused(store, "cannot be used")


@pytest.mark.parametrize("name", NAMES)
def test_damage_within_a_file_is_no_traceback(store: Place, name: Table) -> None:
    def spoilt(content: bytes) -> bytes:
        return content[:4] + bytes(200) + content[204:]

    forged.file(store, name, spoilt)
    if index.read(store, *index.months(store)).parts[0].files[name].rows:
        assert told(store)
        with pytest.raises(UserError):
            query.run(f"select * from {name}", store.root, "", None)


def test_another_number_of_rows_than_the_index_says_is_refused(store: Place) -> None:
    (month,) = index.months(store)
    (part,) = index.read(store, month).parts
    file = structs.replace(part.files["cells"], rows=4)
    index.write(
        store, month, Index(parts=(structs.replace(part, files=part.files | {"cells": file}),))
    )
    refused(store, "it has 3 rows, its index says 4")


def long(found: pa.Table) -> pa.Table:
    """Each text of a column 1 MiB long, and stored once."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * len(found)), pa.array(["x" * 2**20]))
    return put("machine", texts)(found)


def test_what_unpacks_to_far_more_than_it_has_is_not_read(
    store: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged.table(store, "cells", lambda found: long(pa.concat_tables([found] * 3)))
    (month,) = index.months(store)
    (part,) = index.read(store, month).parts
    assert part.files["cells"].bytes < 2**16
    assert told(store).count("cannot be used") == 1
    assert f"a text of it has {2**20} bytes" in told(store)
    monkeypatch.setattr(bounded, "MEMORY", "1MB")
    assert "cannot be used" in told(store)
    assert f"{2**20} bytes" not in told(store)
