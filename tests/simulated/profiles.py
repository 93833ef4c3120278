"""How long things take on the devices that are simulated: what a GPU framework costs its user."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Profile:
    """Seconds, bytes and FLOP of a device and of the framework that drives it."""

    dispatch_s: float = 20e-6
    """Of one product. Other steps dispatch more: see `dispatches`."""
    layers_s: float = 0.0
    """What each layer costs besides to dispatch, forward; training takes ten times that."""
    flop_per_s: float = 50e12
    least_s: float = 6e-6
    """Of a step's work on the device."""
    sync_s: float = 60e-6
    copy_s: float = 15e-6
    bytes_per_s: float = 8e9
    keeps: bool = False
    """A result that was converted once is not copied again, as in JAX."""
    again_s: float = 7e-6
    """What converting it again costs then."""
    lazy: bool = False
    """Nothing runs until it is waited for or converted, as in MLX."""
    describe_s: float = 3e-6
    """Lazy: what a step costs that only describes the work."""
    wake_s: float = 150e-6
    """The first thing after a rest of more than a millisecond."""
    cold: float = 1.0
    cold_s: float = 0.0
    """After a rest of 5 ms work takes `cold` times as long, for `cold_s` of it."""
    hot: float = 1.0
    hot_s: float = 0.0
    """Without a fan: from `hot_s` to twice that of work, it comes to take `hot` times as long."""
    jitter: float = 0.05
    hiccups: float = 0.005
    """How often 100 us are disturbed, and for how long."""
    hiccup_s: float = 5e-4
    faults: float = 0.0
    """A conversion takes up to so many times longer, at random: page faults of a fresh array."""
    queue: int = 4096
    """Steps that may be queued; then dispatch blocks, as CUDA's does."""
    kind: str = "gpu"
    step_s: float | None = None
    """What every step's work takes on the device, instead of what its FLOP say."""
    real: bool = False
    """Seconds that pass, instead of the virtual ones."""


H100 = Profile()
"""PyTorch on an NVIDIA H100 as measured: a product of 64 rows costs 21 us to dispatch and 60 us to
wait for; converting it 18 us, and 0.1 us more for each KiB; after a rest 160 us more."""

PROFILES = {
    "h100": H100,
    # A forward pass of the 784-512-512-10 classifier took 165 us to dispatch, a step 1.6 ms.
    "h100layers": replace(H100, layers_s=28e-6, copy_s=23e-6),
    # JAX on the same: 59 to 67 us to dispatch; converting 310 to 340 us, and 7 us again.
    "h100jax": replace(H100, dispatch_s=62e-6, copy_s=320e-6, bytes_per_s=3.3e9, keeps=True),
    "ramp": replace(H100, cold=4.0, cold_s=0.03),
    # A laptop without a fan after minutes of work, and the same with one; of steps that take 200 ms
    # none is disturbed by 5 %.
    "fanless": replace(H100, hot=1.35, hot_s=60.0, jitter=0.01),
    "fanned": replace(H100, jitter=0.01),
    "noisy": replace(H100, jitter=0.3, hiccups=0.03, hiccup_s=2e-3, faults=4.0),
    "mps": Profile(dispatch_s=40e-6, flop_per_s=8e12, least_s=10e-6, sync_s=250e-6, copy_s=50e-6),
    "jaxmps": Profile(
        dispatch_s=50e-6, flop_per_s=8e12, least_s=10e-6, sync_s=150e-6, copy_s=200e-6, keeps=True
    ),
    "mlx": Profile(
        dispatch_s=12e-6, flop_per_s=8e12, least_s=10e-6, sync_s=120e-6, copy_s=20e-6, lazy=True
    ),
    "igpu": Profile(
        dispatch_s=30e-6, flop_per_s=40e9, least_s=20e-6, sync_s=500e-6, bytes_per_s=2e9
    ),
    "cpuasync": Profile(
        dispatch_s=8e-6,
        flop_per_s=150e9,
        least_s=2e-6,
        sync_s=2e-6,
        copy_s=1e-6,
        bytes_per_s=1e12,
        keeps=True,
        again_s=1e-6,
        wake_s=5e-6,
        kind="cpu",
    ),
}
