"""Presets: how long to measure. Which cases they hold is each suite's own choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Durations and counts of a run."""

    rounds: int
    """Rounds of every cell, unless its budget ends them."""
    slice_s: float
    """Sampling in one round."""
    warm_s: float
    """Untimed re-warming before each slice."""
    budget_s: float
    """Measuring time of one cell after which no further round begins."""
    step_limit_s: float
    """A case whose single step is predicted to take longer is skipped."""


PRESETS = {
    "smoke": Preset(rounds=3, slice_s=0.04, warm_s=0.005, budget_s=2.0, step_limit_s=2.0),
    "quick": Preset(rounds=7, slice_s=0.1, warm_s=0.01, budget_s=5.0, step_limit_s=5.0),
    "standard": Preset(rounds=15, slice_s=0.2, warm_s=0.02, budget_s=20.0, step_limit_s=20.0),
    "full": Preset(rounds=25, slice_s=0.3, warm_s=0.03, budget_s=60.0, step_limit_s=120.0),
}
