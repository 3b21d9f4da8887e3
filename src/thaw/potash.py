"""Potash arithmetic: shares of trade that follow from the other side's statistics."""

from __future__ import annotations

from typing import NamedTuple


class Range(NamedTuple):
    """A derived value between its bounds, all in the same unit."""

    low: float
    mid: float
    high: float


def share_of_exports(
    import_share: float, imports: float, years: tuple[float, float], exports: float, rounding: float = 0.5
) -> Range:
    """Return which share of a seller's exports (percent) went to a market, from the market's own import figures.

    Parameters
    ----------
    import_share
        The seller's share of the market's imports over a window of years, in percent, rounded to a whole number.
    imports
        The market's imports over the whole window, in tonnes of the unit of ``exports``.
    years
        How many years of the window the seller could deliver: shortest and longest reading. The fewer the years,
        the more arrived in each.
    exports
        The seller's exports to all markets in one of these years.
    rounding
        How far the true ``import_share`` may lie from the printed one, in percentage points.
    """
    short, long = years
    if not 0 < short <= long:
        raise ValueError(f"years: found {years}, expected two positive numbers in order")
    if exports <= 0:
        raise ValueError(f"exports: found {exports}, expected a positive number")

    def share(printed: float, delivering: float) -> float:
        return printed * imports / delivering / exports

    return Range(
        share(import_share - rounding, long),
        share(import_share, (short + long) / 2),
        share(import_share + rounding, short),
    )
