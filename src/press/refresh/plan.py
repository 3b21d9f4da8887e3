"""What a refresh would change: new rows, revisions of accepted ones, the source's entry in the register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from press.amendments import REVISIONS
from press.errors import DataError, SourceError, nearest
from press.package import Package
from press.refresh import Loaded
from press.refresh.sources import Source

Row = dict[str, str]
#: What the press fills in.
_OURS = ("id", "source_id", "known_from", "known_basis")


@dataclass
class Plan:
    """What one source adds. ``revisions`` are rows of the table of revisions; ``same`` counts what stays."""

    source: Source
    published: date
    added: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    register: list[Row] = field(default_factory=list)
    same: int = 0

    @property
    def changes(self) -> bool:
        return bool(self.added or self.revisions)

    def lines(self) -> Iterator[str]:
        """Yield the diff, a line each."""
        kinds = [(len(self.added), "new"), (len(self.revisions), "revised"), (self.same, "as before")]
        yield f"{self.source.name}: {', '.join(f'{count} {kind}' for count, kind in kinds)} ({self.source.title})"
        for row in self.added:
            about = " ".join(row.get(column, "") for column in [*self.source.key, "value", "unit"])
            yield f"  + {self.source.table} {row['id']}: {about}"
        for row in self.revisions:
            yield f"  ~ {row['table']} {row['row']}, {row['field']}: {row['old']} -> {row['new']}"


class Ids:
    """Ids that no row has yet, after the highest that there is; none is given twice."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._last: dict[tuple[str, str], int] = {}

    def free(self, table: str, form: str) -> str:
        """Return the next id of a table's rows in the form."""
        if (table, form) not in self._last:
            start, _, rest = form.partition("{")
            end = rest.partition("}")[2]
            texts = (row["id"].removeprefix(start).removesuffix(end) for row in self._package.published(table))
            self._last[table, form] = max((int(text) for text in texts if text.isdigit()), default=0)
        self._last[table, form] += 1
        return form.format(self._last[table, form])


def plan(source: Source, loaded: Loaded, package: Package, ids: Ids, day: date) -> Plan:
    """Compare what a source publishes with what was accepted of it. Raises SourceError for what cannot be right."""
    found = Plan(source, loaded.published)
    columns = [described["name"] for described in package.resource(source.table)["schema"]["fields"]]
    if not loaded.rows:
        raise SourceError("found no rows, expected some")
    if loaded.published > day:
        raise SourceError(f"found an edition of {loaded.published}, which is still to come, expected one up to {day}")
    accepted = _accepted(source, package)
    edition = _edition(source, loaded.published)
    new: dict[tuple[str, ...], Row] = {}
    changed: list[tuple[Row, str]] = []
    for row in loaded.rows:
        key = _checked(row, source, columns)
        if key in new:
            raise SourceError(f"found {' '.join(key)} twice, expected it once")
        new[key] = row
    known = _latest(source, accepted) if source.snapshot else accepted
    for key, row in new.items():
        before = known.get(_without_period(source, key) if source.snapshot else key)
        if before is not None and _number(before["value"]) == _number(row["value"]):
            found.same += 1
        elif before is not None and not source.snapshot:
            changed.append((before, row["value"]))
        elif key in accepted:
            changed.append((accepted[key], row["value"]))
        else:
            found.added.append(row)
    if source.snapshot and found.added:  # a list is taken in whole, so that its parts add up on every day
        found.added, found.same = [row for key, row in new.items() if key not in accepted], 0
    ours = {"source_id": edition["id"], "known_from": str(loaded.published), "known_basis": source.known_basis}
    found.added = [row | ours | {"id": ids.free(source.table, source.ids)} for row in found.added]
    found.added = [{column: row.get(column, "") for column in columns} for row in found.added]
    if changed and REVISIONS not in package.resources:
        raise DataError(f"there is no table '{REVISIONS}', which holds changed values; describe it first")
    for before, value in changed:
        found.revisions.append(
            {"id": ids.free(REVISIONS, "REV{:03}"), "table": source.table, "row": before["id"], "field": "value"}
            | {"old": before["value"], "new": value, "reason": "The publisher's newer edition gives another value."}
            | {"source_id": edition["id"], "known_from": str(loaded.published)}
        )
    if found.changes and edition["id"] not in set(package.sources.index):
        registered = [described["name"] for described in package.resource("sources")["schema"]["fields"]]
        found.register = [{column: edition.get(column, "") for column in registered}]
    return found


def _checked(row: Row, source: Source, columns: list[str]) -> tuple[str, ...]:
    """Return a row's key. Raises for columns that the table does not have, and for a value that cannot be."""
    for column in row:
        if column not in columns or column in _OURS:
            raise DataError(f"the loader gives the column '{column}'{nearest(column, columns)}")
    key = tuple(row[column] for column in source.key)
    low, high = source.plausible
    value = _number(row["value"])
    if not low <= value <= high:
        raise SourceError(f"found the value {row['value']} for {' '.join(key)}, expected {low:,g} to {high:,g}")
    return key


def _accepted(source: Source, package: Package) -> dict[tuple[str, ...], Row]:
    """Return the rows of earlier editions by key; of several with one key, the one known last."""
    rows = [row for row in package.published(source.table) if re.search(source.series, row["source_id"])]
    rows.sort(key=lambda row: row["known_from"])
    return {tuple(row[column] for column in source.key): row for row in rows}


def _latest(source: Source, accepted: dict[tuple[str, ...], Row]) -> dict[tuple[str, ...], Row]:
    """Return the last row of each figure."""
    ordered = sorted(accepted.items(), key=lambda item: item[1]["period"])
    return {_without_period(source, key): row for key, row in ordered}


def _without_period(source: Source, key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for column, part in zip(source.key, key, strict=True) if column != "period")


def _edition(source: Source, published: date) -> Row:
    try:
        return {column: text.format(published=published) for column, text in source.register.items()}
    except (KeyError, IndexError, ValueError) as error:
        raise DataError(f"{source.place}, register: found a place holder that is not 'published' ({error})") from None


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise SourceError(f"found the value '{text}', expected a number") from None
