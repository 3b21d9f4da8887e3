"""Forms of charts that several figures share, in the house style."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd


def range_rows(
    rows: pd.DataFrame,
    marks: pd.DataFrame | None = None,
    *,
    domain: tuple[float, float],
    ticks: list[float],
    suffix: str = "",
    step: int = 46,
) -> alt.LayerChart | alt.FacetChart:
    """Draw one horizontal range a row, with its name above it and its value in words at its end.

    Parameters
    ----------
    rows
        Columns ``row`` (name, unique), ``low`` and ``high`` (in the unit of the axis; equal where there is no range),
        ``text`` (the value in words) and ``colour``; drawn in this order.
    marks
        Single estimates on the rows: ``row``, ``value``, ``colour`` and ``filled`` (False: hollow). Without them the
        ranges are solid bars.
    domain, ticks, suffix
        The axis in the unit of ``low`` and ``high``, its ticks, and what stands behind each number.
    step
        Height of a row in pixels.
    """
    # Selected columns only: what is not drawn does not travel with the chart.
    base = alt.Chart(rows[["row", "low", "high", "text", "colour"]])
    y = alt.Y("row:N", sort=list(rows["row"]), axis=None)
    axis = alt.Axis(values=ticks, labelExpr=f"datum.value + {suffix!r}")
    x = alt.X("low:Q", title=None, scale=alt.Scale(domain=list(domain), nice=False), axis=axis)
    colour = alt.Color("colour:N", scale=None)
    name: dict[str, Any] = {"align": "left", "baseline": "bottom", "dy": -4}
    halo = base.mark_text(**name, stroke="#ffffff", strokeWidth=5).encode(x=alt.value(0), y=y, text="row:N")
    names = base.mark_text(**name).encode(x=alt.value(0), y=y, text="row:N")
    values = base.mark_text(align="left", dx=12, dy=8, fontWeight=600).encode(
        x="high:Q", y=y, text="text:N", color=colour
    )
    if marks is None:
        bars = base.mark_bar(height=15, yOffset=9, cornerRadius=2).encode(x=x, x2="high:Q", y=y, color=colour)
        return alt.layer(bars, values, halo, names).properties(height=step * len(rows))
    bars = base.mark_rule(strokeWidth=9, opacity=0.3, strokeCap="round", yOffset=8).encode(
        x=x, x2="high:Q", y=y, color=colour
    )
    shown = marks.assign(fill=marks["colour"].where(marks["filled"], "#ffffff"))[["row", "value", "colour", "fill"]]
    dots = (
        alt.Chart(shown)
        .mark_point(size=75, filled=True, opacity=1, strokeWidth=1.8, yOffset=8)
        .encode(x="value:Q", y=y, stroke=alt.Stroke("colour:N", scale=None), fill=alt.Fill("fill:N", scale=None))
    )
    return alt.layer(bars, dots, values, halo, names).properties(height=step * len(rows))


def stacked_rows(
    parts: pd.DataFrame, colours: dict[str, str], *, domain: tuple[float, float], ticks: list[float], narrow: bool
) -> alt.LayerChart | alt.FacetChart:
    """Draw one stacked bar a row, with its name above it and a legend of the parts on top.

    ``parts``, in order: ``row`` (name), ``part`` (a key of ``colours``) and ``value`` in the unit of the axis.
    """
    rows = list(dict.fromkeys(parts["row"]))
    data = parts[["row", "part", "value"]].assign(order=parts["part"].map([*colours].index))
    y = alt.Y("row:N", sort=rows, axis=None)
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=list(domain), nice=False), axis=alt.Axis(values=ticks))
    legend = alt.Legend(title=None, columns=2 if narrow else 4, labelLimit=200)
    bars = (
        alt.Chart(data)
        .mark_bar(height=16, yOffset=9)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "part:N", scale=alt.Scale(domain=[*colours], range=[*colours.values()]), sort=[*colours], legend=legend
            ),
            order="order:Q",
        )
    )
    names = (
        alt.Chart(pd.DataFrame({"row": rows}))
        .mark_text(align="left", baseline="bottom", dy=-3)
        .encode(x=alt.value(0), y=y, text="row:N")
    )
    return alt.layer(bars, names).properties(height=46 * len(rows))
