"""The side of the border on which people were set free, and the labels of a time line."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.exile import agreed, leaders, sides, spread
from thaw.exile_charts import border_chart, leader_chart, poll_panels, scale_chart, timeline, vote_chart


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=columns.split())
    return frame.assign(id=[f"R{n}" for n in range(len(frame))], start=pd.to_datetime(frame["start"]))


def test_leaders_follow_the_role_and_the_first_release() -> None:
    people = table(
        "name role outcome destination start value status",
        ("A", "party leader", "refused", "re-jailed", "2025-09-11", 14, "reported"),
        ("A", "party leader", "released", "home (Belarus)", "2026-02-19", 14, "reported"),
        ("B", "journalist", "released", "Lithuania", "2025-09-11", 5, "reported"),
        ("C", "Viasna deputy chair", "reported_in_error", None, "2025-12-13", 9, "claim"),
        ("D", "opposition politician", "released", None, "2025-12-13", float("nan"), "claim"),
    )
    found = leaders(people).set_index("name")
    assert list(found.index) == ["D", "A", "C"]
    assert found.loc["A", "side"] == "home" and found.loc["A", "refused"] == pd.Timestamp("2025-09-11")
    assert found.loc["C", "side"] == "held" and pd.isna(found.loc["C", "freed"])
    assert found.loc["D", "side"] == "not stated" and bool(found.loc["D", "claim"])


RELEASES = table(
    "wave_id measure destination start value qualifier",
    ("edict", "pardoned_total", "Belarus", "2024-08-16", 30, "exact"),
    ("retold", "freed_total", "Lithuania", "2025-06-21", 14, "exact"),
    ("retold", "freed_total", "Lithuania", "2025-06-21", 16, "exact"),
    ("deal", "freed_total", "Ukraine; Lithuania", "2025-12-13", 123, "exact"),
    ("deal", "sent_to_ukraine", "Ukraine", "2025-12-13", 114, "exact"),
    ("deal", "sent_to_lithuania", "Lithuania", "2025-12-13", 9, "exact"),
    ("mixed", "political_prisoners_freed", "Belarus; Lithuania", "2026-09-16", 25, "exact"),
    ("mixed", "sent_to_lithuania", "Lithuania", "2026-09-16", 4, "exact"),
    ("silent", "pardoned_total", None, "2026-09-24", 15, "exact"),
    ("early", "freed_total", "Belarus", "2024-07-11", 10, "at least"),
    ("early", "political_prisoners_freed", "Belarus", "2024-07-11", 18, "exact"),
    ("odd", "foreigners", "Lithuania", "2025-06-21", 10, "exact"),
)


@pytest.mark.parametrize(
    ("wave", "abroad", "home", "unstated"),
    [
        ("edict", 0, 30, 0),
        ("retold", 14, 0, 0),
        ("deal", 123, 0, 0),
        ("mixed", 4, 21, 0),
        ("silent", 0, 0, 15),
        ("early", 0, 18, 0),
    ],
)
def test_sides_of_the_border(wave: str, abroad: float, home: float, unstated: float) -> None:
    row = sides(RELEASES).set_index("wave_id").loc[wave]
    assert (row["abroad"], row["home"], row["unstated"]) == (abroad, home, unstated)


def test_a_wave_without_a_count_is_left_out() -> None:
    assert "odd" not in set(sides(RELEASES)["wave_id"])


def test_agreed_takes_the_commonest_count() -> None:
    assert agreed(pd.DataFrame({"value": [52, 52, 51]})) == 52


@given(st.lists(st.floats(-1e4, 1e4), max_size=20), st.floats(0.1, 100))
def test_spread_keeps_order_and_distance(places: list[float], gap: float) -> None:
    moved = spread(sorted(places), gap)
    assert len(moved) == len(places)
    assert all(b - a >= gap * (1 - 1e-6) - 1e-6 for a, b in itertools.pairwise(moved))


def test_spread_leaves_what_is_apart() -> None:
    assert spread([0, 10, 20], 5) == [0, 10, 20]


DAY = pd.Timestamp("2025-12-13")
NAMED = pd.DataFrame(
    {
        "name": ["Ann Free", "Ben Held"],
        "end": [DAY, DAY],
        "side": ["abroad", "held"],
        "solid": [True, False],
        "place": ["Lithuania", "still in prison"],
        "years": [9.0, float("nan")],
        "refused": pd.to_datetime([None, "2025-09-11"]),
    }
)
EVENTS = pd.DataFrame(
    {
        "start": [DAY, DAY],
        "day": ["13 Dec 2025"] * 2,
        "kind": ["a", "b"],
        "words": ["one", "two"],
        "more": [", here", ""],
    }
)
LISTS = pd.DataFrame({"text": ["Big", "Small"], "value": [90, 10], "value_seats": [8, 0]})
COUNTS = pd.DataFrame(
    {"label": ["a|b"], "low": [1e5], "high": [2e5], "says": ["100–200"], "firm": [False], "hue": ["#1f7a6d"]}
)
POLL = pd.DataFrame({"option": ["x"], "value": [38.0], "sample": [937], "hue": ["#1f7a6d"]})


@pytest.mark.parametrize("width", [680, 350])
def test_drawings_are_valid_at_both_widths(width: int) -> None:
    for chart in (
        leader_chart(NAMED, width, DAY, pd.Timestamp("2026-06-15")),
        border_chart(sides(RELEASES), width, pd.Timestamp("2026-11-30")),
        timeline(EVENTS, width, {"a": "#1f7a6d", "b": "#5b636e"}, pd.Timestamp("2025-06-01")),
        vote_chart(LISTS, width),
        scale_chart(COUNTS, width),
        poll_panels([(POLL, "Trust", "A pollster · some people")], width),
    ):
        assert {"layer", "vconcat"} & set(chart.to_dict())


def test_a_time_line_moves_labels_apart_but_not_dots() -> None:
    spec = timeline(EVENTS, 680, {"a": "#1f7a6d", "b": "#5b636e"}, pd.Timestamp("2025-06-01")).to_dict()
    rows = next(rows for rows in spec["datasets"].values() if len(rows) == 2)
    assert rows[0]["start"] == rows[1]["start"] and rows[0]["at"] < rows[1]["at"]
    assert rows[0]["words"] == "one, here"
