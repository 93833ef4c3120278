"""The device check: how its minutes are divided, what it says of lies, and the page it leaves."""

import contextlib
import gzip
import importlib
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from bench.environments import interpreters
from bench.schema import Machine
from scripts.device_check import agreement, child, packages, places, table
from scripts.device_check.agreement import Agreement
from scripts.device_check.figures import Done, Figures
from scripts.device_check.folder import Folder
from scripts.device_check.plan import ENDING_S, LeftOut, Part, Plan
from scripts.device_check.verdicts import Cell
from suites.errors import UserError
from tests.helpers.patience import PATIENT_S

# --- the plan -------------------------------------------------------------------------------

TIMERS, HONEST, LIED = Part("timers", 0.1, 10), Part("honest", 0.5, 30), Part("lies", 0.4, 30)


class Clock:
    """Goes on whenever it is looked at, as real ones do."""

    now_s = 1000.0

    def __call__(self):
        self.now_s += 1e-9
        return self.now_s


def done(minutes, takes=lambda given_s: given_s, parts=(TIMERS, HONEST, LIED)):
    """Seconds of each part, of a check whose parts take so long of what they are given."""
    clock, found = Clock(), {}
    plan = Plan(minutes, [], clock)
    plan.add(parts)
    for part in parts:
        found[part.name] = plan.seconds(part)
        clock.now_s += takes(found[part.name] or 0.0)
    return found, plan


def test_parts_get_their_shares():
    found, plan = done(10)
    assert found["timers"] == pytest.approx(58.5)
    assert found["honest"] == pytest.approx(292.5)
    assert found["lies"] == pytest.approx(234)
    assert plan.left_out == []


def test_what_one_part_leaves_the_next_ones_get():
    found, _ = done(10, takes=lambda given_s: 1.0)
    assert found["lies"] == pytest.approx(600 - ENDING_S - 2)


def test_short_minutes_go_to_the_first_parts_and_the_rest_is_named():
    found, plan = done(1)
    assert found == {"timers": 10, "honest": 30, "lies": None}
    assert plan.left_out == [LeftOut("lies", "5 s were left, it needs at least 30 s")]


def test_the_last_part_gets_all_that_is_left():
    found, _ = done(1, parts=(HONEST,))
    assert found["honest"] == pytest.approx(60 - ENDING_S)


def test_the_last_part_fits_whatever_is_left():
    """(s * 0.45) / 0.45 is more than s for one in a hundred of these: more than there was."""
    alone = Part("lies", 0.45, 30)
    for hundredths in range(100, 1000):
        found, plan = done(hundredths / 100, parts=(alone,))
        assert found["lies"] == pytest.approx(60 * hundredths / 100 - ENDING_S), plan.left_out


def test_a_part_that_overran_costs_the_later_ones_alone():
    found, plan = done(5, takes=lambda given_s: 1000.0)
    assert found["timers"] is not None
    assert [each.name for each in plan.left_out] == ["honest", "lies"]


# --- timers ---------------------------------------------------------------------------------

LINE: dict[str, Any] = {
    "framework": "torch",
    "device": "cpu",
    "order": 256,
    "timer": "t",
    "ours_s": 1.0,
    "theirs_s": 2.0,
    "ratio": 0.5,
    "low": 0.4,
    "high": 0.6,
    "turns": 3,
}


def test_lines_of_another_program_are_read_with_care(tmp_path):
    path = tmp_path / "lines"
    assert agreement.read(path) == []
    bad = ["{", "[]", json.dumps({**LINE, "ours_s": -1}), json.dumps({**LINE, "timer": "t" * 81})]
    path.write_text("\n".join([*bad, json.dumps(LINE), json.dumps(LINE)[:20]]))
    assert agreement.read(path) == [Agreement(**LINE)]


@pytest.mark.parametrize(
    ("changed", "count"),
    [({}, 1), ({"high": 1.0}, 0), ({"low": 1.2, "high": 1.3}, 1), ({"timer": "CUDA events"}, 0)],
)
def test_only_what_differs_in_every_turn_is_to_be_looked_at(changed, count):
    assert len(agreement.apart([Agreement(**{**LINE, **changed})])) == count


# --- what it leaves -------------------------------------------------------------------------


def cell(status="ok", case="matmul/square/64", lie="never_waits", device="cuda:0", **others):
    return Cell(
        part="lies-torch",
        contender=lie or "torch",
        device=device,
        device_name="GPU",
        case=case,
        status=status,
        lie=lie,
        **others,
    )


def figures(**others):
    return Figures(
        begun_at="2026-11-29T00:00:00+00:00",
        minutes=8,
        version="0.1.0",
        commit=None,
        machine=Machine(label="A machine", system="Linux"),
        **others,
    )


