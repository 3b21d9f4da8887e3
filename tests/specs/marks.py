"""Single views: bars, lines, areas, points and what statistics draw of them."""

from __future__ import annotations

import altair as alt
import pandas as pd
from vega_datasets import local_data as data

CARS, STOCKS, WEATHER = data.cars()[::3], data.stocks(), data.seattle_weather()[::2]
BARLEY, POWER, WHEAT = data.barley(), data.iowa_electricity(), data.wheat()
STEPS = pd.DataFrame({"step": ["start", "sold", "bought", "lost"], "amount": [100, 60, -35, -12]})
SPANS = pd.DataFrame(
    {
        "task": ["plough", "sow", "reap"],
        "start": pd.to_datetime(["2024-03-01", "2024-04-10", "2024-08-01"]),
        "end": pd.to_datetime(["2024-04-05", "2024-05-01", "2024-09-15"]),
    }
)

barley, cars, power = alt.Chart(BARLEY), alt.Chart(CARS), alt.Chart(POWER)
stocks, weather, wheat = alt.Chart(STOCKS), alt.Chart(WEATHER), alt.Chart(WHEAT)
yields = alt.X("sum(yield):Q")
over_time = stocks.encode(alt.X("date:T"), alt.Y("price:Q"))
monthly = weather.encode(alt.X("month(date):O"))
pair = barley.transform_filter("datum.variety == 'Trebi'").encode(alt.Y("site:N"))
sums = (
    alt.Chart(STEPS)
    .transform_window(total="sum(amount)", sort=[])
    .transform_calculate(before="datum.total - datum.amount")
    .encode(alt.X("step:N").sort(None))
)

