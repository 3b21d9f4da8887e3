"""Charts at the edge: odd values, odd text, odd sizes, odd settings."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd


def labelled(labels: list[str], title: str = "n") -> alt.Chart:
    """Return bars with these labels, in this order."""
    rows = pd.DataFrame({"label": labels, "n": range(1, len(labels) + 1)})
    return alt.Chart(rows, title=title).mark_bar().encode(alt.X("n:Q").title(title), alt.Y("label:N").sort(None))


def dots(x: list, y: list, **scale: object) -> alt.Chart:
    """Return points with their values as axis labels."""
    return alt.Chart(pd.DataFrame({"x": x, "y": y})).mark_point().encode(
        alt.X("x:Q"), alt.Y("y:Q").scale(**scale))  # fmt: skip


NUMBERS = [1, 10, 100, 1000, 10_000]
DAYS = pd.DataFrame(
    {"day": pd.to_datetime(["1492-10-12", "1815-06-18", "1914-07-28", "1969-07-20"]), "n": [1, 2, 3, 4]}
)
MANY = pd.DataFrame({"x": np.arange(5_000) % 97, "y": np.arange(5_000) * 7 % 89})
MARKUP = ["<b>&amp;</b>", '<img src=x onerror="alert(1)">', "a & b < c > d", 'say "id="x1" role="y"', "</svg><script>"]
TOLD = ["url(#clip0)", 'href="#sec2"', 'class="x" opacity="1"', "version 1.23456", 'aria-label="9.87654"', "it's `so`"]
RADIAL = alt.Gradient(
    gradient="radial", stops=[alt.GradientStop(color="gold", offset=0), alt.GradientStop(color="red", offset=1)]
)
linked = labelled(["home", "section"]).transform_calculate(to="datum.n == 1 ? '#section1' : 'chapter.html#part2.34567'")

CHARTS = {
    "nothing": alt.Chart(pd.DataFrame({"x": [], "y": []})).mark_bar().encode(x="x:N", y="y:Q"),
    "filtered-away": dots([1, 2], [3, 4]).transform_filter("datum.x > 9"),
    "one": dots([3], [4]),
    "one-line": dots([3], [4]).mark_line(),
    "no-encoding": alt.Chart(pd.DataFrame({"x": [1]})).mark_point(),
    "nulls": dots([1, None, 3, 4], [1, 2, None, 4]).mark_line(point=True),
    "invalid": dots([1, 2, 3, 4], [1, float("nan"), float("inf"), -float("inf")]),
    "invalid-shown": dots([1, 2, 3], [1, None, 3]).configure_mark(invalid=None),
    "small-numbers": dots([1e-12, 2e-12, 3e-12], [0.00001, 0.00002, 0.000035]),
    "small-ticks": dots([0.0001, 0.0002, 0.0003], [0.1234, 0.1235, 0.1236], zero=False),
    "large-numbers": dots([1e15, 2e15], [1e100, 3e100]),
    "numbers-told": alt.Chart(pd.DataFrame({"x": [1, 2], "t": ["3.14159", "0.00042"]})).mark_text()
        .encode(x="x:O", text="t:N"),
    "log": dots(NUMBERS, NUMBERS, type="log"),
    "symlog": dots(NUMBERS, [-1000, -1, 0, 1, 1000], type="symlog"),
    "sqrt": dots(NUMBERS, NUMBERS, type="sqrt"),
    "pow-reversed": dots(NUMBERS, NUMBERS, type="pow", exponent=0.3, reverse=True),
    "quantized": alt.Chart(pd.DataFrame({"n": range(30)})).mark_rect().encode(
        alt.X("n:O"), alt.Color("n:Q").bin(maxbins=5).scale(scheme="viridis")),
    "before-1970": alt.Chart(DAYS).mark_line(point=True).encode(x="day:T", y="n:Q"),
    "labels-long": labelled(["A label that goes on and on, far longer than the axis would like it to be " * 2,
        "short"]),
    "labels-many-lines": labelled(["one", "two"]).properties(title=alt.Title(["First line",
        "second"], subtitle=["a", "b"])),
    "labels-markup": labelled(MARKUP, "<i>&lt;</i>"),
    "labels-attributes": labelled(TOLD, 'id="a1" url(#b2)'),
    "labels-blank": labelled(["", "  two  spaces  ", "\ttab", "line\nbreak"]),
    "labels-cyrillic": labelled(["Беларусь", "Ўздзенскі раён", "Щёлково"], "Тонны калію"),
    "labels-chinese": labelled(["中国", "日本語", "한국어"], "数"),
    "labels-right-to-left": labelled(["مرحبا بالعالم", "שלום 123 עולם"], "عدد"),
    "labels-emoji": labelled(["🐓 hen", "👩‍🌾 farmer", "🇧🇾"], "🥚"),
    "names-odd": alt.Chart(pd.DataFrame({"a.b": [1, 2], "c[d]": [3, 4], "e f": ["<x>", '"y"']})).mark_bar().encode(
        alt.X("a\\.b:O"), alt.Y("c\\[d\\]:Q"), alt.Color("e f:N")),
    "rows-5000-binned": alt.Chart(MANY).mark_rect().encode(alt.X("x:Q").bin(), alt.Y("y:Q").bin(), color="count()"),
    "rows-5000-line": alt.Chart(MANY).mark_line(strokeWidth=0.5).encode(x="x:Q", y="y:Q"),
    "links": linked.encode(href="to:N"),
    "faint": dots([1, 2, 3], [1, 2, 3]).mark_circle(opacity=0.004, size=400) + dots([1, 2, 3], [1, 2, 3]).mark_point(
        fillOpacity=0.0456, strokeWidth=0.2046),
    "custom-shape": dots([1, 2], [1, 2])
        .mark_point(shape="M-1,-1L1,-1L0.12345,1.5Z", size=900, filled=True, angle=33.333),
    "gradients": labelled(["a", "b"]).mark_bar(color=RADIAL)
    | labelled(["a", "b"]).mark_bar(color=RADIAL, stroke="black"),
    "clip": dots([0, 5, 10], [0, 50, 20]).mark_line(clip=True).encode(
        alt.X("x:Q").scale(domain=[2, 8]), alt.Y("y:Q").scale(domain=[10, 40])),
    "config": labelled(["a", "b"]).configure(background="#eef", padding=20).configure_axis(
        grid=False, labelFontWeight="bold", labelFontSize=15).configure_view(stroke=None, cornerRadius=9),
    "transparent": labelled(["a", "b"]).configure(background="transparent"),
    "sized": dots([1, 2], [1, 2]).properties(width=300, height=120, padding={"left": 30, "top": 1, "right": 2,
        "bottom": 3}),
    "stepped": labelled(list("abcdef")).properties(height=alt.Step(11), width=200),
    "container": dots([1, 2], [1, 2]).properties(width="container"),
    "legends": alt.Chart(MANY.head(30)).mark_point(filled=True).encode(
        alt.X("x:Q"), alt.Y("y:Q"), alt.Color("y:Q").legend(orient="bottom"), alt.Size("x:Q").legend(orient="left")),
    "axis-time": alt.Chart(DAYS).mark_bar().encode(alt.X("day:T").axis(format="%e %b %Y", labelAngle=-40), y="n:Q"),
    "locale": dots([1, 2], [1_000_000, 2_000_000]).encode(alt.Y("y:Q").axis(format="$,.0f")),
}  # fmt: skip
