"""The table of a sweep: a row for each run, in Parquet; the same runs give the same bytes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from press.errors import SweepError
from press.store import Store
from press.sweep import KIND, Facts, Progress, Sweep

#: Runs that are held in memory at a time.
_BATCH = 1000


def write_table(plan: Sweep, progress: Progress, store: Store, path: Path) -> None:
    """Write the table in one step, sorted by the points.

    Columns: ``key``, ``status`` (``ok`` or ``failed``), ``error``, ``parameter.NAME`` and ``fact.NAME``, whose unit is
    in the column's metadata. Raises SweepError if it cannot be written; a table that was there stays.
    """
    keys = {plan.key(point): point for point in sorted(plan.points, key=lambda point: tuple(point.values()))}
    schema = _schema(plan, (_facts(store, key) for key in keys if key not in progress.failures))
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.new")
    listed = list(keys.items())
    try:
        with pq.ParquetWriter(half, schema, compression="zstd") as writer:
            for first in range(0, len(listed), _BATCH):
                rows = [_row(plan, progress, store, *run) for run in listed[first : first + _BATCH]]
                columns = {column.name: [_as(column.type, row.get(column.name)) for row in rows] for column in schema}
                writer.write_table(pa.table(columns, schema=schema))
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise SweepError(f"{path.name} cannot be written: {error}; {progress.told}") from None


def _facts(store: Store, key: str) -> Facts:
    kept = store.get(KIND, key)
    if kept is None:
        raise SweepError("a kept run is no longer there or is damaged; the same command makes it anew")
    facts: Facts = json.loads(kept)
    return facts


def _schema(plan: Sweep, runs: Iterable[Facts]) -> pa.Schema:
    """Return the columns: a fact that is a text in any run is a text in all."""
    texts: dict[str, bool] = defaultdict(bool)
    units: dict[str, set[str]] = defaultdict(set)
    for facts in runs:
        for name, (value, unit) in facts.items():
            texts[name] |= isinstance(value, str)
            units[name].add(unit)
    given = {**plan.fixed, **plan.points[0]}
    return pa.schema(
        [
            *(pa.field(name, pa.string()) for name in ("key", "status", "error")),
            *(pa.field(f"parameter.{name}", _type(isinstance(value, str))) for name, value in given.items()),
            *(
                pa.field(f"fact.{name}", _type(texts[name]), metadata={"unit": "; ".join(sorted(units[name]))})
                for name in sorted(units)
            ),
        ]
    )


def _type(text: bool) -> pa.DataType:
    return pa.string() if text else pa.float64()


def _row(plan: Sweep, progress: Progress, store: Store, key: str, point: Mapping[str, float]) -> dict[str, Any]:
    failure = progress.failures.get(key)
    facts = {} if failure else _facts(store, key)
    return {
        "key": key,
        "status": "failed" if failure else "ok",
        "error": failure,
        **{f"parameter.{name}": value for name, value in {**plan.fixed, **point}.items()},
        **{f"fact.{name}": value for name, (value, _) in facts.items()},
    }


def _as(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    return str(value) if pa.types.is_string(kind) else float(value)
