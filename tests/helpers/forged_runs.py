"""Files that people might send who did not do what they say, and the store that they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from bench.schema import End, Record, Slice
from bench.trust import challenge, signing, vouching
from bench.trust.challenge import Challenge
from reports.trust import evidence, tiers
from reports.trust.evidence import Evidence
from reports.trust.kin import Kin
from reports.trust.tiers import Tier
from tests.helpers import builders, sent_runs
from tests.helpers.sent_runs import MACHINE, OTHER, THIRD, edited, headed, scaled

FOURTH = structs.replace(MACHINE, label="a cluster's node", cores_physical=1)


@dataclass
class World:
    """A store with three honest runs, and what is needed to send more."""

    folder: Path
    keys: dict[str, Path] = field(default_factory=dict)
    sent: dict[str, Evidence] = field(default_factory=dict)
    count: int = 0

    @property
    def signers(self) -> Path:
        return self.folder / "signers"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def write(self, lines: list[Record]) -> Path:
        self.count += 1
        return builders.write(self.folder / f"{self.count}" / "records.jsonl", lines)

    def sign(self, path: Path, who: str, use: str = signing.RUNS) -> bytes:
        return signing.sign([path.read_bytes()], self.keys[who], use)

    def look(
        self,
        path: Path,
        signature: bytes | None = None,
        work: bytes | None = None,
        named: str = "",
        received_at: str = "2026-11-28T00:00:00+00:00",
    ) -> Evidence:
        own = evidence.of_file(path)
        return evidence.of_file(
            path,
            named=named or own.sha256,
            signatures=[signature] if signature else [],
            works=[work] if work else [],
            signers=self.signers,
            received_at=received_at,
        )

    def tier(self, run: Evidence, *others: Evidence) -> Tier:
        """Of one that comes into this store, after others."""
        return tiers.of(run, Kin([*self.sent.values(), *others, run]))


def world(folder: Path) -> World:
    """With three runs, all honest: alice's is signed, and carol asked for it."""
    made = World(folder)
    made.cache.mkdir()
    for name in ("alice", "bob", "carol", "mallory"):
        made.keys[name] = sent_runs.key(made.folder, name)
    sent_runs.listed(made.signers, made.keys["alice"], made.keys["carol"])
    only = f'namespaces="{signing.RUNS}"'
    sent_runs.listed(made.signers, made.keys["bob"], options=only)
    asked = question(made, "alice")
    lines = sent_runs.honest(made.cache, seed=asked.seed, luck=1)
    path = made.write(lines)
    first = made.look(path)
    word = vouching.vouch(first.sha256, asked, [cell(first)], made.keys["carol"])
    signature = made.sign(path, "alice")
    made.sent["alice"] = made.look(path, signature, word, received_at="2026-11-21T00:00:00+00:00")
    for name, machine, luck, speed in (("b", OTHER, 2, 1.1), ("c", THIRD, 3, 0.9)):
        path = made.write(
            sent_runs.honest(
                made.cache, name=f"run-{name}", machine=machine, luck=luck, speed=speed
            )
        )
        made.sent[name] = made.look(path, received_at="2026-11-22T00:00:00+00:00")
    return made


def question(world: World, whom: str = "") -> Challenge:
    of = sent_runs.fingerprint(world.keys[whom]) if whom else ""
    made = challenge.made(sent_runs.COMMIT, ["matmul"], "smoke", of)
    return structs.replace(made, asked_at="2026-11-20T10:00:00+00:00")


def cell(run: Evidence) -> tuple[str, str]:
    return run.figures[0].contender, run.figures[0].case


def lines(world: World, **options: object) -> list[Record]:
    """Of one more honest run, by a fourth machine of the same chip."""
    usual = {"name": "run-d", "machine": FOURTH, "luck": 4}
    return sent_runs.honest(world.cache, **{**usual, **options})  # type: ignore[arg-type]


def alices(world: World) -> list[Record]:
    (asked,) = world.sent["alice"].words
    assert asked.statement
    return sent_runs.honest(world.cache, seed=asked.statement.question.seed, luck=1)


Forged = tuple[Evidence, str, str]
"""The run as it arrives, the word it deserves, and what its reason must say."""


def edited_in_place(world: World) -> Forged:
    path = world.write(edited(alices(world), scaled(0.5)))
    return world.look(path, named=world.sent["alice"].sha256), "valid", "its name says"


def copied_signature(world: World) -> Forged:
    first = world.write(alices(world))
    path = world.write(edited(alices(world), scaled(0.9)))
    run = world.look(path, world.sign(first, "alice"))
    return run, "intact", "another file of the same run has other samples"


