"""The check itself: finds the frameworks, does one part after the other, writes what each found."""

from __future__ import annotations

import argparse
import datetime
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench import machine, values, version
from bench.machine.privacy import scrub
from bench.plan.presets import PRESETS
from frameworks import NAMES
from scripts.device_check import agreement, child, lies, places, table
from scripts.device_check import verdicts as judging
from scripts.device_check.figures import OUT_OF_TIME, Done, Figures, Python
from scripts.device_check.folder import Folder
from scripts.device_check.places import Place
from scripts.device_check.plan import Part, Plan
from suites.errors import UserError

SUITES = "matmul,mlp,cnn,transformer,sweep"
ROUNDS = 3
"""Of each honest cell: more would show fewer cells."""

LIED_SUITES = "matmul,mlp"
LIED = {"cpu": ("smoke", ("--threads", "1")), "gpu": ("quick", ())}
"""Preset and options by kind of device. On a GPU small products take as long as their dispatch, and
no waiting is a lie about them; on a CPU many workers would stand in each other's way."""

PARTS = ("timers", "honest", "lies")
TIMED_SHARE, HONEST_SHARE, LIED_SHARE = 0.1, 0.45, 0.45

RUN_LEAST_S, TIMER_LEAST_S = 25.0, 6.0
"""Seconds without which a part finds nothing, once its framework is imported."""

HOST_S = 3.0
"""Until the harness's own process stands, and after its last cell."""

Work = Callable[[float], str]
"""Does a part within these seconds; says how it ended."""


