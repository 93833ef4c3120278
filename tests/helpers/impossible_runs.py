"""Files of runs that are faster than their machine can be, whatever they tell of it."""

from __future__ import annotations

from msgspec import structs

from bench.schema import Run
from reports.hardware.physical_limits import CPU_THREADS
from reports.trust.evidence import Evidence
from tests.helpers.forged_runs import FOURTH, Forged, World, lines
from tests.helpers.sent_runs import headed


def impossible_speed(world: World) -> Forged:
    return world.look(world.write(lines(world, speed=1e3))), "intact", "above the"


def impossible_speed_signed(world: World) -> Forged:
    path = world.write(lines(world, speed=1e3))
    return world.look(path, world.sign(path, "alice")), "signed", "above the"


def _fast_on(world: World, speed: float, **told: int | None) -> Evidence:
    machine = structs.replace(FOURTH, **told)
    return world.look(world.write(lines(world, speed=speed, machine=machine)))


def impossible_speed_of_no_architecture(world: World) -> Forged:
    return _fast_on(world, 3e3, architecture=None), "intact", "any 2-core CPU"


def impossible_speed_of_many_cores(world: World) -> Forged:
    return _fast_on(world, 3e3, cores_logical=10**9), "intact", "no number of cores that any has"


def impossible_speed_of_the_most_cores(world: World) -> Forged:
    run = _fast_on(world, 3e5, cores_logical=CPU_THREADS)
    return run, "intact", "that any machine's CPUs can do"


def impossible_speed_of_untold_cores(world: World) -> Forged:
    run = _fast_on(world, 3e3, cores_logical=None, cores_physical=None)
    return run, "intact", "no number of cores that any has"


def impossible_speed_in_half_precision(world: World) -> Forged:
    made = lines(world, speed=3e3)
    assert isinstance(made[0], Run)
    models = [structs.replace(each, precision="bfloat16") for each in made[0].contenders]
    run = world.look(world.write(headed(made, contenders=tuple(models))))
    return run, "intact", "can do in bfloat16"


FORGED = (
    impossible_speed,
    impossible_speed_signed,
    impossible_speed_of_no_architecture,
    impossible_speed_of_many_cores,
    impossible_speed_of_the_most_cores,
    impossible_speed_of_untold_cores,
    impossible_speed_in_half_precision,
)
