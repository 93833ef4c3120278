"""A pretend driver in the place of NVML, which tells how busy the simulated device is:
`python -m tests.simulated.driver run ...` is `./metalbench run ...` with it."""

from __future__ import annotations

from collections.abc import Mapping

from bench.meters import device_use
from bench.meters.readings import Read
from frameworks.interface import Device

SHARES = {"Simulated GPU": 0.9, "Simulated GPU, idle": 0.0}
"""Of the time in which a device of that name has work."""


def told(device: Device, variables: Mapping[str, str]) -> Read | None:
    """What the driver says of the device, as `busy` asks for it."""
    share = SHARES.get(device.name)
    return None if share is None else lambda: share


class Watch:
    """One reading in the place of a thread's many: virtual slices pass in a millisecond."""

    def __init__(self, read: Read, settle_s: float, every_s: float) -> None:
        self.seen = [read()]

    def start(self) -> None:
        """Nothing goes on."""

    def end(self) -> list[float]:
        return self.seen


if __name__ == "__main__":
    from bench.__main__ import app

    device_use._nvidia, device_use.Readings = told, Watch  # type: ignore[assignment, misc]
    app(prog_name="./metalbench")