def test_the_page_says_what_there_is_to_look_at():
    honest = cell("wrong", lie=None, reason="rows is off")
    missed = cell(time_s=0.5, share=0.5, verdict="missed")
    late = cell("no time", lie=None, case="cnn/x/1")
    page = table.render(
        figures(
            cells=[honest, missed, late],
            agreement=[Agreement(**LINE)],
            parts=[Done(name="honest", given_s=10, took_s=9, ended="exit code 2: see log.txt")],
            left_out=[LeftOut("lies-jax", "5 s were left, it needs at least 30 s")],
        )
    )
    for line in (
        "- honest, and called wrong: torch on cuda:0 in matmul/square/64 (rows is off)",
        "- a lie that was not found: never_waits on cuda:0 in matmul/square/64",
        "- our time of a product of order 256 is 0.50 times that of t (torch on cpu)",
        "- honest: exit code 2: see log.txt",
        "| torch | cuda:0 | never waits for the device |  |  | 1 |  |  |  |",
        "- lies-jax: 5 s were left, it needs at least 30 s",
        "- lies-torch: 1 of 3 cells: cnn 1",
    ):
        assert line in page.splitlines()


def test_a_page_without_troubles_counts_what_was_seen():
    right = cell(lie=None, time_s=1e-3)
    page = table.render(figures(cells=[right, cell("untimed", verdict="found")]))
    assert "Nothing. Honest cells that were verified: 1, none of them accused." in page
    assert "Cells in which a lie was found: 1, missed in none." in page


def test_a_page_of_nothing_is_one_too():
    assert "nothing measured" in table.render(figures())


def test_names_from_outside_are_shown_as_text():
    page = table.render(figures(cells=[cell(lie=None, device="<b>|\n# x", status="wrong")]))
    assert "<b>" not in page.replace("\\<b", "")
    assert "\n# x" not in page


def test_records_are_kept_compressed_and_nothing_else(tmp_path):
    folder = Folder(tmp_path / "out")
    records = folder.running("honest") / "adapters" / "x.py"
    records.parent.mkdir(parents=True)
    assert folder.keep("honest") is None
    run = folder.running("honest") / "20260101-000000-aaaa" / "records.jsonl"
    run.parent.mkdir()
    run.write_text("a line\n")
    kept = folder.keep("honest")
    assert gzip.decompress(kept.read_bytes()) == b"a line\n"
    assert [path.name for path in folder.path.iterdir()] == ["honest.jsonl.gz"]


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(UserError, match="new or empty folder"):
        Folder(tmp_path)


def test_what_is_left_names_nobodys_home(monkeypatch):
    def refuse(path, facts, environment):
        raise interpreters.NotUsable(f"run `{Path.home()}/python -m pip install {facts.name}`")

    monkeypatch.setattr(interpreters, "find", refuse)
    _, absent = places.named({})
    assert all(each.reason.startswith("run `~/python") for each in absent)


# --- programs -------------------------------------------------------------------------------


def test_a_program_that_takes_too_long_is_ended(tmp_path):
    log = tmp_path / "log"
    waits = "import time; print('begun', flush=True); time.sleep(600)"
    assert child.run([sys.executable, "-c", waits], log, 1.0) is None
    assert child.run([sys.executable, "-c", "raise SystemExit(3)"], log, 60.0) == 3


def test_a_python_without_the_packages_is_told_which(monkeypatch):
    monkeypatch.setattr(packages, "missing", lambda: ["rich", "pandas"])
    assert "lacks rich, pandas" in packages.refusal((3, 12))
    assert "rich==" in packages.refusal((3, 12))
    assert "this is Python 3.9" in packages.refusal((3, 9))
    monkeypatch.undo()
    assert packages.refusal((3, 11)) == ""


def closure(names):
    """The distributions, with all that they require."""
    found, left = set(), list(names)
    while left:
        name = left.pop().lower().replace("_", "-")
        if name in found:
            continue
        found.add(name)
        with contextlib.suppress(metadata.PackageNotFoundError):
            needs = [each for each in metadata.requires(name) or () if "extra ==" not in each]
            left += [re.match(r"[A-Za-z0-9._-]+", each)[0] for each in needs]
    return found


def test_what_it_needs_is_pinned_and_all_that_it_imports():
    """In a process in which no package can be imported that none of these brings along."""
    assert len(packages.pins(packages.NEEDED)) == len(packages.NEEDED)
    kept = closure(packages.NEEDED)
    blocked = {
        top
        for top, names in metadata.packages_distributions().items()
        if not {name.lower().replace("_", "-") for name in names} & kept
    }
    assert {"matplotlib", "typer", "jinja2"} <= blocked
    code = f"""
import sys
sys.modules.update(dict.fromkeys({blocked!r}))
from scripts.device_check import command, measure
command.machine.describe([])
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENT_S)


def test_the_first_module_loads_before_any_package_is_there():
    module = importlib.import_module("scripts.device_check.packages")
    source = module.__file__
    subprocess.run([sys.executable, "-I", "-S", source], check=True, timeout=PATIENT_S)
