"""Several views in one chart, and charts that answer: selections and parameters."""

from __future__ import annotations

import altair as alt
from vega_datasets import local_data as data

CARS, BARLEY, STOCKS, WEATHER = data.cars()[::4], data.barley(), data.stocks()[::2], data.seattle_weather()[::4]

cars, barley = alt.Chart(CARS), alt.Chart(BARLEY)
points = cars.mark_point().encode(x="Horsepower:Q", y="Miles_per_Gallon:Q", color="Origin:N")
counts = cars.mark_bar().encode(x="count()", y="Origin:N", color="Origin:N")
rain = alt.Chart(WEATHER).encode(alt.X("month(date):T"))
prices = alt.Chart(STOCKS).mark_line().encode(x="date:T", y="price:Q", color="symbol:N")
grey = alt.value("#d9dde3")

pick, brush = alt.selection_point(fields=["Origin"]), alt.selection_interval()
legend, zoom = alt.selection_point(fields=["symbol"], bind="legend"), alt.selection_interval(encodings=["x"])
near = alt.selection_point(nearest=True, on="pointerover", fields=["date"], empty=False)
least = alt.param(name="least", value=50, bind=alt.binding_range(min=40, max=240, step=10, name="At least "))
origin = alt.selection_point(
    fields=["Origin"], bind=alt.binding_select(options=[None, "USA", "Japan"], labels=["All", "USA", "Japan"])
)
engine = alt.selection_point(
    fields=["Cylinders"], bind=alt.binding_radio(options=[4, 6, 8], name="Cylinders "), value=4
)
big = alt.param(name="big", value=True, bind=alt.binding_checkbox(name="Large dots "))
words = alt.param(name="words", value="ford", bind=alt.binding(input="search", placeholder="Name"))
colour = alt.param(name="ink", value="#2b5c9e", bind=alt.binding(input="color"))

CHARTS = {
    "layer-dual": alt.layer(
        rain.mark_area(opacity=0.3, color="#57a44c").encode(alt.Y("average(temp_max):Q").title("°C")),
        rain.mark_line(stroke="#5276a7", interpolate="monotone").encode(alt.Y("average(precipitation):Q")),
    ).resolve_scale(y="independent"),
    "row": barley.mark_point().encode(x="yield:Q", y="variety:N", row="year:O"),
    "column": barley.mark_bar().encode(x="year:O", y="yield:Q", column="site:N", color="year:N"),
    "grid": barley.mark_bar().encode(x="mean(yield):Q", y="variety:N").properties(width=90, height=80)
    .facet(row="year:O", column=alt.Column("site:N").title(None)),
    "wrap": points.properties(width=150, height=120).facet("Origin:N", columns=2),
    "wrap-encoded": points.encode(facet=alt.Facet("Cylinders:O", columns=3)).properties(width=120, height=90),
    "column-plain": points.encode(column="Origin:N"),
    "row-line": prices.encode(row="symbol:N"),
    "wrap-plain": points.encode(facet=alt.Facet("Cylinders:O", columns=3)),
    "facet-independent": points.properties(width=130, height=100).facet("Origin:N")
    .resolve_scale(x="independent", y="independent"),
    "facet-layered": (rain.mark_line().encode(alt.Y("mean(temp_max):Q")) + rain.mark_line(color="red")
                      .encode(alt.Y("mean(temp_min):Q")))
        .properties(width=110, height=80).facet("weather:N", columns=3),
    "hconcat": points.properties(width=220) | counts.properties(width=160),
    "vconcat": points.properties(width=400) & counts,
    "concat": alt.concat(*(points.properties(width=120, height=100, title=f"No {n}") for n in range(5)), columns=3),
    "concat-nested": (points.properties(width=200) | (counts.properties(width=100) & counts.properties(width=100)))
    .resolve_scale(color="independent"),
    "of-width": lambda width: alt.vconcat(points.properties(width=width - 160), counts.properties(width=width - 160)),
    "repeat": cars.mark_point().encode(alt.X(alt.repeat("column"), type="quantitative"),
                                       alt.Y(alt.repeat("row"), type="quantitative"))
    .properties(width=120, height=100).repeat(row=["Horsepower", "Acceleration"], column=["Displacement",
        "Weight_in_lbs"]),
    "repeat-wrap": cars.mark_bar().encode(alt.X(alt.repeat("repeat"), type="quantitative").bin(), y="count()")
    .properties(width=150, height=100).repeat(["Horsepower", "Acceleration", "Displacement"], columns=2),
    "repeat-layer": alt.Chart(WEATHER).mark_line().encode(
        alt.X("month(date):T"), alt.Y(alt.repeat("layer"), aggregate="mean").type("quantitative"),
        color=alt.ColorDatum(alt.repeat("layer"))).repeat(layer=["temp_max", "temp_min"]),
    "select-point": counts.encode(color=alt.when(pick).then("Origin:N").otherwise(grey)).add_params(pick),
    "select-interval": points.encode(color=alt.when(brush).then("Origin:N").otherwise(grey)).add_params(brush),
    "select-legend": prices.encode(opacity=alt.when(legend).then(alt.value(1)).otherwise(alt.value(0.1)))
    .add_params(legend),
    "select-nearest": prices + prices.mark_point(filled=True).encode(
        opacity=alt.when(near).then(alt.value(1)).otherwise(alt.value(0))).add_params(near),
    "zoom": points.interactive(),
    "linked": (points.encode(color=alt.when(brush).then("Origin:N").otherwise(grey)).add_params(brush)
               & counts.transform_filter(brush)),
    "linked-repeat": cars.mark_circle().encode(
        alt.X("Horsepower:Q"), alt.Y(alt.repeat("column"), type="quantitative"),
        color=alt.when(brush).then("Origin:N").otherwise(grey)).properties(width=200, height=160).add_params(brush)
    .repeat(column=["Acceleration", "Displacement"]),
    "overview": (prices.encode(alt.X("date:T").scale(domain=zoom)).properties(width=500, height=200)
                 & prices.properties(width=500, height=60).add_params(zoom)),
    "slider": cars.mark_point().encode(x="Horsepower:Q", y="Acceleration:Q").transform_filter(
        alt.datum.Horsepower >= least).add_params(least),
    "dropdown": points.encode(opacity=alt.when(origin).then(alt.value(1)).otherwise(alt.value(0.1))).add_params(origin),
    "radio": points.transform_filter(engine).add_params(engine),
    "checkbox": points.encode(size=alt.when(big).then(alt.value(90)).otherwise(alt.value(15))).add_params(big),
    "search": cars.mark_bar().encode(x="count()", y="Name:N").transform_filter(
        "test(regexp(words, 'i'), datum.Name)").add_params(words),
    "colour": counts.encode(color=alt.value(alt.expr(colour.name))).add_params(colour),
    "tooltip": points.encode(tooltip=["Name:N", alt.Tooltip("Horsepower:Q", title="hp", format="d")]),
    "tooltip-all": cars.mark_circle(tooltip={"content": "data"}).encode(x="Horsepower:Q", y="Acceleration:Q"),
}  # fmt: skip
