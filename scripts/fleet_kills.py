"""Kill the head and the workers of a fleet at random moments: is a record lost or doubled?

Three machines behind real ssh, in network namespaces of their own. After each kill the fleet goes
on with RESUME=yes; at the end each copy must be its machine's file, and begin with all that stood
in it after any kill. Root on Linux, with sshd.

.venv/dev/bin/python -m scripts.fleet_kills [KILLS [SEED]]
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
import psutil

from bench import records
from bench.environments.manager import CHECKOUT
from bench.fleet.note import LOST
from bench.fleet.plan import place_there
from bench.schema import Cell, End, Failed
from scripts import ssh_machines

NAMES = ("one", "two", "three")
SUITES = ("matmul", "mlp")
VICTIMS = ("head", "worker", "measurement", "ssh")

LATEST_S = 20.0
"""So many seconds after there is a victim at most it is hit."""

GIVE_UP_S = 900.0


def main(kills: int = 5, seed: int = 0) -> int:
    """Hit it so often, let it finish, and say what became of the records; 1 where one is amiss."""
    if why := ssh_machines.lacking():
        print(f"left out: {why}")
        return 1
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="fleet-kills-") as made:
        folder = Path(made)
        with ssh_machines.machines(folder, *NAMES) as settings:
            hosts = ssh_machines.hosts_file(
                folder / "fleet.toml", settings, folder / "locks", CHECKOUT
            )
            trial = Trial(hosts, folder / "out", str(folder / "locks"))
            for number in range(kills):
                if number % len(VICTIMS) == 0:
                    order = chance.sample(VICTIMS, len(VICTIMS))
                whom = order[number % len(VICTIMS)]
                print(f"kill {number + 1}: {trial.hit(whom, chance)}", flush=True)
            print(f"to its end: exit {trial.finish()}")
            wrong = trial.wrong()
    print("\n".join(wrong) or f"{kills} kills: no record lost or doubled, all suites finished")
    return 1 if wrong else 0


class Trial:
    """One fleet, begun and gone on with again and again."""

    def __init__(self, hosts: Path, out: Path, mark: str) -> None:
        self._hosts, self._out, self._mark = hosts, out, mark
        self._seen: dict[Path, list[bytes]] = {}

    def hit(self, whom: str, chance: random.Random) -> str:
        """Start it or go on with it, and kill one process; what was hit, and when.

        That there is one is waited for: the moment is a random one after it."""
        head, began = self._start(), time.monotonic()
        while head.poll() is None and not self._victim(head, whom, chance):
            time.sleep(0.2)
        there_s = time.monotonic()
        after_s = chance.uniform(0, LATEST_S)
        while head.poll() is None and time.monotonic() - there_s < after_s:
            time.sleep(0.1)
        victim = self._victim(head, whom, chance)
        if victim:
            with contextlib.suppress(psutil.Error):
                victim.kill()
        else:
            whom = f"nothing (no {whom} any more)"
        head.wait(GIVE_UP_S)
        self._until_all_have_gone()
        self._note()
        return f"{whom} after {time.monotonic() - began:.0f} s; {self._counted()}"

    def finish(self) -> int:
        """Let it come to its end."""
        return self._start().wait(GIVE_UP_S)

    def wrong(self) -> list[str]:
        """Sentences on what is lost, doubled or unfinished."""
        found = []
        for name in NAMES:
            for suite in SUITES:
                copies = list(self._out.glob(f"*/{name}/{suite}/records.jsonl"))
                if len(copies) != 1:
                    found.append(f"{name} {suite}: {len(copies)} copies. Expected one")
                    continue
                found += [f"{name} {suite}: {why}" for why in self._amiss(copies[0], name, suite)]
        return found

    def _amiss(self, copy: Path, name: str, suite: str) -> list[str]:
        content = copy.read_bytes()
        fleet = copy.parents[2].name
        place = CHECKOUT / place_there(fleet, name) / suite
        originals = list(place.glob("*/records.jsonl"))
        found = [] if len(originals) == 1 else [f"{len(originals)} runs on the machine"]
        if originals and originals[0].read_bytes() != content:
            found.append("the copy is not the machine's file")
        for path, lines in self._seen.items():
            same = path == copy or path in originals
            if same and content.splitlines(keepends=True)[: len(lines)] != lines:
                found.append(f"records that stood in {path} are no longer there")
        kept = [r for _, r in records.scan(copy) if not isinstance(r, records.RejectedLine)]
        cells = Counter((r.contender, r.case) for r in kept if isinstance(r, Cell))
        found += [f"{cell} is doubled" for cell, count in cells.items() if count > 1]
        if sum(isinstance(r, End) for r in kept) != 1:
            found.append("it is not at its end")
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        words = ["fleet", "--hosts", str(self._hosts), "--out", str(self._out)]
        words += ["--framework", "null,numpy", "--suite", ",".join(SUITES), "--device", "cpu"]
        words += ["--preset", "smoke", "--time", "10s"]
        words += ["--resume"] if self._out.exists() else []
        return subprocess.Popen(
            [CHECKOUT / "metalbench", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._hosts.parent / "said.log").open("ab"),
            start_new_session=True,
        )

    def _victim(
        self, head: subprocess.Popen[bytes], whom: str, chance: random.Random
    ) -> psutil.Process | None:
        if whom == "head" and head.poll() is None:
            return psutil.Process(head.pid)
        signs = {"worker": "bench.fleet.worker", "measurement": "bench.contenders.keeper"}
        if whom == "ssh":
            ours = str(self._hosts.parent / "ssh_config")
            found = [p for p in psutil.process_iter() if {"ssh", ours} <= set(_words(p))]
        else:
            found = [p for p in self._theirs() if signs.get(whom, "?") in _words(p)]
        return chance.choice(found) if found else None

    def _theirs(self) -> list[psutil.Process]:
        """Processes on the machines: they have the lock folders of this trial."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("METALBENCH_LOCK", "").startswith(self._mark):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def _until_all_have_gone(self) -> None:
        deadline = time.monotonic() + 60
        while (left := self._theirs()) and time.monotonic() < deadline:
            time.sleep(0.5)
        if left:
            raise SystemExit(f"{len(left)} processes outlive their head by a minute")

    def _note(self) -> None:
        places = [*self._out.glob("*/*/*/records.jsonl")]
        for fleet in self._out.iterdir():
            there = CHECKOUT / place_there(fleet.name, "").parent
            places += there.glob("*/*/*/records.jsonl")
        for path in places:
            whole = path.read_bytes().rpartition(b"\n")[0] + b"\n"
            lines = whole.splitlines(keepends=True)
            self._seen[path] = [line for line in lines if not _is_loss(line)]

    def _counted(self) -> str:
        copies = [len(lines) for path, lines in self._seen.items() if self._out in path.parents]
        return f"{sum(copies)} records in {len(copies)} copies"


def _is_loss(line: bytes) -> bool:
    try:
        record = records.decoded(line)
    except msgspec.DecodeError:
        return False
    return isinstance(record, Failed) and record.stage == LOST


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