CHARTS = {
    "bar": wheat.mark_bar().encode(x="year:O", y="wheat:Q"),
    "bar-lying": barley.mark_bar().encode(yields, y="variety:N"),
    "bar-sorted": barley.mark_bar().encode(yields, alt.Y("variety:N").sort("-x")),
    "bar-rounded": wheat.mark_bar(cornerRadiusEnd=4).encode(x="year:O", y="wheat:Q"),
    "bar-grouped": barley.mark_bar().encode(alt.X("site:N"), alt.Y("mean(yield):Q"), alt.Color("year:N"))
    .encode(xOffset="year:N"),
    "bar-stacked": barley.mark_bar().encode(yields, y="variety:N", color="site:N"),
    "bar-normalized": barley.mark_bar().encode(yields.stack("normalize"), y="variety:N", color="site:N"),
    "bar-diverging": alt.Chart(STEPS).mark_bar().encode(
        alt.X("amount:Q"), alt.Y("step:N"), color=alt.when("datum.amount > 0").then(alt.value("#2b5c9e"))
        .otherwise(alt.value("#b3263a"))
    ),
    "bar-labelled": (pair.mark_bar().encode(alt.X("mean(yield):Q"))
                     + pair.mark_text(dx=16)
        .encode(alt.X("mean(yield):Q"), text=alt.Text("mean(yield):Q", format=".1f"))),
    "histogram": cars.mark_bar().encode(alt.X("Horsepower:Q").bin(maxbins=20), y="count()"),
    "histogram-layered": cars.mark_bar(opacity=0.4, binSpacing=0).encode(
        alt.X("Horsepower:Q").bin(step=20), alt.Y("count()").stack(None), color="Origin:N"),
    "line": over_time.mark_line().transform_filter("datum.symbol == 'MSFT'"),
    "line-many": over_time.mark_line().encode(color="symbol:N"),
    "line-dashed": over_time.mark_line().encode(strokeDash="symbol:N"),
    "line-step": over_time.mark_line(interpolate="step-after").transform_filter("datum.symbol == 'GOOG'"),
    "line-pointed": over_time.mark_line(point=True).transform_filter("datum.symbol == 'GOOG'"),
    "line-slope": barley.mark_line(point=True).encode(alt.X("year:O"), alt.Y("median(yield):Q"), color="site:N"),
    "line-bump": stocks.mark_line(point=True, interpolate="monotone").transform_filter("year(datum.date) == 2009")
    .transform_window(rank="rank()", sort=[alt.SortField("price", order="descending")], groupby=["date"])
    .encode(alt.X("date:O").timeUnit("yearmonth"), alt.Y("rank:O"), color="symbol:N"),
    "line-ordered": alt.Chart(data.driving()).mark_line(point=True).encode(
        alt.X("miles:Q").scale(zero=False), alt.Y("gas:Q").scale(zero=False), order="year"),
    "trail": wheat.mark_trail().encode(x="year:Q", y="wheat:Q", size="wages:Q"),
    "area": over_time.mark_area().transform_filter("datum.symbol == 'GOOG'"),
    "area-gradient": over_time.mark_area(
        line={"color": "darkgreen"},
        color=alt.Gradient(gradient="linear", x1=1, x2=1, y1=1, y2=0,
                           stops=[alt.GradientStop(color="white", offset=0), alt.GradientStop("green", 1)]),
    ).transform_filter("datum.symbol == 'GOOG'"),
    "area-stacked": power.mark_area().encode(x="year:T", y="net_generation:Q", color="source:N"),
    "area-normalized": power.mark_area().encode(
        alt.X("year:T"), alt.Y("net_generation:Q").stack("normalize"), color="source:N"),
    "area-stream": alt.Chart(POWER).mark_area(interpolate="basis").encode(
        alt.X("year:T"), alt.Y("net_generation:Q").stack("center").axis(None), color="source:N"),
    "area-band": stocks.mark_area(opacity=0.4).encode(alt.X("year(date):T"), alt.Y("min(price):Q"))
    .encode(y2="max(price):Q"),
    "area-horizon": alt.layer(
        *(wheat.mark_area(clip=True, opacity=0.4, interpolate="monotone")
          .transform_calculate(over=f"datum.wheat - {50 * n}")
          .encode(alt.X("year:Q").scale(zero=False, nice=False), alt.Y("over:Q").scale(domain=[0, 50])) for n in (0, 1))
    ).properties(height=60),
    "scatter": cars.mark_point().encode(x="Horsepower:Q", y="Miles_per_Gallon:Q", color="Origin:N", shape="Origin:N"),
    "bubble": cars.mark_circle(opacity=0.5).encode(x="Horsepower:Q", y="Acceleration:Q", size="Weight_in_lbs:Q"),
    "strip": cars.mark_tick().encode(x="Horsepower:Q", y="Cylinders:O"),
    "jitter": cars.mark_circle(size=8).encode(alt.X("Miles_per_Gallon:Q"), alt.Y("Origin:N"))
    .transform_calculate(j="(datum.Displacement * 7) % 10").encode(yOffset="j:Q"),
    "square": cars.mark_square().encode(x="mean(Horsepower):Q", y="Origin:N"),
    "box": cars.mark_boxplot().encode(x="Origin:N", y="Horsepower:Q"),
    "box-range": cars.mark_boxplot(extent="min-max").encode(x="Horsepower:Q", y="Origin:N"),
    "error-bars": (barley.mark_errorbar(extent="stderr", ticks=True).encode(alt.X("yield:Q").scale(zero=False),
        y="variety:N")
                   + barley.mark_point(filled=True).encode(alt.X("mean(yield):Q"), y="variety:N")),
    "error-band": (cars.mark_errorband(extent="stdev", borders=True).encode(x="Year:T", y="Miles_per_Gallon:Q")
                   + cars.mark_line().encode(x="Year:T", y="mean(Miles_per_Gallon):Q")),
    "density": cars.mark_area().transform_density("Horsepower", groupby=["Origin"], as_=["hp", "density"])
    .encode(x="hp:Q", y="density:Q", color="Origin:N"),
    "regression": (cars.mark_point().encode(x="Horsepower:Q", y="Miles_per_Gallon:Q")
                   + cars.mark_line().transform_regression("Horsepower", "Miles_per_Gallon", method="poly", order=3)
                   .encode(x="Horsepower:Q", y="Miles_per_Gallon:Q")),
    "loess": cars.mark_line().transform_loess("Horsepower", "Miles_per_Gallon", groupby=["Origin"])
    .encode(x="Horsepower:Q", y="Miles_per_Gallon:Q", color="Origin:N"),
    "quantile": cars.mark_point().transform_quantile("Horsepower", step=0.05, as_=["p", "hp"])
    .transform_calculate(normal="quantileNormal(datum.p)").encode(x="normal:Q", y="hp:Q"),
    "heat-map": cars.mark_rect().encode(x="Cylinders:O", y="Origin:N", color="mean(Horsepower):Q"),
    "histogram-2d": cars.mark_rect().encode(alt.X("Horsepower:Q").bin(maxbins=20),
        alt.Y("Acceleration:Q").bin(maxbins=15),
                                            color="count()"),
    "calendar": weather.mark_rect().transform_filter("year(datum.date) == 2012")
    .encode(x="date(date):O", y="month(date):O", color="max(temp_max):Q"),
    "lollipop": pair.mark_rule().encode(alt.X("mean(yield):Q")) + pair.mark_circle(size=90).encode(x="mean(yield):Q"),
    "dumbbell": (pair.mark_line(color="#a3abb6").encode(x="yield:Q", detail="site:N")
                 + pair.mark_point(filled=True, size=80).encode(x="yield:Q", color="year:O")),
    "dot-plot": barley.mark_point().encode(x="median(yield):Q", y="site:N", color="year:N"),
    "waterfall": sums.mark_bar(size=40).encode(alt.Y("before:Q"), alt.Y2("total:Q")),
    "gantt": alt.Chart(SPANS).mark_bar().encode(x="start:T", x2="end:T", y="task:N"),
    "rule": over_time.mark_line().transform_filter("datum.symbol == 'IBM'")
    + alt.Chart(STOCKS).mark_rule(strokeDash=[4, 4]).encode(y="mean(price):Q"),
    "rule-datum": wheat.mark_line().encode(x="year:Q", y="wheat:Q")
    + alt.Chart().mark_rule(color="red").encode(x=alt.datum(1700)),
    "candles": alt.Chart(data.ohlc()).mark_rule().encode(alt.X("date:T"), alt.Y("low:Q").scale(zero=False), y2="high:Q")
    + alt.Chart(data.ohlc()).mark_bar(size=8).encode(x="date:T", y="open:Q", y2="close:Q"),
    "text": pair.mark_text(angle=20).encode(x="mean(yield):Q", text="site:N"),
    "table": cars.mark_text(align="left").transform_window(row="row_number()").transform_filter("datum.row < 9")
    .transform_fold(["Name", "Horsepower", "Origin"])
    .encode(alt.X("key:N").axis(orient="top"), alt.Y("row:O").axis(None), text="value:N"),
    "cumulative": wheat.mark_area().transform_window(total="sum(wages)", sort=[alt.SortField("year")])
    .encode(x="year:Q", y="total:Q"),
    "moving-average": weather.mark_line().transform_filter("year(datum.date) == 2012")
    .transform_window(mean="mean(temp_max)", frame=[-15, 15]).encode(x="date:T", y="mean:Q"),
    "min-max": monthly.mark_bar().encode(alt.Y("mean(temp_min):Q"), y2="mean(temp_max):Q"),
}  # fmt: skip
