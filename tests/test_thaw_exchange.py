"""The exchange of concessions, on releases made up for the purpose."""

from __future__ import annotations

import pandas as pd
import pytest

from thaw.exchange import answered, monthly_pace, waves

COLUMNS = ["id", "wave_id", "measure", "value", "qualifier", "envoy", "us_concession", "start", "known_from"]


def release(*rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(start=pd.to_datetime(frame["start"]), known_from=pd.to_datetime(frame["known_from"]))


RELEASES = release(
    ("R1", "A", "pardoned_total", 30.0, "exact", None, None, "2024-08-16", "2024-08-16"),
    ("R2", "B", "freed_total", 52.0, "exact", "John Coale", "airline", "2025-09-11", "2025-09-12"),
    ("R3", "B", "arrived_abroad", 51.0, "exact", "John Coale", None, "2025-09-11", "2026-03-05"),
    ("R4", "B", "freed_total", 51.0, "exact", "John Coale", "airline", "2025-09-11", "2025-12-13"),
    ("R5", "B", "political_prisoners_freed", 40.0, "exact", None, None, "2025-09-11", "2025-09-26"),
    ("R6", "C", "freed_total", 10.0, "at least", None, None, "2024-07-11", "2024-07-11"),
    ("R7", "C", "political_prisoners_freed", 18.0, "exact", None, None, "2024-07-01", "2024-09-30"),
    ("R8", "D", "pardoned_total", 2.0, "exact", "Holy See request", None, "2025-11-20", "2025-11-22"),
    ("R9", "E", "pardoned_total", 31.0, "exact", "US team", "none reported", "2025-11-22", "2025-11-22"),
)


@pytest.fixture
def found() -> pd.DataFrame:
    return waves(RELEASES).set_index("wave_id")


def test_first_exact_count_stands_and_others_make_the_range(found: pd.DataFrame) -> None:
    assert found.loc["B", ["id", "freed", "low", "high"]].tolist() == ["R2", 52.0, 51.0, 52.0]


def test_part_of_a_release_is_no_lower_count(found: pd.DataFrame) -> None:
    assert found.loc["B", "low"] == 51.0


def test_lower_bound_gives_way_to_an_exact_count(found: pd.DataFrame) -> None:
    assert found.loc["C", ["freed", "low", "high"]].tolist() == [18.0, 10.0, 18.0]


def test_channel_is_washington_only_with_an_american_envoy(found: pd.DataFrame) -> None:
    assert found["channel"].to_dict() == {
        "A": "Minsk", "B": "Washington", "C": "Minsk", "D": "Minsk", "E": "Washington",
    }  # fmt: skip


def test_no_concession_is_none(found: pd.DataFrame) -> None:
    assert found["concession"].to_dict() == {"A": "", "B": "airline", "C": "", "D": "", "E": ""}


def test_waves_are_in_order_of_time() -> None:
    assert waves(RELEASES)["wave_id"].tolist() == ["C", "A", "B", "D", "E"]


def test_answered_looks_both_ways_within_the_days(found: pd.DataFrame) -> None:
    steps = pd.DataFrame({"start": pd.to_datetime(["2025-09-04", "2025-09-18", "2025-09-19", "2025-11-04"])})
    assert answered(steps, found).tolist() == [True, True, False, False]
    assert answered(steps, found, days=20).all()


def test_monthly_pace_counts_both_ends(found: pd.DataFrame) -> None:
    year = monthly_pace(found, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31"))
    assert year == pytest.approx((52 + 2 + 31) / (365 / (365.25 / 12)))
    day = pd.Timestamp("2025-09-11")
    assert monthly_pace(found, day, day) == pytest.approx(52 * 365.25 / 12)
