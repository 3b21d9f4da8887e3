"""Drawings: clean, and the same everywhere, whatever the chart says."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest

from press.errors import ChapterError
from press.figures import FONT, WIDE, draw_svg, spec_of
from press.live import size

ROWS = pd.DataFrame({"n": [1, 2], "label": ["one", "two"]})
CHART = alt.Chart(ROWS).encode(x="n:Q", y="label:N")


def drawn(chart: Any) -> str:
    with alt.theme.enable("default"):
        return draw_svg(spec_of(chart, WIDE, "here"), "here")


def texts(svg: str) -> list[str]:
    return ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_texts_stay_as_they_are() -> None:
    odd = ["1.23456", 'id="a1" class="b" role="c"', "url(#clip0)", "<b>&amp;</b>"]
    chart = alt.Chart(pd.DataFrame({"label": odd})).mark_point().encode(y=alt.Y("label:N").sort(None))
    assert set(odd) <= set(texts(drawn(chart)))
    small = alt.Chart(pd.DataFrame({"n": [0.0001, 0.0002]})).mark_point().encode(x="n:Q")
    assert "0.00015" in texts(drawn(small)), "and not 0"


def test_faint_marks_stay_faint() -> None:
    assert 'opacity="0.004"' in drawn(CHART.mark_point(opacity=0.004))


def test_links_lead_where_the_author_said() -> None:
    chart = CHART.mark_point().transform_calculate(to="datum.n == 1 ? '#part1' : 'https://a.example/b1.2345'")
    root = ElementTree.fromstring(drawn(chart.encode(href="to:N")))
    assert [a.get("href") for a in root.iter("{http://www.w3.org/2000/svg}a")] == [
        "#part1",
        "https://a.example/b1.2345",
    ]


def test_a_trellis_of_one_encoding_keeps_its_size() -> None:
    width, height = size(drawn(CHART.mark_point().encode(column="label:N").properties(width=90)))
    assert 180 < width < 400 and height > 20
    assert size(drawn(CHART.mark_point().encode(column="label:N")))[0] > 180
    assert size(drawn(CHART.mark_point()))[0] == WIDE


def test_a_chart_without_a_font_gets_the_bundled_one() -> None:
    assert f'font-family="{FONT}"' in drawn(CHART.mark_point()) and "sans-serif" not in drawn(CHART.mark_point())


def test_semibold_is_wider_than_regular() -> None:
    """The legend's title decides the width of the plot: it must be measured in the weight that the page has."""

    def plot(weight: int) -> str:
        title = "mmmmmmmmmmmmmmmmmmmmmmmm"
        chart = CHART.mark_bar().encode(color=alt.Color("n:Q").title(title))
        return drawn(chart.configure_legend(titleFontWeight=weight, titleLimit=400)).split('class="marks"')[1]

    assert plot(400).split("<path")[1] != plot(600).split("<path")[1] == plot(700).split("<path")[1]


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (alt.Chart("https://a.example/b.csv").mark_bar().encode(x="n:Q"), "loads https://a.example/b.csv, expected"),
        (
            CHART.mark_bar().transform_lookup("n", alt.LookupData(alt.UrlData("c.json"), "n", ["m"])),
            "the chart loads c.json",
        ),
        (CHART.mark_errorbar(extent="ci"), "draws a sample at random"),
        (CHART.mark_point().transform_sample(1), "draws a sample at random"),
        (CHART.mark_point().configure_axis(labelFont="Georgia"), "asks for the font Georgia, expected Source Sans Pro"),
        (CHART.mark_image().encode(url=alt.value("https://a.example/b.png")), "a picture is loaded from elsewhere"),
        (
            alt.Chart(pd.DataFrame({"e'f": [1]})).mark_bar().encode(x="e'f:Q"),
            "Vega-Lite cannot draw the chart: .*quote",
        ),
    ],
)
def test_a_chart_that_cannot_be_the_same_everywhere_is_refused(chart: Any, said: str) -> None:
    with pytest.raises(ChapterError, match=said):
        drawn(chart)
