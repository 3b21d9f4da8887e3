"""Drawings of the chapter on the exile. Each takes its data and the width in pixels at which it is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from thaw.exile import spread
from thaw.style import ACCENT, COLOUR, GRID, INK, MUTED, QUIET

PAPER = "#ffffff"
FIRST = pd.Timestamp("2024-07-01") - pd.Timedelta(days=30)  # the axis starts a month before the first release
NARROW = 500  # below this width a drawing is for a phone

#: Which side of the border a person was set free on.
HUE = {"abroad": ACCENT, "home": COLOUR["Belarus"], "not stated": MUTED, "held": MUTED}
_SIDES = alt.Scale(domain=[*HUE], range=[*HUE.values()])


def _dates(field: str, first: pd.Timestamp, last: pd.Timestamp, narrow: bool, **axis: Any) -> Any:
    """Return a time axis with a label each January and July from 2024, or each second one on a phone."""
    days = [{"year": day.year, "month": day.month, "date": 1} for day in pd.date_range("2024-07-01", last, freq="6MS")]
    return alt.X(
        f"{field}:T",
        title=None,
        scale=alt.Scale(domain=[first.isoformat(), last.isoformat()]),
        axis=alt.Axis(format="%b %Y", values=days[::2] if narrow else days, **axis),
    )


def _names(field: str, order: Iterable[str], hidden: bool = False, **more: Any) -> Any:
    """Return a list of names down the side, a ``|`` in a name being the end of a line."""
    axis = alt.Axis(labelColor=INK, labelLimit=300, labelExpr="split(datum.label, '|')", **more)
    return alt.Y(f"{field}:N", sort=[*order], title=None, axis=None if hidden else axis)


def leader_chart(people: pd.DataFrame, width: int, deal: pd.Timestamp, last: pd.Timestamp) -> Any:
    """Draw one line for each person up to the day of release.

    ``people``: ``name``, ``end`` (day), ``side``, ``solid`` (the release is firmly known), ``place`` (text), ``years``
    (of the sentence, NaN if unknown), ``refused`` (day or NaT). ``last`` is the end of the axis on a wide page.
    """
    narrow = width < NARROW
    unit = "y" if narrow else "years"
    data = people.assign(
        label=[
            place + (f" · {years:.0f} {unit}" if pd.notna(years) else "")
            for place, years in zip(people["place"], people["years"], strict=True)
        ],
        name=people["name"].str.split().str[-1] if narrow else people["name"],
        fill=[HUE[side] if solid else PAPER for side, solid in zip(people["side"], people["solid"], strict=True)],
        begin=FIRST,
    )[["name", "begin", "end", "side", "fill", "label", "refused"]]
    y = _names("name", data["name"])
    end = _dates("end", FIRST, pd.Timestamp("2027-02-20") if narrow else last, narrow)
    base = alt.Chart(data).encode(y=y)
    text: dict[str, Any] = {"align": "left", "dx": 11}
    layers: list[Any] = [
        alt.Chart(pd.DataFrame({"end": [deal]})).mark_rule(color=INK, strokeDash=[3, 3]).encode(x=end),
        alt.Chart(pd.DataFrame({"end": [deal]}))
        .mark_text(text=f"{deal:%-d %b %Y}", align="right", dx=-6, y=-2, baseline="bottom")
        .encode(x=end),
        base.mark_rule(color=GRID, strokeWidth=1.5).encode(x=alt.X("begin:T"), x2="end:T"),
        base.mark_text(color=PAPER, stroke=PAPER, strokeWidth=5, strokeJoin="round", **text).encode(
            x=end, text="label:N"
        ),
        base.mark_point(size=90, strokeWidth=2, opacity=1).encode(
            x=end, stroke=alt.Stroke("side:N", scale=_SIDES, legend=None), fill=alt.Fill("fill:N", scale=None)
        ),
        base.mark_text(**text).encode(x=end, text="label:N", color=alt.Color("side:N", scale=_SIDES, legend=None)),
        alt.Chart(data.dropna(subset="refused"))
        .mark_point(shape="cross", angle=45, size=80, filled=True, color=INK, opacity=1)
        .encode(x="refused:T", y=y),
    ]
    return alt.layer(*layers).properties(height=27 * len(data))


def border_chart(releases: pd.DataFrame, width: int, last: pd.Timestamp) -> Any:
    """Draw each release as a bar: up for people set down abroad, down for people let go at home.

    ``releases`` as :func:`thaw.exile.sides` returns them. A ring marks a release whose destination is not stated.
    """
    narrow = width < NARROW
    abroad = releases[["start", "abroad"]].rename(columns={"abroad": "value"}).assign(side="abroad")
    home = releases[["start"]].assign(value=-releases["home"], side="home")
    bars = pd.concat([abroad, home]).query("value != 0")
    unstated = releases[releases["unstated"] == releases["total"]][["start"]].assign(value=0)
    low = bars["value"].min() - 33
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[low, 165], nice=False),
        axis=alt.Axis(values=[-200, -100, 0, 100], labelExpr="abs(datum.value)"),
    )
    x = _dates("start", FIRST, last, narrow, offset=4)
    colour = alt.Color("side:N", scale=_SIDES, legend=None)
    big = bars[(bars["value"] > 45) | (bars["value"] < -100)]
    big = big.assign(
        text=[
            f"{abs(value):.0f}" + (f" on {day:%-d %b %Y}" if abs(value) > 100 else "")
            for value, day in zip(big["value"], big["start"], strict=True)
        ]
    )
    key = pd.DataFrame(
        {
            "start": [pd.Timestamp("2024-06-20")] * 2,
            "value": [35, -60],
            "side": ["abroad", "home"],
            "text": ["Set down abroad ↑", "Let go in Belarus ↓"],
        }
    )
    label: dict[str, Any] = {"x": x, "y": y, "text": "text:N", "color": colour}
    layers: list[Any] = [
        alt.Chart(bars).mark_bar(size=5 if narrow else 8).encode(x=x, y=y, color=colour),
        alt.Chart(pd.DataFrame({"value": [0]})).mark_rule(color=INK).encode(y=y),
        alt.Chart(unstated)
        .mark_point(size=70, filled=True, fill=PAPER, stroke=MUTED, strokeWidth=1.8, opacity=1)
        .encode(x=x, y=y),
        alt.Chart(big[big["value"] > 0]).mark_text(dy=-9, fontWeight=600).encode(**label),
        alt.Chart(big[big["value"] < 0]).mark_text(dy=10, fontWeight=600).encode(**label),
        alt.Chart(key).mark_text(align="left", fontSize=14, fontWeight=600).encode(**label),
    ]
    return alt.layer(*layers).properties(height=320 if low < -150 else 260)


def timeline(events: pd.DataFrame, width: int, hues: Mapping[str, str], first: pd.Timestamp) -> Any:
    """Draw dated events down a line, true to scale, with their labels moved apart where days lie close.

    ``events``, in order: ``start`` (day), ``day`` (how the date is written), ``kind`` (a key of ``hues``), ``words``
    and ``more`` (added where there is room).
    """
    narrow = width < NARROW
    height = (44 if narrow else 34) * len(events) + 40
    last = events["start"].max() + pd.Timedelta(days=32)
    gap = (40 if narrow else 27) * (last - first).days / height
    rows = events[["start", "day", "kind", "words"]].copy()
    if not narrow:
        rows["words"] = rows["words"] + events["more"]
    rows["at"] = [
        first + pd.Timedelta(days=place) for place in spread([(day - first).days for day in rows["start"]], gap)
    ]
    scale = alt.Scale(domain=[first.isoformat(), last.isoformat()], reverse=True)
    axis = alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 3}, grid=False)
    y, at = alt.Y("start:T", title=None, scale=scale, axis=axis), alt.Y("at:T", scale=scale)
    hue = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=[*hues], range=[*hues.values()]))
    across = alt.Scale(domain=[0, 100])
    rail, put = alt.X(datum=1.5, scale=across, axis=None), alt.X(datum=9 if narrow else 6, scale=across)
    ends = pd.DataFrame({"a": [rows["start"].min()], "b": [rows["start"].max()]})
    base = alt.Chart(rows)
    text: dict[str, Any] = {"align": "left", "baseline": "middle"}
    layers: list[Any] = [
        alt.Chart(ends).mark_rule(color=QUIET, strokeWidth=2).encode(x=rail, y=alt.Y("a:T", scale=scale), y2="b:T"),
        base.mark_rule(color=QUIET).encode(x=rail, x2=alt.X2(datum=7 if narrow else 5), y=y, y2="at:T"),
        base.mark_point(filled=True, size=80, opacity=1).encode(x=rail, y=y, color=hue),
        base.mark_text(color=MUTED, dy=-8 if narrow else 0, **text).encode(x=put, y=at, text="day:N"),
        base.mark_text(dy=8 if narrow else 0, dx=0 if narrow else 108, **text).encode(
            x=put, y=at, text="words:N", color=hue
        ),
    ]
    return alt.layer(*layers).properties(height=height)


def vote_chart(lists: pd.DataFrame, width: int) -> Any:
    """Draw votes by list, with seats. ``lists``, in order: ``text`` (name), ``value`` (votes), ``value_seats``."""
    narrow = width < NARROW
    data = lists.assign(
        label=lists["text"].str.replace("Latushka and ", "Latushka and|") if narrow else lists["text"],
        says=[
            f"{votes:,.0f} · {seats:.0f}" + ("" if narrow else " seats")
            for votes, seats in zip(lists["value"], lists["value_seats"], strict=True)
        ],
        hue=(lists["value_seats"] > 0).map({True: ACCENT, False: QUIET}),
    )[["label", "value", "says", "hue"]]
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, data["value"].max() * (1.5 if narrow else 1.3)]))
    base = alt.Chart(data).encode(x=x, y=_names("label", data["label"]))
    bar = base.mark_bar(height={"band": 0.66}).encode(color=alt.Color("hue:N", scale=None))
    text = base.mark_text(align="left", dx=6).encode(text="says:N")
    return alt.layer(bar, text).properties(height=(36 if narrow else 31) * len(data))


def scale_chart(counts: pd.DataFrame, width: int) -> Any:
    """Draw counts and ranges of people on one scale from zero, in thousands.

    ``counts``, in order: ``label`` (two lines parted by ``|``), ``low`` and ``high`` (persons), ``says`` (the label of
    the mark), ``firm`` (counted, not estimated) and ``hue``.
    """
    narrow = width < NARROW
    data = counts.assign(
        span=counts["low"] < counts["high"],
        fill=counts["hue"].where(counts["firm"], PAPER),
        flat=counts["label"].str.replace("|", ", "),
    )[["label", "flat", "low", "high", "says", "span", "hue", "fill"]]
    y = _names("label", data["label"], hidden=narrow, labelPadding=14)
    left = -12_000 if narrow else 0
    across = alt.Scale(domain=[left, 760_000 if narrow else 700_000])
    axis = alt.Axis(grid=True, values=[0, 200_000, 400_000, 600_000], labelExpr="datum.value / 1000")
    x, hue = alt.X("low:Q", title=None, scale=across, axis=axis), alt.Stroke("hue:N", scale=None)
    base = alt.Chart(data).encode(y=y)
    layers: list[Any] = [
        base.transform_filter("datum.span")
        .mark_bar(height=13, filled=False, strokeWidth=2, cornerRadius=6)
        .encode(x=x, x2="high:Q", stroke=hue),
        base.transform_filter("!datum.span")
        .mark_point(size=110, strokeWidth=2, opacity=1)
        .encode(x=x, stroke=hue, fill=alt.Fill("fill:N", scale=None)),
        base.mark_text(align="left", dx=11, fontWeight=600).encode(x=alt.X("high:Q", scale=across), text="says:N"),
    ]
    if narrow:
        above = base.mark_text(align="left", dy=-18, color=INK)
        layers.append(above.encode(x=alt.X(datum=left, scale=across), text="flat:N"))
    return alt.layer(*layers).properties(height=(52 if narrow else 42) * len(data))


def poll_panels(panels: Sequence[tuple[pd.DataFrame, str, str]], width: int) -> Any:
    """Draw polls below one another, each in a panel of its own with who was asked.

    Each panel is a table (``option``, ``value`` in percent, ``sample``, ``hue``), its heading, and a line on who was
    asked, parted by `` · ``.
    """
    narrow = width < NARROW
    edge = 182 if narrow else 200  # room for the names of the options

    def panel(rows: pd.DataFrame, head: str, who: str) -> Any:
        data = rows.sort_values("value", ascending=False)
        asked = f"{who} · n = {data['sample'].iloc[0]:,.0f}"
        x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, 100]))
        y = _names("option", data["option"], minExtent=edge, maxExtent=edge)
        base = alt.Chart(data[["option", "value", "hue"]]).encode(x=x, y=y)
        bar = base.mark_bar(height={"band": 0.62}).encode(color=alt.Color("hue:N", scale=None))
        text = base.mark_text(align="left", dx=5).encode(text=alt.Text("value:Q", format=".4~g"))
        title = alt.TitleParams(
            head,
            subtitle=asked.split(" · ") if narrow else [asked],
            anchor="start",
            frame="group",
            dx=-edge,
            subtitleColor=MUTED,
            subtitleFontSize=13,
            offset=6,
        )
        return alt.layer(bar, text).properties(width=width - edge - 20, height=26 * len(data), title=title)

    return alt.vconcat(*(panel(*part) for part in panels), spacing=22)
