"""ISO 8601 periods as they stand in the data: a year, month, day, or an interval of two of them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from press.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

#: Not the calendar's, whose names are in the language of the machine.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PART = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


@cache  # a thousand rows share a hundred periods
def bounds(period: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last day of an ISO 8601 period.

    >>> bounds("2025-12")
    (Timestamp('2025-12-01 00:00:00'), Timestamp('2025-12-31 00:00:00'))

    Raises DataError if the text is no period, or ends before it starts.
    """
    import pandas as pd  # a command that has no period to read should not wait for it

    first, slash, last = period.partition("/")
    try:
        if (slash and not last) or not all(_PART.fullmatch(part) for part in (first, last or first)):
            raise ValueError
        start, end = pd.Timestamp(_days(first)[0]), pd.Timestamp(_days(last or first)[1])
    except ValueError:
        raise DataError(
            f"found the period '{period}', expected YYYY, YYYY-MM, YYYY-MM-DD or two of them with a '/'"
        ) from None
    if end < start:
        raise DataError(f"the period '{period}' ends before it starts")
    return start, end


def _days(part: str) -> tuple[date, date]:
    """Return the first and the last day of a year, a month or a day."""
    year, month, day = (int(number) for number in (part + "-0-0").split("-")[:3])
    first = date(year, month or 1, day or 1)
    return first, date(year, month or 12, day or monthrange(year, month or 12)[1])


def long_date(day: date | str) -> str:
    """Write a day as in ``13 December 2025``. Raises ValueError for a text that begins with no ISO date."""
    found = date.fromisoformat(str(day)[:10])
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def long_period(period: str) -> str:
    """Write an ISO period in words: ``2025``, ``December 2025``, ``13 December 2025`` or two of them with a dash."""
    first, _, last = period.partition("/")

    def words(part: str) -> str:
        if len(part) == 7:
            return long_date(f"{part}-01").partition(" ")[2]
        return part if len(part) == 4 else long_date(part)

    return f"{words(first)} – {words(last)}" if last else words(first)
