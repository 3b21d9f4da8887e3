"""Exile: who left prison, on which side of the border they were set down, and room for labels on a time axis."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

#: Words of a role that make a named prisoner a leader of the opposition (see claim X1).
LEADER_WORDS = "candidate|hopeful|campaign|leader|politician|founder|chair"

_WHOLE = ("freed_total", "pardoned_total")
_PART = ("political_prisoners_freed", "political_prisoners_identified")
_ABROAD = ("sent_to_ukraine", "sent_to_lithuania", "handed_over_to_poland")


def side_of(destination: object) -> str:
    """Say on which side of the border a destination lies: ``home``, ``abroad`` or ``not stated``.

    >>> side_of("home (Belarus)"), side_of("Lithuania"), side_of(float("nan"))
    ('home', 'abroad', 'not stated')
    """
    if not isinstance(destination, str) or not destination.strip():
        return "not stated"
    return "home" if "Belarus" in destination else "abroad"


def leaders(people: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each leader in the table of named prisoners.

    Columns: ``name``, ``role``, ``years`` (length of the sentence, NaN if not found), ``freed`` (day, NaT while held),
    ``destination``, ``side`` (``home``, ``abroad``, ``not stated`` or ``held``), ``refused`` (day on which the person
    refused to leave, NaT if never), ``claim`` (the release rests on a mere claim) and ``ids`` (rows of evidence).
    A person wrongly reported as freed counts as held until a row says otherwise.
    """
    named = people[people["role"].str.contains(LEADER_WORDS, case=False, na=False)]
    rows = []
    for name, group in named.groupby("name", sort=False):
        out = group[group["outcome"] == "released"].sort_values("start")
        refused = group[group["outcome"] == "refused"]
        rows.append(
            {
                "name": name,
                "role": group["role"].iloc[0],
                "years": group["value"].max(),
                "freed": out["start"].iloc[0] if len(out) else pd.NaT,
                "destination": out["destination"].iloc[0] if len(out) else None,
                "side": side_of(out["destination"].iloc[0]) if len(out) else "held",
                "refused": refused["start"].min() if len(refused) else pd.NaT,
                "claim": bool(len(out) and (out["status"] == "claim").all()),
                "ids": group["id"].tolist(),
            }
        )
    return pd.DataFrame(rows).sort_values(["freed", "name"], na_position="last").reset_index(drop=True)


def agreed(rows: pd.DataFrame) -> float:
    """Return the count of people that most rows give; among equals the lower one."""
    return float(rows["value"].mode().min())


def sides(releases: pd.DataFrame) -> pd.DataFrame:
    """Split each release into people set free abroad, at home, and those of whom the sources do not say.

    Columns: ``wave_id``, ``start`` (day), ``total``, ``abroad``, ``home``, ``unstated`` (persons) and ``ids``. The
    total is the count that most sources give (the lower one among equals); a count of political prisoners alone is
    used where no count of all the freed exists. Where a release went to both sides, those not counted as sent abroad
    stayed at home. Who refused to leave and was jailed again stands in none of the columns.
    """
    found = []
    for wave, group in releases.groupby("wave_id", sort=False):
        counts = group[group["measure"].isin(_WHOLE) & (group["qualifier"] == "exact")]
        if counts.empty:
            counts = group[group["measure"].isin(_PART)]
        if counts.empty:
            counts = group[group["measure"] == "handed_over_to_poland"]
        if counts.empty:
            continue
        total = agreed(counts)
        places = counts["destination"].dropna()
        parts = group[group["measure"].isin(_ABROAD)]
        inside = group[group["measure"] == "released_inside_belarus"]
        if len(parts):
            abroad = float(parts["value"].sum())
            home = float(inside["value"].sum()) if len(inside) else total - abroad
        elif len(places):
            abroad, home = (0.0, total) if side_of(places.iloc[0]) == "home" else (total, 0.0)
        else:
            abroad, home = 0.0, 0.0
        found.append(
            {
                "wave_id": wave,
                "start": counts["start"].min(),
                "total": total,
                "abroad": abroad,
                "home": home,
                "unstated": total - abroad - home,
                "ids": [*counts["id"], *parts["id"], *inside["id"]],
            }
        )
    return pd.DataFrame(found).sort_values("start").reset_index(drop=True)


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move ascending places apart until neighbours are at least ``gap`` from each other, moving each as little as is
    needed and keeping their order. The unit is that of ``places``.

    >>> spread([0, 1, 10], 4)
    [-1.5, 2.5, 10.0]
    """
    blocks: list[list[float]] = []
    for place in places:
        blocks.append([float(place)])
        while len(blocks) > 1 and _first(blocks[-1], gap) - _first(blocks[-2], gap) < gap * len(blocks[-2]) - 1e-9:
            last = blocks.pop()
            blocks[-1] += last
    return [_first(block, gap) + gap * step for block in blocks for step in range(len(block))]


def _first(block: Sequence[float], gap: float) -> float:
    """Return where a block of labels starts, so that its labels lie as near to their places as they can."""
    return sum(place - gap * step for step, place in enumerate(block)) / len(block)
