"""Arcs, maps, waffles, violins, and what transforms make of odd rows."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
from vega_datasets import local_data as data

SHARES = pd.DataFrame({"kind": ["hens", "geese", "ducks", "quails"], "count": [40, 25, 20, 15]})
AIRPORTS = data.airports().query("state in ['WA', 'OR', 'ID']")
CARS, STOCKS = data.cars()[::2], data.stocks()


def square(name: str, west: float, south: float) -> dict[str, Any]:
    """Return a GeoJSON feature of two degrees by two."""
    ring = [[west, south], [west, south + 2], [west + 2, south + 2], [west + 2, south], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {
        "type": "Feature",
        "id": name,
        "properties": {"name": name, "font": "of type", "sample": 1, "data": {"url": "none"}},
        "geometry": geometry,
    }


LAND = alt.InlineData(
    values={
        "type": "FeatureCollection",
        "features": [square("a", -124, 44), square("b", -121, 45), square("c", -118, 42)],
    },
    format=alt.DataFormat(property="features", type="json"),
)
COUNTS = pd.DataFrame({"id": ["a", "b", "c"], "hens": [3, 9, 27]})
ROUTE = pd.DataFrame({"lon": [-123.3, -120, -117], "lat": [44.5, 46, 43]})
TOPOLOGY = {
    "type": "Topology",
    "arcs": [[[0, 0], [0, 9], [9, 0], [0, -9], [-9, 0]]],
    "objects": {"field": {"type": "Polygon", "arcs": [[0]]}},
    "transform": {"scale": [0.5, 0.5], "translate": [20, 50]},
}

arcs = alt.Chart(SHARES).encode(alt.Theta("count:Q").stack(True), alt.Color("kind:N"))
land = alt.Chart(LAND).mark_geoshape(fill="#d9dde3", stroke="white")
airports = alt.Chart(AIRPORTS).mark_circle(size=12).encode(longitude="longitude:Q", latitude="latitude:Q")
lists = pd.DataFrame({"hen": ["Ada", "Eva"], "day": [["mon", "tue"], ["mon", "wed"]], "eggs": [[1, 2], [0, 3]]})
gaps = pd.DataFrame({"x": [1, 2, 3, 1, 3], "y": [2, 4, 3, 5, 6], "c": list("aaabb")})

CHARTS = {
    "pie": arcs.mark_arc(),
    "donut": arcs.mark_arc(innerRadius=60, padAngle=0.02, cornerRadius=4),
    "radial": arcs.mark_arc(innerRadius=20, stroke="#fff").encode(
        radius=alt.Radius("count:Q").scale(type="sqrt", zero=True, rangeMin=20)),
    "pie-labelled": (arcs.mark_arc(outerRadius=90) + arcs.mark_text(radius=110).encode(text="kind:N"))
        .properties(height=260),
    "waffle": alt.Chart(alt.sequence(0, 100, as_="n")).mark_square(size=200).transform_calculate(
        col="datum.n % 10", row="floor(datum.n / 10)").encode(
        alt.X("col:O").axis(None), alt.Y("row:O").axis(None), color=alt.when("datum.n < 37").then(alt.value("#2b5c9e"))
        .otherwise(alt.value("#d9dde3"))),
    "violin": alt.Chart(CARS).transform_density("Miles_per_Gallon", as_=["mpg",
        "density"], groupby=["Origin"]).mark_area(
        orient="horizontal").encode(
        alt.X("density:Q").stack("center").axis(None), alt.Y("mpg:Q"), alt.Color("Origin:N").legend(None),
        alt.Column("Origin:N").spacing(0)).properties(width=90),
    "image-less": alt.Chart(SHARES).mark_text(size=30).encode(x="kind:N", y="count:Q", text=alt.value("▲")),
    "map": land.project("mercator").properties(height=300),
    "map-topojson": alt.Chart(alt.InlineData(TOPOLOGY, format=alt.TopoDataFormat(feature="field", type="topojson")))
    .mark_geoshape().project("conicEqualArea"),
    "map-points": (land + airports).project("mercator").properties(height=300),
    "map-line": (land + alt.Chart(ROUTE).mark_line().encode(longitude="lon:Q", latitude="lat:Q"))
    .project("mercator").properties(height=300),
    "map-graticule": alt.Chart(alt.graticule(step=[15, 15])).mark_geoshape(filled=False).project("naturalEarth1"),
    "map-choropleth": land.transform_lookup("id", alt.LookupData(COUNTS, "id", ["hens"])).encode(
        fill=alt.Fill("hens:Q").scale(type="log")).project("equalEarth").properties(height=300),
    "fold": alt.Chart(data.wheat()).transform_fold(["wheat", "wages"]).mark_line().encode(
        x="year:Q", y="value:Q", color="key:N"),
    "flatten": alt.Chart(lists).transform_flatten(["day", "eggs"]).mark_bar().encode(x="day:N", y="eggs:Q",
        color="hen:N"),
    "pivot": alt.Chart(STOCKS).transform_pivot("symbol", groupby=["date"], value="price").mark_line().encode(
        x="date:T", y=alt.Y("AAPL:Q")),
    "impute": alt.Chart(gaps).transform_impute("y", key="x", groupby=["c"], value=0).mark_line(point=True).encode(
        x="x:Q", y="y:Q", color="c:N"),
    "impute-sequence": alt.Chart(gaps).mark_line().encode(
        alt.X("x:Q"), alt.Y("y:Q").impute(keyvals={"start": 0, "stop": 5}, method="mean"), color="c:N"),
    "lookup": alt.Chart(pd.DataFrame({"id": list("abcx"), "eggs": [1, 2, 3, 4]})).transform_lookup(
        "id", alt.LookupData(COUNTS, "id", ["hens"]), default="none").mark_point().encode(x="eggs:Q", y="hens:N"),
    "aggregate": alt.Chart(CARS).transform_joinaggregate(mean="mean(Horsepower)", groupby=["Origin"]).transform_filter(
        "datum.Horsepower > 2 * datum.mean").mark_bar().encode(x="Horsepower:Q", y="Name:N"),
    "top": alt.Chart(CARS).transform_aggregate(n="count()", groupby=["Name"]).transform_window(
        rank="row_number()", sort=[alt.SortField("n", order="descending"), alt.SortField("Name")]).transform_filter(
        "datum.rank <= 8").mark_bar().encode(x="n:Q", y=alt.Y("Name:N").sort("-x")),
    "stack": alt.Chart(SHARES).transform_stack(stack="count", as_=["a",
        "b"], groupby=[], offset="normalize").mark_rect()
    .encode(x="a:Q", x2="b:Q", color="kind:N"),
    "time-units": alt.Chart(data.seattle_weather()[::5]).mark_line(point=True).encode(
        alt.X("monthdate(date):T").title("Day"), alt.Y("mean(precipitation):Q")),
    "time-utc": alt.Chart(STOCKS).mark_bar().encode(alt.X("utcyear(date):O"), alt.Y("max(price):Q")),
}  # fmt: skip