def main(arguments: Sequence[str]) -> int:
    """0 where all is as it should be, 1 where there is something to look at, 2 for bad input."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        asked = _asked(arguments)
        if not 0.5 <= asked.minutes <= 24 * 60:
            raise UserError(f"expected --minutes from 0.5 to 1440. Received: {asked.minutes:g}")
        given = {name: getattr(asked, name) for name in NAMES}
        found, absent = places.named({name: paths for name, paths in given.items() if paths})
        if not found:
            raise UserError(
                f"{places.USUAL} has no framework. Expected one, or a Python that has one: "
                "--torch PATH, --jax PATH."
            )
        check = Check(asked, Folder(asked.out.expanduser().absolute()))
    except (UserError, OSError) as error:
        print(f"device_check: {error}", file=sys.stderr)
        return 2
    return check.run(found, absent)


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m scripts.device_check",
        description="Check Metalbench on this machine, and leave a folder to send.",
        epilog="docs/device-check.md says what it does and how to read what it leaves.",
    )
    parser.add_argument("--minutes", type=float, default=8.0, help="how long it may take")
    usual = f"device-check-{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}"
    parser.add_argument("--out", type=Path, default=Path(usual), help="a new folder")
    parser.add_argument(
        "--preset", choices=PRESETS, default="standard", help="whose sizes honest contenders take"
    )
    parser.add_argument(
        "--parts",
        type=lambda text: values.choices("--parts", values.split(text), PARTS),
        default=PARTS,
        help=f"some of {','.join(PARTS)}",
    )
    for name in NAMES:
        parser.add_argument(
            f"--{name}",
            action="append",
            metavar="PATH",
            help=f"a Python that has {name}, or the folder of its environment; may be repeated",
        )
    return parser.parse_args(arguments)


class Check:
    """One check of one machine."""

    def __init__(self, asked: argparse.Namespace, folder: Folder) -> None:
        self._folder, self._preset, self._kinds = folder, asked.preset, asked.parts
        self._plan = Plan(asked.minutes, [])
        self._setup_s = self._start_s = 0.0
        self._figures = Figures(
            begun_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            minutes=asked.minutes,
            load=round(os.getloadavg()[0], 1),
            version=version.version(),
            commit=version.commit(),
        )

    def run(self, found: list[Place], absent: list[places.Absent]) -> int:
        """All of it, as far as the minutes last; the exit code."""
        figures = self._figures
        figures.absent = absent
        code = 0
        try:
            found, unusable = places.with_devices(found, partial(print, flush=True))
            self._setup_s = self._plan.spent_s
            self._start_s = self._setup_s / len(found)
            figures.absent = [*absent, *unusable]
            figures.pythons = [Python.of(place) for place in found]
            gpus = {(d.name, d.memory_bytes) for place in found for d in place.gpus}
            figures.machine = machine.describe(gpus)
            self._write()
            for part, work in self._parts(found):
                self._do(part, work)
            figures.ended = "complete"
        except UserError as error:
            print(f"device_check: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            figures.ended, code = "interrupted", 130
        self._folder.scrub_log()
        self._write()
        return self._tell(code)

    def _parts(self, found: list[Place]) -> list[tuple[Part, Work]]:
        """In their order: some of everything first; what is broken off has most of it."""
        timed = [(p, (p.gpus or p.devices)[0].id) for p in found if agreement.has_timer(p)]
        setup_s = self._setup_s + HOST_S
        every: list[tuple[Part, Work]] = [
            (
                Part(
                    f"timers-{_name(place, found)}",
                    TIMED_SHARE / len(timed),
                    setup_s + TIMER_LEAST_S,
                ),
                partial(self._timers, place, device),
            )
            for place, device in timed
        ]
        least_s = setup_s + RUN_LEAST_S
        every.append((Part("honest", HONEST_SHARE, least_s), partial(self._honest, found)))
        every += [
            (
                Part(
                    f"lies-{_name(place, found)}",
                    LIED_SHARE / len(found),
                    least_s + self._start_s * len(lies.of(place)),
                ),
                partial(self._lies, place, f"lies-{_name(place, found)}"),
            )
            for place in found
        ]
        every = [pair for pair in every if pair[0].name.partition("-")[0] in self._kinds]
        self._plan.add([part for part, _ in every])
        return every

    def _do(self, part: Part, work: Work) -> None:
        given_s = self._plan.seconds(part)
        if given_s is None:
            print(f"{part.name}: no time left for it", flush=True)
            return
        print(f"{part.name}: {given_s:.0f} s", flush=True)
        begun, ended = time.monotonic(), "interrupted"
        try:
            ended = work(given_s)
        except Exception as error:  # noqa: BLE001  a part that breaks costs that part alone
            ended = scrub(f"{type(error).__name__}: {error}")
        finally:
            took_s = round(time.monotonic() - begun, 1)
            self._figures.parts.append(
                Done(name=part.name, given_s=round(given_s, 1), took_s=took_s, ended=ended)
            )
            self._write()

    # --- the parts ----------------------------------------------------------------------------

    def _timers(self, place: Place, device: str, limit_s: float) -> str:
        found, code = agreement.taken(
            place, device, self._folder.path, limit_s, self._setup_s + HOST_S
        )
        self._figures.agreement += found
        return _ended(code)

    def _honest(self, found: list[Place], limit_s: float) -> str:
        words = [place.word for place in found]
        return self._measured("honest", words, SUITES, "all", (self._preset, ()), limit_s)

    def _lies(self, place: Place, part: str, limit_s: float) -> str:
        told = lies.of(place)
        files = lies.files(place, told, self._folder.running(part) / "adapters")
        device = (place.gpus or place.devices)[0]
        words = [place.word, *map(str, files)]
        return self._measured(part, words, LIED_SUITES, device.id, LIED[device.kind], limit_s)

    def _measured(
        self,
        part: str,
        words: list[str],
        suites: str,
        device: str,
        how: tuple[str, tuple[str, ...]],
        limit_s: float,
    ) -> str:
        """A run of these contenders, and what it comes to, also where it was broken off."""
        (preset, options), out = how, self._folder.running(part)
        running_s = limit_s - self._start_s * len(words) - HOST_S
        command = [sys.executable, "-m", "scripts.device_check.measure"]
        command += ["--framework", ",".join(words), "--suite", suites, "--device", device]
        command += ["--preset", preset, "--rounds", str(ROUNDS)]
        command += ["--time", f"{max(1, int(running_s))}s", "--out", str(out), *options]
        code: int | None = 130
        try:
            code = child.run(command, self._folder.log, limit_s)
        finally:
            records = self._folder.keep(part)
            if records:
                self._figures.cells += judging.cells(part, records)
        if not records:
            return f"it left no records, exit code {code}: see log.txt"
        return _ended(code)

    # --- what it leaves -----------------------------------------------------------------------

    def _write(self) -> None:
        figures = self._figures
        figures.took_s = round(self._plan.spent_s, 1)
        figures.left_out = self._plan.left_out
        self._folder.write_json("figures.json", figures)
        self._folder.write("figures.md", table.render(figures).encode())

    def _tell(self, code: int) -> int:
        """Where it all lies; the exit code, of an interruption the one that is given."""
        troubles = self._figures.troubles()
        for line in troubles[: table.MOST_TROUBLES]:
            print(f"to look at: {line}")
        size = self._folder.told()
        print(f"{self._folder.path}: {size}. Begin with {self._folder.path / 'figures.md'}")
        return code or int(bool(troubles))


def _name(place: Place, found: Sequence[Place]) -> str:
    """The framework's, with a number where there are several Pythons of it."""
    alike = [each for each in found if each.framework == place.framework]
    number = alike.index(place) + 1
    return place.framework if len(alike) == 1 else f"{place.framework}-{number}"


def _ended(code: int | None) -> str:
    """0 and 1 are those of a run; that cells were wrong is no fault of the part."""
    words: dict[Any, str] = {0: "done", 1: "done", None: OUT_OF_TIME, 130: OUT_OF_TIME}
    return words.get(code, f"exit code {code}: see log.txt")
