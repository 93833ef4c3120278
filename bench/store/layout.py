"""What lies where in a store, and what stands in the way of names that are none of ours.

metalbench-store.json, runs/<aa>/<sha256>.jsonl.gz, runs/<aa>/<sha256>.<key>.sig (or .work.json),
manifest/<YYYY-MM>/<sha256>.json, tables/<YYYY-MM>.json, tables/<YYYY-MM>/<table>-<digest>.parquet
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

ROOT = "metalbench-store.json"
RUNS, MANIFEST, TABLES = "runs", "manifest", "tables"

FORMAT = 1
"""Of the whole: what stands in ROOT."""

MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
SHA256 = re.compile(r"[0-9a-f]{64}")

RUN_SUFFIX = ".jsonl.gz"


def run(sha256: str) -> str:
    """Of the records with this hash."""
    return f"{RUNS}/{sha256[:2]}/{sha256}{RUN_SUFFIX}"


def sidecar(sha256: str, key: str, suffix: str) -> str:
    """Of what somebody put beside them; `key` is whose, the sha256 of the key that made it."""
    return f"{RUNS}/{sha256[:2]}/{sha256}.{key}{suffix}"


def entry(month: str, sha256: str) -> str:
    """Of the small object that makes a run part of the store."""
    return f"{MANIFEST}/{month}/{sha256}.json"


def index(month: str) -> str:
    """Of a month's tables."""
    return f"{TABLES}/{month}.json"


def month(when: datetime) -> str:
    """In which a run was received, UTC."""
    return when.astimezone(UTC).strftime("%Y-%m")
