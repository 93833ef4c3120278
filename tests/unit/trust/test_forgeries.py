"""What people might send who were not where they say, or did not do what they say: each is told as
what it is shown to be, no more; so are those who were honest, and no less."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs

from bench.records import NotRecords
from bench.trust import signing, vouching
from reports.trust import evidence, tiers
from reports.trust.kin import MOST, Kin
from reports.trust.tiers import Tier
from tests.helpers import forged_runs, impossible_runs
from tests.helpers.forged_runs import FOURTH, Forged, World, cell, lines, question
from tests.helpers.sent_runs import THIRD

FORGED = (*forged_runs.FORGED, *impossible_runs.FORGED)

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return forged_runs.world(tmp_path_factory.mktemp("store"))


def outcomes(tier: Tier) -> dict[str, str]:
    return {mark.check: mark.outcome for mark in tier.marks}


# --- honest ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "b", "c"])
def test_honest_runs_pass_what_they_can(world: World, who: str) -> None:
    tier = world.tier(world.sent[who])
    assert tier.word == "confirmed" and tier.against is None
    assert outcomes(tier)["signed"] == ("passed" if who == "alice" else "not shown")
    assert outcomes(tier)["worked"] == ("passed" if who == "alice" else "not shown")


def test_one_more_honest_run_is_confirmed_and_meets_what_it_shows(world: World) -> None:
    tier = world.tier(world.look(world.write(lines(world))))
    assert tier.meets("confirmed") and tier.meets("plausible") and not tier.meets("signed")
    assert tier.why_not("signed") == "not shown to be signed: it has no signature"


def test_an_honest_run_that_nobody_can_confirm_is_plausible(world: World) -> None:
    alone = structs.replace(FOURTH, cpu="Another CPU")
    assert world.tier(world.look(world.write(lines(world, machine=alone)))).word == "plausible"


def test_a_run_that_was_sent_before_it_was_finished_is_no_forgery(world: World) -> None:
    whole = lines(world)
    part = world.look(world.write(whole[:20]))
    assert world.tier(world.look(world.write(whole)), part).word == "confirmed"


def test_results_looked_at_by_the_asker_are_told_apart(world: World) -> None:
    run = world.sent["alice"]
    tier = world.tier(run)
    assert outcomes(tier.of(*cell(run)))["worked"] == "passed"
    other = run.figures[-1]
    assert outcomes(tier.of(other.contender, other.case))["worked"] == "not shown"


# --- forged ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGED, ids=lambda each: each.__name__)
def test_a_forged_file_gets_its_true_tier(world: World, forge: Callable[[World], Forged]) -> None:
    run, word, reason = forge(world)
    tier = world.tier(run)
    told = [tier.why_not(check) for check in tiers.CHECKS]
    assert tier.word == word, told
    assert any(reason in each for each in told), told
    assert not tier.meets("plausible") and not tier.meets("confirmed")


@pytest.mark.parametrize("forge", FORGED, ids=lambda each: each.__name__)
def test_a_forged_file_takes_nothing_from_honest_ones(
    world: World, forge: Callable[[World], Forged]
) -> None:
    run, _, _ = forge(world)
    for who, honest in world.sent.items():
        assert world.tier(honest, run).word == "confirmed", who


# --- forged signatures and askers' words ------------------------------------------------------


def test_a_signature_for_another_use_or_of_a_stranger_is_none(world: World) -> None:
    path = world.write(lines(world))
    for who, use in (("alice", "file"), ("mallory", signing.RUNS)):
        tier = world.tier(world.look(path, world.sign(path, who, use)))
        assert outcomes(tier)["signed"] == "not shown"
        assert tier.word == "confirmed"  # anybody may have put it there: it costs the run nothing


def words(world: World) -> Iterator[tuple[str, bytes, bytes | None, Path]]:
    """Askers' words that show nothing: why, the word, the run's signature, and the run."""
    asked = question(world)
    path = world.write(lines(world, seed=asked.seed))
    run, carols = world.look(path), world.keys["carol"]
    cells = [cell(run)]
    (known,) = world.sent["alice"].words
    assert known.statement
    theirs = known.statement.question
    yield (
        "another run",
        vouching.vouch(world.sent["alice"].sha256, theirs, cells, carols),
        None,
        path,
    )
    yield "another seed", vouching.vouch(run.sha256, theirs, cells, carols), None, path
    by = vouching.vouch(run.sha256, asked, cells, world.keys["mallory"])
    yield "vouches for it", by, None, path
    by = vouching.vouch(run.sha256, asked, cells, world.keys["bob"])
    yield "vouches for it", by, None, path  # whose key is listed for runs alone
    by = vouching.vouch(run.sha256, asked, cells, world.keys["alice"])
    yield "asked for it as well", by, world.sign(path, "alice"), path
    good = vouching.vouch(run.sha256, asked, cells, carols)
    seen = f'"{asked.nonce}'.encode().replace(b'"', b'\\"')
    assert seen in good
    yield (
        "does not fit",
        good.replace(seen, seen[:-1] + (b"1" if seen.endswith(b"0") else b"0")),
        None,
        path,
    )
    yield "is none", b"{}", None, path
    yield "is none", b"[" * 10**5, None, path
    of = question(world, "bob")
    path = world.write(lines(world, seed=of.seed))
    by = vouching.vouch(world.look(path).sha256, of, cells, carols)
    yield "was asked, and did not sign it", by, world.sign(path, "alice"), path


def test_a_forged_word_shows_no_work(world: World) -> None:
    count = 0
    for reason, work, signature, path in words(world):
        tier = world.tier(world.look(path, signature, work))
        assert reason in tier.why_not("worked"), tier.marks
        count += 1
    assert count == 9


# --- who confirms whom ------------------------------------------------------------------------


def test_nobody_confirms_himself(world: World) -> None:
    alone = structs.replace(FOURTH, cpu="Another CPU")
    first = world.write(lines(world, machine=alone, name="run-e", luck=5))
    second = world.write(lines(world, machine=alone, name="run-f", luck=6))
    one = world.look(first, world.sign(first, "alice"))
    unsigned = world.look(second)
    assert tiers.of(one, Kin([one, unsigned])).word == "plausible"
    assert tiers.of(unsigned, Kin([one, unsigned])).word == "plausible"
    other = world.write(lines(world, machine=THIRD, name="run-g", luck=7))
    under_another_label = world.look(other, world.sign(other, "alice"))
    assert not tiers.of(one, Kin([one, under_another_label])).meets("confirmed")


def test_many_without_a_key_outvote_no_key_of_the_list(world: World) -> None:
    first = world.write(lines(world, machine=THIRD, name="run-k", luck=20))
    second = world.write(lines(world, machine=FOURTH, name="run-l", luck=21))
    one = world.look(first, world.sign(first, "alice"))
    two = world.look(second, world.sign(second, "bob"))
    crowd = [
        world.look(world.write(lines(world, machine=each, name=f"run-{n}", luck=30 + n, speed=0.2)))
        for n, each in enumerate(structs.replace(THIRD, cores_physical=4 + n) for n in range(4))
    ]
    kin = Kin([one, two, *crowd])
    assert tiers.of(one, kin).word == tiers.of(two, kin).word == "confirmed"
    alone = tiers.of(world.look(first), Kin([world.look(first), *crowd]))
    assert alone.word == "intact" and alone.against is None  # nobody knows which of them is right


@pytest.mark.parametrize("first", ["crowd", "listed"])
def test_a_crowd_that_comes_first_takes_nothing_from_those_of_the_list(
    world: World, first: str
) -> None:
    """More of them than are kept, who agree with one another and name alice's machine too."""
    machines = [structs.replace(THIRD, memory_bytes=n * 2**30) for n in range(2, MOST + 2)]
    crowd = [
        world.look(world.write(lines(world, machine=each, name=f"run-{n}", luck=50 + n, speed=3)))
        for n, each in enumerate([THIRD, *machines])
    ]
    listed = []
    for who, machine in (("alice", THIRD), ("bob", FOURTH)):
        path = world.write(lines(world, machine=machine, name=f"run-{who}", luck=len(who)))
        listed.append(world.look(path, world.sign(path, who)))
    kin = Kin([*crowd, *listed] if first == "crowd" else [*listed, *crowd])
    assert [tiers.of(run, kin).word for run in listed] == ["confirmed"] * 2
    assert {tiers.of(run, kin).meets("confirmed") for run in crowd} == {False}


def test_a_file_that_is_none_is_refused(world: World, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"kind":"run","schema":99}\n')
    with pytest.raises(NotRecords):
        evidence.of_file(path)
