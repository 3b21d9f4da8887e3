"""The evidence as pages show it: rows by id, rows that contradict each other, and what rests on a source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from press.amendments import TABLES as AMENDING
from press.amendments import Amendment
from press.errors import DataError
from press.package import Package
from press.records import Record

#: Columns that tables of evidence share; what a table has beyond them says what a row is about.
COMMON = (
    *("id", "period", "value", "unit", "qualifier", "status", "source_id", "locator", "note"),
    *("known_from", "known_basis"),
)
#: What may name a page of its own.
_PAGE_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, eq=False)
class Row:
    """A row as texts: numbers keep the digits they were published with. A column that is missing is ""."""

    id: str
    table: str
    about: tuple[str, ...]  # the values of the table's own columns, in their order
    values: dict[str, str]
    amendments: tuple[Amendment, ...] = ()  # what made of it what it is

    def __getattr__(self, column: str) -> str:
        if column not in COMMON:
            raise AttributeError(column)
        return self.values.get(column, "")

    @property
    def what(self) -> str:
        """What the row is about, in words."""
        return " · ".join(part.replace("_", " ") for part in self.about if part)


@dataclass
class Evidence:
    """All rows known by a day. ``by_source`` has the row ids of each source, ``conflicts`` the groups by row id."""

    rows: dict[str, Row] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    by_source: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    conflicts: dict[str, tuple[Row, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, package: Package, as_of: str, tables: Iterable[str] | None = None) -> Evidence:
        """Read the tables (default: all) that have a ``source_id``.

        Raises DataError for an id that cannot name a page or stands twice.
        """
        evidence, later = cls(), set()
        for table in package.resources if tables is None else tables:
            resource = package.resource(table)
            columns = [described["name"] for described in resource["schema"]["fields"]]
            if "source_id" not in columns or table in AMENDING:
                continue
            place = f"data/{resource['path']}"
            own = [column for column in columns if column not in COMMON]
            rows = evidence.tables.setdefault(_page_name(table, f"{place}: the table"), [])
            later |= {values["source_id"] for values in package.rows(table)}
            amended = defaultdict(list)
            for amendment in package.amended(table, as_of or None):
                amended[amendment.row].append(amendment)
            for values in package.rows(table, as_of or None):
                about = tuple(values[column] for column in own)
                row = Row(values["id"], table, about, values, tuple(amended[values["id"]]))
                if row.id in evidence.rows:
                    raise DataError(f"{place}: the id '{row.id}' stands already in {evidence.rows[row.id].table}")
                evidence.rows[row.id] = row
                evidence.by_source[row.source_id].append(row)
                rows.append(row)
            evidence._compare(rows)
        evidence.sources = [
            _page_name(str(source), "data/sources.csv: the id")
            for source in package.sources.index
            if source in evidence.by_source or source not in later
        ]
        return evidence

    def _compare(self, rows: list[Row]) -> None:
        """Find the rows that give different values for the same thing, period and unit.

        The two ends of a range that one source gives do not contradict each other.
        """
        groups = defaultdict(list)
        for row in rows:
            if row.value:
                groups[row.about, row.period, row.unit].append(row)
        for group in groups.values():
            one_range = len({row.source_id for row in group}) == 1 and {r.qualifier for r in group} <= {"from", "to"}
            if len({float(row.value) for row in group}) > 1 and not one_range:
                self.conflicts.update({row.id: tuple(group) for row in group})

    def table_of(self, row_id: str) -> str:
        """Return the name of a row's table."""
        return self.rows[row_id].table

    def tables_of(self, row_ids: Iterable[str]) -> list[str]:
        """Return the names of these rows' tables, each once."""
        return list(dict.fromkeys(self.table_of(row) for row in row_ids))

    def among(self, row_ids: Iterable[str]) -> list[tuple[Row, ...]]:
        """Return the groups of contradicting rows that have one of these rows."""
        return list(dict.fromkeys(self.conflicts[row] for row in row_ids if row in self.conflicts))


def resting_on(source: str, records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the facts, figures or verdicts that use a source, in their order."""
    return [record for record in records if source in record["sources"]]


def _page_name(name: str, place: str) -> str:
    if not _PAGE_NAME.fullmatch(name):
        raise DataError(f"{place} '{name}' names a page; expected letters, digits, '.', '_' and '-'")
    return name
