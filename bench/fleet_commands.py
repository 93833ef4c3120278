"""What the commands take that are about many machines, or about the store of their runs."""

from __future__ import annotations

from pathlib import Path

import typer

from bench.terminal import flags

FLEETS = Path("results") / "fleets"


def add(app: typer.Typer) -> None:
    """Make them commands of the application."""
    app.command(
        "fleet",
        epilog="For example: make fleet HOSTS=fleet.toml FRAMEWORK=torch,jax SUITE=mlp",
    )(fleet_command)


def fleet_command(
    hosts: flags.Hosts = "",
    framework: flags.Framework = "",
    suite: flags.Suite = "",
    preset: flags.Preset = "",
    time: flags.Time = "",
    precision: flags.Precision = "",
    device: flags.Device = "",
    out: flags.Out = FLEETS,
    store: flags.Store = "",
    resume: flags.ResumeFleet = False,
) -> int:
    """Measure on many machines at once, over ssh, and report on all of them together."""
    typed = locals()
    from bench.commands import fleet as command

    own = {name: typed.pop(name) for name in ("hosts", "out", "store", "resume")}
    return command.run(command.FleetOptions(**own, measured=typed))
