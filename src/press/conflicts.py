"""Which rows contradict each other: sources that give different numbers for the same thing, period and unit.

A hedge is part of what a source says. "About 17,500" does not contradict 17,447, while "over 10,500" contradicts
10,324. Rows of one source are never held against each other: they tell apart what the columns do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

#: How far beyond its number a hedge reaches.
NEAR = 0.05
_BELOW = ("about", "almost", "under", "up to", "at most")
_ABOVE = ("about", "over", "at least")


class Quantity(Protocol):
    """What is compared: a number as its file has it, its hedge and its source."""

    @property
    def value(self) -> str: ...
    @property
    def qualifier(self) -> str: ...
    @property
    def source_id(self) -> str: ...


Row = TypeVar("Row", bound=Quantity)


def _reach(row: Quantity) -> tuple[float, float]:
    """Return the least and the greatest number that agree with a row."""
    value = float(row.value)
    if row.qualifier == "from":
        return value, math.inf
    if row.qualifier == "to":
        return -math.inf, value
    near = abs(value) * NEAR
    return value - near * (row.qualifier in _BELOW), value + near * (row.qualifier in _ABOVE)


def disagree(one: Quantity, other: Quantity) -> bool:
    """Say whether two rows about the same thing contradict each other.

    The ends of two ranges are compared end with end; any other number with the range.
    """
    if one.source_id == other.source_id:
        return False
    if one.qualifier == other.qualifier and one.qualifier in ("from", "to"):
        return float(one.value) != float(other.value)
    (low, high), (other_low, other_high) = _reach(one), _reach(other)
    return high < other_low or other_high < low


def disagreeing(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows that at least one other of ``rows`` contradicts."""
    rows = list(rows)
    return (row for row in rows if any(disagree(row, other) for other in rows))
