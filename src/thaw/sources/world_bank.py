"""World Bank commodity prices: the monthly workbook (Pink Sheet)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from press.errors import SourceError
from press.refresh import Loaded
from press.refresh.formats import read_sheet

_MONTH = re.compile(r"(\d{4})M(\d{2})")
_UPDATED = re.compile(r"Updated on (\w+ \d{1,2}, \d{4})")
#: What the bank prints for a month without a quotation.
_MISSING = ("…", "..", "...", "", None)
#: The table begins within the first rows of the sheet.
_BANNER = 12


def monthly_prices(content: bytes, settings: Mapping[str, Any], day: date) -> Loaded:
    """Read one price, month by month from ``settings["first"]`` (ISO month) on.

    ``settings``: ``sheet``, ``column`` and ``unit`` as the workbook has them, ``decimals`` kept, and ``fields`` that
    every row gets. The edition is dated by the line "Updated on" above the table.
    """
    rows = read_sheet(content, settings["sheet"])
    banner = [str(cell).strip() for row in rows[:_BANNER] for cell in row if cell is not None]
    updated = next((match for text in banner if (match := _UPDATED.search(text))), None)
    if updated is None:
        raise SourceError(f"sheet '{settings['sheet']}': found no line 'Updated on', expected the day of the edition")
    try:
        published = datetime.strptime(updated[1], "%B %d, %Y").date()
    except ValueError:
        raise SourceError(f"found 'Updated on {updated[1]}', expected a day as in June 2, 2026") from None
    top, column = _find_column(rows, settings)
    found = []
    for number, cells in enumerate(rows[top + 2 :], top + 3):
        month = _MONTH.fullmatch(str(cells[0]).strip()) if cells else None
        if month is None or f"{month[1]}-{month[2]}" < settings["first"] or len(cells) <= column:
            continue
        value = cells[column]
        if value in _MISSING:
            continue
        if not isinstance(value, int | float):
            raise SourceError(f"sheet '{settings['sheet']}', row {number}: found '{value}', expected a price")
        found.append(
            {
                **settings["fields"],
                "period": f"{month[1]}-{month[2]}",
                "value": f"{round(value, settings['decimals']):.15g}",
                "locator": f"sheet {settings['sheet']}, column {settings['column']}, row {month[0]}",
            }
        )
    return Loaded(published, found)


def _find_column(rows: list[tuple[Any, ...]], settings: Mapping[str, Any]) -> tuple[int, int]:
    """Return the places of the header row and of the column; the row below must name the unit."""
    for number, cells in enumerate(rows[:_BANNER]):
        names = [str(cell).strip() if cell is not None else "" for cell in cells]
        if settings["column"] in names:
            column = names.index(settings["column"])
            below = rows[number + 1] if len(rows) > number + 1 else ()
            unit = str(below[column]).strip() if len(below) > column else ""
            if unit != settings["unit"]:
                raise SourceError(
                    f"sheet '{settings['sheet']}', column {settings['column']}: found the unit '{unit}', "
                    f"expected '{settings['unit']}'"
                )
            return number, column
    header = max(rows[:_BANNER], key=lambda cells: sum(isinstance(cell, str) for cell in cells), default=())
    like = settings["column"].split()[0].lower()
    near = [str(cell).strip() for cell in header if like in str(cell).lower()]
    raise SourceError(
        f"sheet '{settings['sheet']}': found no column '{settings['column']}' in the first {_BANNER} rows"
        + (f", but {', '.join(repr(name) for name in near)}" if near else "")
        + "; expected it"
    )
