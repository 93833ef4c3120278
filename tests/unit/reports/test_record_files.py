"""Which files a path names: a run, a folder of runs, a fleet with what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from bench.commands.store import push
from bench.fleet import hosts, note, plan
from bench.fleet.copies import Copy
from bench.records import NotRecords
from bench.schema import Run, Runtime
from reports import content
from reports.content import Content
from reports.findings import outcomes
from reports.frame import read
from reports.ingest.record_files import Lost, files, lost
from reports.trust import choosing
from tests.helpers import builders

MACHINES = hosts.machines("local:2")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The folder of one, in `results/fleets`, of which a machine was lost before its first record;
    beside it lie a run, and this machine's part of another's fleet."""
    begun = plan.begun(tmp_path / "results" / "fleets", MACHINES, plan.Options(suite="mlp,cnn"))
    lines = builders.ended(builders.run(builders.FIVE[:2], special=builders.no_special))
    part = tmp_path / "results" / plan.place_there(begun.fleet, "x").relative_to("results")
    for folder in (
        begun.place("slot-1", "mlp"),
        part / "mlp" / "20990101-000000-abcd",
        tmp_path / "results" / "20990101-000000-abcd",
    ):
        builders.write(folder / "records.jsonl", lines)
    return begun.folder


def made(paths: list[Path]) -> Content:
    return content.make(read(paths))


def test_a_fleet_is_named_by_its_folder(fleet: Path) -> None:
    ((path, named),) = files([fleet])
    assert path == (fleet / "slot-1" / "mlp" / "records.jsonl").resolve()
    assert not named


def test_fleets_beside_runs_are_passed_over(fleet: Path) -> None:
    results = fleet.parent.parent
    (results / "other").mkdir()
    ((path, _),) = files([results / name for name in ("20990101-000000-abcd", "fleets")])
    assert path.parent.name == "20990101-000000-abcd"
    with pytest.raises(NotRecords, match="other holds no records"):
        list(files(sorted(results.iterdir())))


def test_a_folder_beside_runs_that_is_named_alone_says_what_to_name(fleet: Path) -> None:
    results = fleet.parent.parent
    (results / "history" / "machine_id=000000000000").mkdir(parents=True)
    with pytest.raises(NotRecords, match=f"holds fleets, not runs.*{fleet.name}"):
        read([fleet.parent], published=True)
    with pytest.raises(NotRecords, match=r"parts of others' fleets.*/mlp") as told:
        list(files([results / "of-fleets"]))
    assert [*files([Path(str(told.value).rpartition("as in ")[2])])]
    with pytest.raises(NotRecords, match="is a history"):
        choosing.choose([results / "history"], "valid", None)
    with pytest.raises(NotRecords, match="holds fleets"):
        push.run(str(results / "store"), [fleet.parent, results / "history"], unfinished=False)


def test_what_a_fleet_has_no_record_of_stands_in_its_report(fleet: Path) -> None:
    assert [*lost([fleet])] == [Lost("slot-1", ("cnn",)), Lost("slot-2", ("mlp", "cnn"))]
    (finding,) = (f for f in made([fleet]).findings if "no record" in f.what)
    assert finding.where == "slot-1 (cnn), slot-2 (mlp, cnn)"
    assert "RESUME=yes" in finding.action
    assert not [f for f in made([fleet / "slot-1" / "mlp"]).findings if "no record" in f.what]


@pytest.mark.parametrize(
    "damaged",
    [
        "{",
        '{"format":1,"fleet":"f","commit":null,"machines":{"../x":{"suites":["mlp"],"flags":{}}}}',
    ],
)
def test_a_note_that_is_none_is_passed_over(fleet: Path, damaged: str) -> None:
    (fleet / note.FILE).write_text(damaged, encoding="utf-8")
    assert not [*lost([fleet])]
    assert len([*files([fleet])]) == 1


def test_what_a_fleet_did_not_finish_goes_on_by_the_fleets_own_command(fleet: Path) -> None:
    begun = [line for line in builders.run() if isinstance(line, Run | Runtime)]
    asked = structs.replace(begun[0], arguments=("run", "--suite=cnn", "--records-only"))
    path = builders.write(fleet / "slot-1" / "cnn" / "records.jsonl", [asked, *begun[1:]])
    (unfinished,) = (f for f in made([path]).findings if f.severity == "unfinished")
    assert (unfinished.command, "RESUME=yes" in unfinished.action) == ("", True)
    copy = Copy(path.parent)
    assert copy.lose("gone")
    failed = [f for f in made([path]).findings if f.severity == "failed"]
    assert failed
    assert {(f.command, f.action) for f in failed} == {("", outcomes.GO_ON)}
