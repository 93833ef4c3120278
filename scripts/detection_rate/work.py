"""The work that every harness here times: one product on one core, and the same made slower."""

from time import perf_counter

import numpy as np

N = 256
SETTLED = 300
"""Runs of which the fastest is taken for the time of an undisturbed step."""


def slowed(step, share):
    """The step with a busy-wait after it, as long as that share of its undisturbed time."""
    if share == 0:
        return step
    wait_s = share * min(_taken_s(step) for _ in range(SETTLED))

    def longer():
        result = step()
        end = perf_counter() + wait_s
        while perf_counter() < end:
            pass
        return result

    return longer


def product(share):
    """The product alone, as a script would time it."""
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((N, N), dtype=np.float32) for _ in range(2))
    return slowed(lambda: a @ b, share)


def _taken_s(step):
    begun = perf_counter()
    step()
    return perf_counter() - begun
