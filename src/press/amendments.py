"""Amendments: what publishers revised and what the editors corrected. A row keeps what its source published first.

Two tables of the package hold them, ``revisions`` and ``corrections``; both have the columns of ``Amendment``. They are
applied whenever rows are read, so that an edition of an earlier day still shows what was known on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from press.errors import DataError, nearest

REVISIONS, CORRECTIONS = "revisions", "corrections"
#: In this order: a correction answers to what the publisher says today.
TABLES = (REVISIONS, CORRECTIONS)
#: What a row is. Another of these would be another row.
_FIXED = ("id", "source_id", "known_from")


@dataclass(frozen=True)
class Amendment:
    """One field of one row: ``old`` as it was published, ``new`` from the day ``known_from`` (ISO) on."""

    kind: str
    place: str
    id: str
    table: str
    row: str
    field: str
    old: str
    new: str
    reason: str
    source_id: str
    known_from: str

    @classmethod
    def read(cls, kind: str, path: str, rows: Iterable[Mapping[str, str]]) -> list[Amendment]:
        """Read the rows of a table of amendments, earliest first. Raises DataError for a missing column."""
        columns = ("id", "table", "row", "field", "old", "new", "reason", "source_id", "known_from")
        found = []
        for number, row in enumerate(rows, 2):
            missing = [column for column in columns if column not in row]
            if missing:
                raise DataError(f"data/{path}, header: found no column '{missing[0]}', expected it")
            place = f"data/{path}, row {number} ({row['id']})"
            found.append(cls(kind, place, *(row[column] for column in columns)))
        return sorted(found, key=lambda amendment: amendment.known_from)

    @property
    def done(self) -> str:
        """What was done to the value: ``revised`` or ``corrected``."""
        return "revised" if self.kind == REVISIONS else "corrected"

    def apply(self, rows: Mapping[str, dict[str, str]], place: str) -> None:
        """Put ``new`` in the place of ``old``. ``rows`` are those of the table ``place``, by id.

        Raises DataError if there is no such row or field, or if it does not hold ``old``.
        """
        if self.row not in rows:
            raise DataError(f"{self.place}, field row: found '{self.row}', expected an id of {place}")
        row = rows[self.row]
        if self.field not in row or self.field in _FIXED:
            allowed = [field for field in row if field not in _FIXED]
            raise DataError(
                f"{self.place}, field field: found '{self.field}', expected a field of {place} that can be amended"
                f"{nearest(self.field, allowed)}"
            )
        if row[self.field] != self.old:
            raise DataError(
                f"{self.place}, field old: found '{row[self.field]}' in row {self.row}, field {self.field} of {place}, "
                f"expected '{self.old}': the published value has changed, so the {self.kind.removesuffix('s')} "
                "must be looked at again"
            )
        row[self.field] = self.new
