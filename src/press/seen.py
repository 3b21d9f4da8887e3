"""What a chapter sees of the evidence: its rows by id, and what a reader is told of their origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from press.errors import ChapterError, nearest
from press.facts import Fact

#: Rows of evidence: a table or a part of it, one row of it, a fact, row ids, or a list of these.
Rows = pd.DataFrame | pd.Series | Fact | str | Iterable["Rows"]

_COLUMNS = ["source_id", "status", "period", "end", "known_from"]


@dataclass(frozen=True)
class Seen:
    """The rows of a chapter's tables, as known on ``as_of`` (an ISO date)."""

    tables: Mapping[str, pd.DataFrame]
    as_of: str

    @cached_property
    def rows(self) -> pd.DataFrame:
        """All rows that have a source, indexed by id, with their table."""
        frames = [
            frame.set_index("id").reindex(columns=_COLUMNS).assign(table=table)
            for table, frame in self.tables.items()
            if "source_id" in frame
        ]
        return pd.concat(frames) if frames else pd.DataFrame(columns=[*_COLUMNS, "table"])

    @cached_property
    def _by_id(self) -> dict[str, Any]:
        """The same rows: a chapter states a hundred facts, and pandas takes long to find a row or two."""
        return {str(row.Index): row for row in self.rows.itertuples()}

    def ids(self, rows: Rows, place: str) -> tuple[str, ...]:
        """Flatten ``rows`` to sorted row ids. Raises ChapterError, which names ``place``, for one that is not seen."""

        def flatten(item: Any) -> Iterable[str]:
            if isinstance(item, str):
                yield item
            elif isinstance(item, Fact):
                yield from item.rows
            elif isinstance(item, pd.DataFrame):
                yield from item["id"]
            elif isinstance(item, pd.Series) and "id" in item.index:
                yield item["id"]
            else:
                for part in item:
                    yield from flatten(part)

        ids = sorted(set(flatten(rows)))
        unknown = [row for row in ids if row not in self._by_id]
        if unknown:
            raise ChapterError(
                f"{place}: the row '{unknown[0]}' is in none of the chapter's tables as known on {self.as_of}"
                f"{nearest(unknown[0], self._by_id) if len(self._by_id) < 500 else ''}"
            )
        return tuple(ids)

    def provenance(self, ids: tuple[str, ...]) -> dict[str, Any]:
        """Return what a reader is told of the rows' origin: sources by weight, reach, tables."""
        found = [self._by_id[row] for row in ids]
        counts = Counter(row.source_id for row in found if pd.notna(row.source_id))
        ends = [row.end for row in found if pd.notna(row.end)]
        return {
            "rows": list(ids),
            "tables": sorted({row.table for row in found}),
            "sources": sorted(counts, key=lambda source: (-counts[source], source)),
            "data_to": min(max(ends).strftime("%Y-%m-%d"), self.as_of) if ends else None,
            "known_from": max(row.known_from for row in found).strftime("%Y-%m-%d") if found else None,
            "claims_only": sum(row.status == "claim" for row in found),
        }
