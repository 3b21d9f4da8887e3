"""Waves of releases: which count stands for a wave, and paces per month."""

from __future__ import annotations

import pandas as pd
import pytest

from thaw.prisoners import headline_waves, per_month


def frame(*rows: tuple[object, ...]) -> pd.DataFrame:
    columns = ["id", "wave_id", "measure", "envoy", "start", "value"]
    data = pd.DataFrame(rows, columns=columns)
    return data.assign(start=pd.to_datetime(data["start"]))


def test_the_first_total_stands_for_a_wave() -> None:
    waves = headline_waves(
        frame(
            ("a", "w1", "freed_total", "John Coale", "2025-09-11", 52),
            ("b", "w1", "freed_total", "John Coale", "2025-09-11", 51),
            ("c", "w1", "political_prisoners_freed", None, "2025-09-11", 40),
            ("d", "w1", "arrived_abroad", None, "2025-09-11", 51),
        )
    )
    assert waves["id"].tolist() == ["a"]
    assert waves["channel"].tolist() == ["US"]


def test_a_larger_political_count_replaces_an_early_total() -> None:
    waves = headline_waves(
        frame(
            ("a", "w1", "freed_total", None, "2024-07-11", 10),
            ("b", "w1", "political_prisoners_freed", None, "2024-07-01", 18),
        )
    )
    assert waves["value"].tolist() == [18]
    assert waves["channel"].tolist() == ["Minsk"]


def test_waves_come_in_order_of_time_and_other_measures_are_left_out() -> None:
    waves = headline_waves(
        frame(
            ("a", "w2", "pardoned_total", "US (Coale channel)", "2025-11-22", 31),
            ("b", "w1", "political_prisoners_freed", None, "2025-09-16", 25),
            ("c", "w3", "sent_to_lithuania", None, "2025-12-13", 9),
            ("d", "w4", "pardoned_total", None, "2025-12-30", None),
        )
    )
    assert waves["wave_id"].tolist() == ["w1", "w2"]


def test_per_month_counts_both_days() -> None:
    pace = per_month(30.4375, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-30"))
    assert pace == pytest.approx(30.4375 / 30 * 30.4375)
    with pytest.raises(ValueError, match="before its start"):
        per_month(1, pd.Timestamp("2025-01-02"), pd.Timestamp("2025-01-01"))
