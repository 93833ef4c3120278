"""Slices become rows, and their samples what a report needs of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.schema import Slice
from reports.frame import load_slices, read
from reports.ingest import slices as ingested
from tests.helpers import builders


def test_raw_slices_are_kept_for_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And reduced as they are read, a few at a time, to what a report needs of them."""
    monkeypatch.setattr(ingested, "_AT_ONCE", 40)
    lines = builders.run()
    path = builders.write(tmp_path / "records.jsonl", lines)
    found = read([path]).slices
    kept = [line for line in lines if isinstance(line, Slice)]
    raw = [line.samples_s for line in kept]
    slices = load_slices([path])
    assert slices["samples_s"].tolist() == raw
    pd.testing.assert_frame_equal(slices.drop(columns="samples_s"), found)
    reduced = found[["median_s", "fastest_s", "first_s", "later_s"]].to_numpy()
    for samples, figures in zip(raw, reduced, strict=True):
        expected = np.median(samples), min(samples), samples[0], np.median(samples[1:])
        np.testing.assert_allclose(figures, expected)
    alone = [np.median(each.latencies_s or [np.nan]) for each in kept]
    np.testing.assert_allclose(found["latency_s"], alone)
    for name in ("round", "steps_per_sample", "wall_s", "others_cpu_s", "peak_resident_bytes"):
        assert found[name].tolist() == [getattr(each, name) for each in kept]
