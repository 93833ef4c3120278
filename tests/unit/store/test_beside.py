"""What stands beside a run in a store: each under its key, bounded, and by the store's clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.store import beside, layout, objects
from bench.store.faults import StoreFault
from bench.store.places import Place
from bench.trust import sidecars

ALICE, BOB = "a" * 64, "b" * 64


def test_each_key_has_its_own(place: Place, run_file: Path) -> None:
    sha256 = objects.push(place, run_file).entry.sha256
    assert beside.fetch(place, beside.found(place, [sha256]).values()) == [{}]
    for key, content in ((BOB, b"bob's"), (ALICE, b"alice's"), (BOB, b"bob's")):
        beside.put(place, sha256, ".sig", key, content)
    beside.put(place, sha256, ".work.json", ALICE, b"{}")
    known = beside.found(place, [sha256, "0" * 64], frozenset([ALICE]))
    assert beside.fetch(place, known.values()) == [
        {".sig": [b"alice's", b"bob's"], ".work.json": [b"{}"]},
        {},
    ]
    assert known[sha256].received_at.startswith("20") and not known["0" * 64].received_at
    assert beside.found(place, [f"{n:02x}" + "0" * 62 for n in range(99)])  # all of it at once


def test_of_many_those_of_the_list_are_among_the_few_that_are_looked_at(place: Place) -> None:
    sha256 = "c" * 64
    for number in range(sidecars.MOST + 3):
        beside.put(place, sha256, ".sig", f"{number:064x}", b"%d" % number)
    beside.put(place, sha256, ".sig", ALICE, b"alice's")
    found = beside.found(place, [sha256], frozenset([ALICE]))[sha256]
    assert len(found.names(".sig")) == sidecars.MOST
    assert found.names(".sig")[0] == layout.sidecar(sha256, ALICE, ".sig")


def test_what_is_too_long_or_of_an_older_layout_is_none(place: Place) -> None:
    sha256 = "c" * 64
    with pytest.raises(StoreFault, match="at most"):
        beside.put(place, sha256, ".sig", ALICE, bytes(2**14 + 1))
    place.put(layout.sidecar(sha256, ALICE, ".sig"), bytes(2**14 + 1))
    place.put(f"{layout.RUNS}/cc/{sha256}.sig", b"of an older layout")
    assert beside.fetch(place, beside.found(place, [sha256]).values()) == [{}]