def scaled_copy(world: World) -> Forged:
    path = world.write(headed(edited(alices(world), scaled(0.8)), run="run-new"))
    return world.look(path), "intact", "the samples of another run"


def other_label(world: World) -> Forged:
    path = world.write(headed(alices(world), run="run-new", machine=FOURTH))
    return world.look(path), "intact", "one is a copy"


def scaled_under_another_label(world: World) -> Forged:
    made = headed(edited(alices(world), scaled(1.01)), run="run-new", machine=FOURTH)
    return world.look(world.write(made)), "intact", "one is a copy"


def copy_signed_by_its_thief(world: World) -> Forged:
    path = world.write(headed(alices(world), run="run-new", machine=FOURTH))
    return world.look(path, world.sign(path, "mallory")), "intact", "one is a copy"


def earlier_copy_of_a_signed_run(world: World) -> Forged:
    path = world.write(headed(alices(world), run="run-new", machine=FOURTH))
    run = world.look(path, received_at="2020-01-01T00:00:00+00:00")
    return run, "intact", "one is a copy"


def five_times_as_fast(world: World) -> Forged:
    run = world.look(world.write(lines(world, speed=4.6)))
    return run, "intact", "faster than others on this chip"


def a_rival_made_slow(world: World) -> Forged:
    run = world.look(world.write(lines(world, speed=0.05)))
    return run, "intact", "slower than others on this chip"


def samples_halved(world: World) -> Forged:
    def change(taken: Slice) -> Slice:
        return structs.replace(taken, samples_s=tuple(each / 2 for each in taken.samples_s))

    run = world.look(world.write(edited(lines(world), change)))
    return run, "intact", "a check says otherwise"


def samples_made_longer(world: World) -> Forged:
    def change(taken: Slice) -> Slice:
        return structs.replace(taken, samples_s=tuple(each * 3 for each in taken.samples_s))

    run = world.look(world.write(edited(lines(world), change)))
    return run, "intact", "within a slice of"


def slow_slices_left_out(world: World) -> Forged:
    kept = [one for one in lines(world) if not (isinstance(one, Slice) and one.round == 3)]
    return world.look(world.write(kept)), "intact", "by its own count"


def slices_of_two_runs(world: World) -> Forged:
    def change(taken: Slice) -> Slice:
        return structs.replace(taken, at_s=(taken.at_s or 0.0) / 4)

    run = world.look(world.write(edited(lines(world), change)))
    return run, "intact", "before the one before was over"


def an_end_too_early(world: World) -> Forged:
    made = [End(at_s=2.0) if isinstance(one, End) else one for one in lines(world)]
    return world.look(world.write(made)), "intact", "it ended after 2 s"


def a_clock_that_runs_ahead(world: World) -> Forged:
    def change(taken: Slice) -> Slice:
        return structs.replace(taken, host_s=(taken.host_s or 0.0) * 0.9)

    run = world.look(world.write(edited(lines(world), change)))
    return run, "intact", "a clock 1"


def no_numbers(world: World) -> Forged:
    path = world.write(lines(world))
    text = path.read_text()
    path.write_text(text.replace('"samples_s":[', '"samples_s":[NaN,', 1))
    return world.look(path), "not valid", "1 line refused"


def absurd_numbers(world: World) -> Forged:
    path = world.write(lines(world))
    text = path.read_text()
    path.write_text(text.replace('"samples_s":[', '"samples_s":[1e-300,-1,', 1))
    return world.look(path), "not valid", "1 line refused"


def two_runs_in_one_file(world: World) -> Forged:
    path = world.write([*lines(world), *alices(world)])
    return world.look(path), "not valid", "another run begins"


def invalid_and_signed(world: World) -> Forged:
    path = world.write(lines(world))
    path.write_text(path.read_text() + "{}\n")
    return world.look(path, world.sign(path, "alice")), "not valid", "refused"


FORGED: tuple[Callable[[World], Forged], ...] = (
    edited_in_place,
    copied_signature,
    scaled_copy,
    other_label,
    scaled_under_another_label,
    copy_signed_by_its_thief,
    earlier_copy_of_a_signed_run,
    five_times_as_fast,
    a_rival_made_slow,
    samples_halved,
    samples_made_longer,
    slow_slices_left_out,
    slices_of_two_runs,
    an_end_too_early,
    a_clock_that_runs_ahead,
    no_numbers,
    absurd_numbers,
    two_runs_in_one_file,
    invalid_and_signed,
)
