"""The exchange of concessions: releases of prisoners, and the steps on sanctions that they came with."""

from __future__ import annotations

import pandas as pd

#: Measures of the table ``releases`` that count a whole release, the best first.
TOTALS = ("freed_total", "pardoned_total", "handed_over_to_poland", "political_prisoners_freed")
#: Hedges of a count that only bounds it.
BOUNDS = ("at least", "over", "up to", "almost")


def waves(releases: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each release, in order of time.

    Parameters
    ----------
    releases
        The table ``releases`` (columns ``id, wave_id, measure, value, qualifier, envoy, us_concession, start,
        known_from``); values in persons.

    Returns
    -------
    pandas.DataFrame
        ``wave_id``; ``id``, ``start`` and ``freed`` of the first exact count in print of the best measure (persons);
        ``low`` and ``high``, the range of all counts of the whole release (persons); ``channel``: ``Washington`` where
        an American envoy took part, else ``Minsk``; ``concession``: what was given in return, empty if nothing was.
    """
    counted = releases[releases["measure"].isin(TOTALS)]
    rows = []
    for wave_id, group in counted.groupby("wave_id"):
        whole = group[~group["measure"].eq("political_prisoners_freed")]
        exact = group[~group["qualifier"].isin(BOUNDS)]
        pool = exact if len(exact) else group
        rank = pool["measure"].map(TOTALS.index)
        main = pool.assign(rank=rank).sort_values(["rank", "known_from", "id"]).iloc[0]
        everyone = releases[releases["wave_id"] == wave_id]
        total = everyone[everyone["measure"].isin([*TOTALS[:3], "arrived_abroad"])] if len(whole) else group
        envoys = everyone["envoy"].dropna()
        given = everyone["us_concession"].dropna()
        given = given[~given.str.contains("^none|no separate concession")]
        rows.append(
            {
                "wave_id": wave_id,
                "id": main["id"],
                "start": main["start"],
                "freed": float(main["value"]),
                "low": min(float(total["value"].min()), float(main["value"])),
                "high": max(float(total["value"].max()), float(main["value"])),
                "channel": "Minsk" if envoys[~envoys.str.contains("Holy See")].empty else "Washington",
                "concession": given.iloc[0] if len(given) else "",
            }
        )
    return pd.DataFrame(rows).sort_values(["start", "wave_id"]).reset_index(drop=True)


def answered(steps: pd.DataFrame, releases: pd.DataFrame, days: int = 7) -> pd.Series:
    """Say for each step (rows with ``start``) whether a release began at most ``days`` days before or after it."""

    def near(day: pd.Timestamp) -> bool:
        return bool(((releases["start"] - day).abs() <= pd.Timedelta(days=days)).any())

    return steps["start"].map(near).astype(bool)


def monthly_pace(releases: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Return the people ``freed`` a month (of 365.25 / 12 days) from ``first`` to ``last``, both days included."""
    inside = releases[(releases["start"] >= first) & (releases["start"] <= last)]
    return float(inside["freed"].sum()) / (((last - first).days + 1) / (365.25 / 12))
