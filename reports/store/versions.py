"""Which versions of a run give way to another of it: one rule, for a store's tables and for a site.

A run that broke off may be sent, resumed and sent again. A version that was carried out to its end
never gives way, so nobody can hide a finished run by a longer copy of it. An unfinished one gives
way to a finished one of the same run and machine, else to one with more records. What a key signed
gives way to what the same key signed alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa


def query(machines: str) -> str:
    """SQL for the hashes of those that give way; `machines` is SQL for rows of the table of this
    name, with the `key` that signed each, empty where none did."""
    best_first = "order by ended desc, records desc, sha256 desc"
    return f"""
select sha256 from (
  select sha256, ended, key,
    row_number() over (partition by machine_id, run {best_first}) as place,
    row_number() over (partition by machine_id, run, key {best_first}) as place_of_key
  from ({machines})
) where not ended and (place_of_key > 1 or (key = '' and place > 1))
"""


def superseded(machines: pa.Table, keys: Mapping[str, str]) -> set[str]:
    """The same of rows in memory; `keys` says by hash which key signed a run."""
    signed = pa.array([keys.get(sha256, "") for sha256 in machines["sha256"].to_pylist()])
    with duckdb.connect(":memory:") as connection:
        connection.register("rows", machines.append_column("key", signed.cast(pa.string())))
        return {sha256 for (sha256,) in connection.execute(query("from rows")).fetchall()}
