"""The shared data: a Frictionless Data Package whose one descriptor serves validation, loading and the data page."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from press.amendments import REVISIONS, Amendment
from press.amendments import TABLES as AMENDING
from press.descriptor import DTYPES, read_descriptor
from press.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Package:
    """The tables under ``root/data`` as ``datapackage.json`` describes them."""

    root: Path

    @cached_property
    def descriptor(self) -> dict[str, Any]:
        """The parsed ``datapackage.json``. Raises DataError for one that the press cannot work with."""
        return read_descriptor(self.root)

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The descriptor's resources by table name, in the descriptor's order."""
        return {resource["name"]: resource for resource in self.descriptor["resources"]}

    def resource(self, name: str) -> dict[str, Any]:
        """Return one table's descriptor. Raises DataError with the nearest name if there is none."""
        if name not in self.resources:
            raise DataError(f"there is no table '{name}'{nearest(name, self.resources)}")
        return self.resources[name]

    @cached_property
    def amendments(self) -> dict[str, list[Amendment]]:
        """Revisions and corrections by table, in the order in which they are applied.

        Raises DataError for one of a table that there is not.
        """
        found: dict[str, list[Amendment]] = {}
        for kind in AMENDING:
            if kind in self.resources:
                for amendment in Amendment.read(kind, self.resources[kind]["path"], self._read(kind)):
                    tables = [table for table in self.resources if table not in AMENDING]
                    if amendment.table not in tables:
                        raise DataError(
                            f"{amendment.place}, field table: found '{amendment.table}', expected a table"
                            f"{nearest(amendment.table, tables)}"
                        )
                    found.setdefault(amendment.table, []).append(amendment)
        return found

    def amended(self, name: str, as_of: str | None = None) -> list[Amendment]:
        """Return a table's amendments; with ``as_of`` (an ISO date) those that were public by that day."""
        return [a for a in self.amendments.get(name, ()) if as_of is None or a.known_from <= as_of]

    def rows(self, name: str, as_of: str | None = None) -> list[dict[str, str]]:
        """Return a table's rows as texts, amended: numbers keep the digits they were published with.

        With ``as_of`` (an ISO date) only what was public by that day: rows, revisions and corrections. Raises
        DataError for a file that is no table, and for an amendment that does not fit.
        """
        return self._amended_rows(name, self.amended(name, as_of), as_of)

    def by_day(self, name: str, field: str) -> list[dict[str, str]]:
        """Return ``rows`` sorted by the ISO date in a field. Raises DataError for one that is none."""
        rows = self.rows(name)
        for number, row in enumerate(rows, 2):
            try:
                row[field] = date.fromisoformat(row[field]).isoformat()
            except ValueError:
                raise DataError(
                    f"data/{self.resource(name)['path']}, row {number}, field {field}: found '{row[field]}', "
                    "expected a date as in 2025-12-31"
                ) from None
        return sorted(rows, key=lambda row: row[field])

    def published(self, name: str) -> list[dict[str, str]]:
        """Return ``rows`` as their publishers have them today: with revisions, without corrections."""
        return self._amended_rows(name, [a for a in self.amended(name) if a.kind == REVISIONS], None)

    def _amended_rows(self, name: str, amendments: list[Amendment], as_of: str | None) -> list[dict[str, str]]:
        rows = self._read(name)
        by_id = {row.get("id", ""): row for row in rows} if amendments else {}
        for amendment in amendments:
            amendment.apply(by_id, f"data/{self.resource(name)['path']}")
        return [row for row in rows if as_of is None or row.get("known_from", "") <= as_of]

    def _read(self, name: str) -> list[dict[str, str]]:
        """Read a table's rows as its file has them."""
        place = f"data/{self.resource(name)['path']}"
        try:
            with (self.root / place).open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                rows, header = list(reader), list(reader.fieldnames or ())
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise DataError(f"{place}: cannot be loaded ({why}), expected a table") from None
        for described in self.resource(name)["schema"]["fields"]:
            if header.count(described["name"]) != 1:
                found = "no column" if described["name"] not in header else "more than one column"
                raise DataError(f"{place}, header: found {found} '{described['name']}', expected it once")
        for number, row in enumerate(rows, 2):
            if None in row or None in row.values():
                raise DataError(
                    f"{place}, row {number}: found a row of another length, expected a cell for each column"
                )
        return rows

    def table(self, name: str, as_of: str | None = None) -> pd.DataFrame:
        """Load ``rows`` with the descriptor's types; a ``period`` column adds ``start`` and ``end`` (days)."""
        import pandas as pd  # what reads texts alone should not wait for it

        from press.periods import bounds

        fields = self.resource(name)["schema"]["fields"]
        rows = self.rows(name, as_of)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else [field["name"] for field in fields])
        writer.writeheader()
        writer.writerows(rows)
        try:
            frame = pd.read_csv(
                io.StringIO(text.getvalue()),
                dtype={field["name"]: DTYPES[field["type"]] for field in fields},
                keep_default_na=False,
                na_values=[""],
            )
        except ValueError as error:
            raise DataError(
                f"data/{self.resource(name)['path']}: cannot be loaded ({error}); 'press check data' says what is wrong"
            ) from None
        for field in fields:
            if field["type"] == "date":
                frame[field["name"]] = pd.to_datetime(frame[field["name"]])
        if "period" in frame:
            limits = [(None, None) if pd.isna(period) else bounds(period) for period in frame["period"]]
            frame[["start", "end"]] = pd.DataFrame(limits, index=frame.index, columns=["start", "end"]).astype(
                "datetime64[us]"
            )
        return frame

    @cached_property
    def sources(self) -> pd.DataFrame:
        """The register of sources, indexed by source id."""
        return self.table("sources").set_index("id")
