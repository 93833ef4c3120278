"""Settings of all tests."""

import os

# A thread for each of pytest's processes, and for those they start: on as many as there are cores,
# processes beside each other spin while they wait for one another, at three times the cost.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import hypothesis

from reports import isolation

# A part of a report that fails would be a sentence in it; here the error itself is to be seen.
os.environ[isolation.STRICT] = "yes"

# Examples of a property that names no number itself: there are many properties, and time is short.
# How long one takes, or is made, is the machine's matter and no fault of what is tested.
hypothesis.settings.register_profile(
    "all",
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("all")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: who starts a run waits for it, and a run rests in between."""
    return (os.cpu_count() or 1) + 1
