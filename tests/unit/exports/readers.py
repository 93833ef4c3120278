"""What each format's reader makes of a file: the reader itself where Python has it, else its
published schema, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
import prometheus_client.openmetrics.parser
import prometheus_client.parser
import pyperf

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Info = Mapping[str, str]
"""ClickHouse's Map(String, String)."""


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """An object with these fields alone."""


# --- https://bencher.dev/bmf.json ---------------------------------------------------------------


class Metric(_Strict):
    value: float
    lower_value: float | None = None
    upper_value: float | None = None


def bmf(text: str) -> Sequence[str]:
    found = msgspec.json.decode(text, type=dict[Name, dict[Name, Metric]])
    for name, measures in found.items():
        assert not name.endswith("-bencher-ignore"), "Bencher would raise no alert for it"
        for metric in measures.values():
            if metric.lower_value is not None and metric.upper_value is not None:
                assert metric.lower_value <= metric.value <= metric.upper_value
    return list(found)


# --- github-action-benchmark: `BenchmarkResult` in its src/extract.ts -----------------------------


class Result(_Strict):
    name: Name
    unit: Literal["ns", "J", "bytes"]
    value: float
    range: str | None = None
    extra: str | None = None


def github(text: str) -> Sequence[str]:
    found = msgspec.json.decode(text, type=list[Result])
    for each in found:
        assert each.range is None or re.fullmatch(r"± \d[\d.e+-]*", each.range), (
            "it finds no number"
        )
        assert "`" not in each.name, "its comments put names into code spans"
        assert "|" not in each.name, "of a table"
    return [each.name for each in found if each.unit == "ns"]


# --- pyperf ---------------------------------------------------------------------------------------


def of_pyperf(text: str) -> Sequence[str]:
    return list(pyperf.BenchmarkSuite.loads(text).get_benchmark_names())


# --- pytorch/test-infra: clickhouse_db_schema/oss_ci_benchmark_v3/schema.sql ----------------------

UInt32 = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
UInt64 = Annotated[int, msgspec.Meta(ge=0)]


class Benchmark(_Strict):
    name: str
    mode: Literal["training", "inference"]
    dtype: str
    extra_info: Info


class Model(_Strict):
    name: str
    type: str
    backend: str
    origins: Sequence[str]
    extra_info: Info


class Measured(_Strict):
    name: str
    benchmark_values: Sequence[float]
    extra_info: Info
    target_value: float | None = None


class Runner(_Strict):
    name: str
    type: str
    cpu_info: str
    cpu_count: UInt32
    avail_mem_in_gb: UInt32
    gpu_info: str
    gpu_count: UInt32
    avail_gpu_mem_in_gb: UInt32


class Dependency(_Strict):
    version: str


class Record(_Strict):
    schema_version: Literal["v3"]
    benchmark: Benchmark
    model: Model
    metric: Measured
    runners: Sequence[Runner]
    dependencies: Mapping[str, Dependency]
    timestamp: UInt64 | None = None


def hud(text: str) -> Sequence[str]:
    found = msgspec.json.decode(text, type=list[Record])
    return [
        each.metric.extra_info["name"] for each in found if each.metric.name == "step_time_seconds"
    ]


# --- OpenMetrics, and Prometheus's older text -----------------------------------------------------


def openmetrics(text: str) -> Sequence[str]:
    families = list(prometheus_client.openmetrics.parser.text_string_to_metric_families(text))
    older = list(prometheus_client.parser.text_string_to_metric_families(text))
    assert [_samples(each) for each in families] == [_samples(each) for each in older]
    (times,) = (each for each in families if each.name == "metalbench_step_time_seconds")
    assert times.unit == "seconds"
    return [sample.labels["entry"] for sample in times.samples]


def _samples(family: Any) -> list[tuple[str, dict[str, str], float]]:
    return [(each.name, each.labels, each.value) for each in family.samples]


READERS: Mapping[str, Callable[[str], Sequence[str]]] = {
    "bmf": bmf,
    "github-action-benchmark": github,
    "pyperf": of_pyperf,
    "pytorch-hud": hud,
    "openmetrics": openmetrics,
}
"""By format: takes a file, returns the names of the entries in it, in order."""
