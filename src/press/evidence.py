"""The evidence as pages show it: rows by id, rows that contradict each other, and what rests on a source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from press.amendments import TABLES as AMENDING
from press.amendments import Amendment
from press.conflicts import disagree, disagreeing
from press.errors import DataError, nearest
from press.package import Package
from press.places import DESCRIPTOR
from press.records import Record

#: Columns that tables of evidence share; what a table has beyond them is its own.
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
    own: tuple[str, ...]  # the values of the table's own columns, in their order
    about: tuple[str, ...]  # those that say what the row is about: two rows with the same can be compared
    values: dict[str, str]
    amendments: tuple[Amendment, ...] = ()  # what made of it what it is

    def __getattr__(self, column: str) -> str:
        if column not in COMMON:
            raise AttributeError(column)
        return self.values.get(column, "")

    @property
    def what(self) -> str:
        """What the row is about, in words."""
        return " · ".join(part.replace("_", " ") for part in self.own if part)


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
            about = about_columns(resource)
            rows = evidence.tables.setdefault(_page_name(table, f"{place}: the table"), [])
            later |= {values["source_id"] for values in package.rows(table)}
            amended = defaultdict(list)
            for amendment in package.amended(table, as_of or None):
                amended[amendment.row].append(amendment)
            for values in package.rows(table, as_of or None):
                told, compared = (tuple(values[column] for column in chosen) for chosen in (own, about))
                row = Row(values["id"], table, told, compared, values, tuple(amended[values["id"]]))
                if row.id in evidence.rows:
                    raise DataError(f"{place}: the id '{row.id}' stands already in {evidence.rows[row.id].table}")
                evidence.rows[row.id] = row
                evidence.by_source[row.source_id].append(row)
                rows.append(row)
            evidence._compare(rows)
        evidence.sources = [
            _page_name(source, "data/sources.csv: the id")
            for source in (row["id"] for row in package.rows("sources"))
            if source in evidence.by_source or source not in later
        ]
        return evidence

    def _compare(self, rows: list[Row]) -> None:
        """Find the rows whose sources contradict each other about the same thing, period and unit."""
        groups = defaultdict(list)
        for row in rows:
            if row.value:
                groups[row.about, row.period, row.unit].append(row)
        for group in groups.values():
            self.conflicts.update({row.id: tuple(group) for row in disagreeing(group)})

    def against(self, row: Row) -> list[Row]:
        """Return the rows that contradict one."""
        return [other for other in self.conflicts.get(row.id, ()) if disagree(row, other)]

    def table_of(self, row_id: str) -> str:
        """Return the name of a row's table."""
        return self.rows[row_id].table

    def tables_of(self, row_ids: Iterable[str]) -> list[str]:
        """Return the names of these rows' tables, each once."""
        return list(dict.fromkeys(self.table_of(row) for row in row_ids))

    def among(self, row_ids: Iterable[str]) -> list[tuple[Row, ...]]:
        """Return the groups of contradicting rows that have one of these rows."""
        return list(dict.fromkeys(self.conflicts[row] for row in row_ids if row in self.conflicts))


def about_columns(resource: Mapping[str, Any]) -> list[str]:
    """Return the columns that say what a row of a table is about: those of ``about`` in its schema.

    Without it, all columns of the table's own. Raises DataError for a column that the table does not have.
    """
    columns = [described["name"] for described in resource["schema"]["fields"]]
    about: list[str] = resource["schema"].get("about", [column for column in columns if column not in COMMON])
    for column in about:
        if column not in columns:
            raise DataError(
                f"{DESCRIPTOR}, table {resource['name']}, about: found '{column}', expected a column of the table"
                f"{nearest(column, columns)}"
            )
    return about


def resting_on(source: str, records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the facts, figures or verdicts that use a source, in their order."""
    return [record for record in records if source in record["sources"]]


def _page_name(name: str, place: str) -> str:
    if not _PAGE_NAME.fullmatch(name):
        raise DataError(f"{place} '{name}' names a page; expected letters, digits, '.', '_' and '-'")
    return name
