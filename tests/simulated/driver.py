"""A pretend driver in the place of NVML, which tells how busy the simulated device is:
`python -m tests.simulated.driver run ...` is `./metalbench run ...` with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from bench.meters import device_use
from frameworks.interface import Device

SHARES = {"Simulated GPU": 0.9, "Simulated GPU, idle": 0.0}
"""Of the time in which a device of that name has work."""


def told(device: Device, variables: Mapping[str, str]) -> device_use.Read | None:
    """What the driver says of the device, as `busy` asks for it."""
    share = SHARES.get(device.name)
    return None if share is None else lambda: share


class Watch:
    """One reading in the place of a thread's many: virtual slices pass in a millisecond."""

    broken = False

    def __init__(self, read: device_use.Read, settle_s: float) -> None:
        self.seen, self.stop = [read()], threading.Event()

    def start(self) -> None:
        """Nothing goes on."""

    def join(self) -> None:
        """Nothing ends."""


if __name__ == "__main__":
    from bench.__main__ import app

    device_use._nvidia, device_use._Watch = told, Watch  # type: ignore[assignment, misc]
    app(prog_name="./metalbench")
