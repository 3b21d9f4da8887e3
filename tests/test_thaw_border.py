"""Counts at a border made comparable."""

from __future__ import annotations

import pandas as pd
import pytest

from thaw.border import best_counts, closure, with_pace


def counted(*rows: tuple[str, str, float, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["start", "end", "value", "qualifier", "note"])
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def test_both_ends_of_a_period_count_as_days() -> None:
    paced = with_pace(
        counted(("2025-12-01", "2025-12-10", 4, "exact", None), ("2025-12-11", "2025-12-11", 180, "over", None))
    )
    assert paced["days"].tolist() == [10, 1]
    assert paced["pace"].tolist() == pytest.approx([0.4, 180])
    assert paced["until"].tolist() == [pd.Timestamp("2025-12-11"), pd.Timestamp("2025-12-12")]


def test_an_exact_count_goes_before_a_rounded_one_and_a_disputed_one_comes_last() -> None:
    best = best_counts(
        counted(
            ("2023-01-01", "2023-12-31", 26000, "almost", None),
            ("2023-01-01", "2023-12-31", 25701, "exact", "cited as Border Guard data"),
            ("2024-01-01", "2024-12-31", 29616, "exact", "conflict: lower than the other"),
            ("2024-01-01", "2024-12-31", 30400, "over", None),
        )
    )
    assert best["value"].tolist() == [25701, 30400]


def test_a_disputed_count_is_kept_where_there_is_no_other() -> None:
    assert best_counts(counted(("2024-01-01", "2024-12-31", 29616, "exact", "conflict")))["value"].tolist() == [29616]


REGIME = pd.DataFrame(
    [
        ("R1", "North gate", "closed", "reported", "2023-02-10"),
        ("R2", "North gate", "closed", "claim", "2023-02-09"),
        ("R3", "North gate", "reopening order signed", "reported", "2025-11-14"),
        ("R4", "North gate", "reopened: cars only", "reported", "2025-11-17"),
        ("R5", "South gate", "closed", "reported", "2024-03-01"),
    ],
    columns=["id", "crossing", "event", "status", "start"],
).assign(start=lambda frame: pd.to_datetime(frame["start"]))


def test_a_closure_runs_from_the_firm_closing_to_the_opening_itself() -> None:
    north = closure(REGIME, "North")
    assert (north["shut"], north["opened"]) == (pd.Timestamp("2023-02-10"), pd.Timestamp("2025-11-17"))
    assert north["days"] == 1011 and north["rows"] == ["R1", "R4"]


def test_a_gate_that_never_opened_has_no_length() -> None:
    south = closure(REGIME, "South")
    assert pd.isna(south["opened"]) and south["days"] is None and south["rows"] == ["R5"]
