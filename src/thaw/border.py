"""Counts at a border made comparable: the pace of counts that cover days, months or years, and closures in days."""

from __future__ import annotations

import pandas as pd


def with_pace(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts with their length and their pace, so that a week and a year can stand on one scale.

    Parameters
    ----------
    counts
        Rows with ``start`` and ``end`` (first and last day, both counted) and ``value`` (a number of events).

    Returns
    -------
    pandas.DataFrame
        The same rows with ``days`` (whole days), ``pace`` (events a day) and ``until`` (the day after the last).
    """
    days = (counts["end"] - counts["start"]).dt.days + 1
    return counts.assign(days=days, pace=counts["value"] / days, until=counts["end"] + pd.Timedelta(days=1))


def best_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Keep one count for each first day: an undisputed one before one whose note says ``conflict``, then an exact one.

    Of equally good counts the first in the table is kept. Use it where one mark or one divisor is needed; the others
    stay evidence.
    """
    disputed = counts["note"].str.contains("conflict", na=False)
    order = counts.assign(_disputed=disputed, _hedged=counts["qualifier"] != "exact")
    order = order.sort_values(["start", "_disputed", "_hedged"], kind="stable")
    return order.drop_duplicates("start").drop(columns=["_disputed", "_hedged"])


def closure(regime: pd.DataFrame, crossing: str, reopened_as: str = "") -> dict[str, object]:
    """Return when a crossing was shut and when it opened again, from a table of dated events.

    Parameters
    ----------
    regime
        Rows with ``crossing``, ``event``, ``status``, ``start``, ``id``. Rows with the status ``claim`` do not count.
    crossing
        How the crossing's name begins.
    reopened_as
        How the name begins in the row of the reopening, where it differs.

    Returns
    -------
    dict
        ``shut`` and ``opened`` (days, or NaT), ``days`` (whole days between them, or None) and ``rows`` (ids).
    """
    firm = regime[regime["status"] != "claim"]
    shut = firm[firm["crossing"].str.startswith(crossing) & firm["event"].str.startswith("closed")]
    opened = firm[firm["crossing"].str.startswith(reopened_as or crossing) & firm["event"].str.startswith("reopened")]
    first, last = shut["start"].min(), opened["start"].min()
    days = None if pd.isna(first) or pd.isna(last) else (last - first).days
    return {"shut": first, "opened": last, "days": days, "rows": [*shut["id"], *opened["id"]]}
