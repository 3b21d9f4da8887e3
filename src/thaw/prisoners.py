"""Releases of prisoners: one count for each wave, and paces that can be compared."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Measures that count everyone let go in a wave, in the order in which they are preferred.
TOTALS = ("freed_total", "pardoned_total", "handed_over_to_poland", "political_prisoners_freed")

#: Mean length of a month in days.
DAYS_PER_MONTH = 365.25 / 12


def headline_waves(releases: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each wave: the one that counts the people let go (persons), in order of time.

    Sources count a wave several times, and in part they count different people. Taken is the first row of the most
    general measure; a count of political prisoners alone replaces it only if it is larger, for the total must then
    have been an early one. The added column ``channel`` says ``US`` where a US envoy or team took part and ``Minsk``
    elsewhere, which includes waves whose origin was not stated.
    """
    counted = releases[releases["measure"].isin(TOTALS) & releases["value"].notna()]
    first = counted.drop_duplicates(["wave_id", "measure"])
    rank = first["measure"].map(TOTALS.index)
    general = first.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates("wave_id")
    political = first[first["measure"] == "political_prisoners_freed"].set_index("wave_id")["value"]
    early = general["value"] < general["wave_id"].map(political)
    later = first[(first["measure"] == "political_prisoners_freed") & first["wave_id"].isin(general["wave_id"][early])]
    waves = pd.concat([general[~early].drop(columns="rank"), later])
    american = waves["envoy"].str.contains("US|Coale|Kellogg|Smith", na=False)
    waves = waves.assign(channel=american.map({True: "US", False: "Minsk"}))
    return waves.sort_values(["start", "wave_id"]).reset_index(drop=True)


def per_month(persons: float, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Return a pace in persons per mean month (30.44 days) for a count over the days from ``start`` to ``end``.

    Both days are part of the time counted.
    """
    days = (end - start).days + 1
    if days < 1:
        raise ValueError(f"the period ends on {end:%Y-%m-%d}, before its start on {start:%Y-%m-%d}")
    return persons / days * DAYS_PER_MONTH


def held_after(
    months: npt.NDArray[np.float64], held: float, new: float, freed: float, exit_rate: float
) -> npt.NDArray[np.float64]:
    """Return how many are held after ``months``, never fewer than none.

    Parameters
    ----------
    months
        Mean months from now.
    held
        Persons held now.
    new, freed
        Persons a month who are newly recognised, and who are let go in waves.
    exit_rate
        Share of those held who leave in all other ways, a month (0 to 1, not 0): terms served, other sentences.
    """
    level = resting_level(new, freed, exit_rate)
    return np.maximum(level + (held - level) * np.exp(-exit_rate * months), 0.0)


def resting_level(new: float, freed: float, exit_rate: float) -> float:
    """Return the number of persons held at which as many leave as come; below zero if all would be free before it."""
    if exit_rate <= 0:
        raise ValueError(f"the share that leaves a month is {exit_rate}, expected more than 0")
    return (new - freed) / exit_rate


def months_to_none(held: float, new: float, freed: float, exit_rate: float) -> float:
    """Return after how many months nobody is held; infinity if it never comes to that."""
    level = resting_level(new, freed, exit_rate)
    return math.log((held - level) / -level) / exit_rate if level < 0 else math.inf
