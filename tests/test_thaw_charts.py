"""Shared forms of charts."""

from __future__ import annotations

import pandas as pd

from thaw.charts import range_rows

ROWS = pd.DataFrame(
    {"row": ["b", "a"], "low": [1.0, 2.0], "high": [3.0, 2.0], "text": ["1 to 3", "2"], "colour": ["#1f7a6d"] * 2}
)
MARKS = pd.DataFrame({"row": ["b", "b"], "value": [1.0, 3.0], "colour": ["#1f7a6d"] * 2, "filled": [True, False]})


def test_rows_keep_their_order_and_height() -> None:
    spec = range_rows(ROWS, domain=(0, 4), ticks=[0, 2, 4], step=50).to_dict()
    assert spec["height"] == 100
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["b", "a"]
    assert spec["layer"][0]["mark"]["type"] == "bar"


def test_marks_make_thin_ranges_with_filled_and_hollow_dots() -> None:
    spec = range_rows(ROWS, MARKS, domain=(0, 4), ticks=[0, 4], suffix="%").to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]][:2] == ["rule", "point"]
    fills = {row["fill"] for rows in spec["datasets"].values() for row in rows if "fill" in row}
    assert fills == {"#1f7a6d", "#ffffff"}
    assert spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"] == "datum.value + '%'"
