"""Drawings too large for a page: texts stay, shapes go to a file, on light and on dark pages; limits are told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

import press.chapter
from press import Chapter, PressError, layers, live
from press.figures import WIDE, draw_svg, spec_of
from press.records import MIME, pack, read_records, unpack

RANDOM = np.random.default_rng(1)


def cloud(count: int) -> alt.Chart:
    points = pd.DataFrame(RANDOM.normal(size=(count, 2)).round(2), columns=["x", "y"])
    return alt.Chart(points).mark_circle(size=9, color="#2b5c9e").encode(x="x:Q", y="y:Q")


def drawn(chart: Any) -> str:
    with alt.theme.enable("default"):
        return draw_svg(spec_of(chart, WIDE, "here"), "here")


def test_texts_stay_and_shapes_go() -> None:
    marks = alt.Chart(pd.DataFrame({"n": [1, 2], "label": ["<one> &", "two"]})).encode(x="n:Q", y="n:Q")
    gradient = alt.Gradient(gradient="linear", stops=[alt.GradientStop(color="red", offset=0)])
    svg = drawn(marks.mark_bar(color=gradient) + marks.mark_text(clip=True, href="#there").encode(text="label:N"))
    texts, shapes = layers.divide(svg)
    assert re.findall(r"<text\b.*?</text>", texts) == re.findall(r"<text\b.*?</text>", svg) != []
    assert "<path" not in texts and "<line " not in texts and texts.count("<rect") == svg.count("<clipPath")
    assert 'href="#there"' in texts and "clip-path=" in texts, "a text keeps its link and is cut where it was"
    assert "<text" not in shapes and "<a " not in shapes and shapes.count("<path") == svg.count("<path")
    assert "linearGradient" in shapes and live.size(texts) == live.size(shapes) == live.size(svg)
    assert "<defs>" not in layers.divide(drawn(cloud(3)))[0], "what nothing uses is left out"


def test_a_picture_takes_the_companions_of_its_colours_on_dark_pages() -> None:
    sheet = """
    .press-drawing [fill="#2b5c9e"] { fill: light-dark(#2b5c9e, #7fb0f0); }
    .press-page a { color: light-dark(#1f2328, #e6e8eb); }"""
    dark = layers.companions(sheet)
    assert dark == {"#2b5c9e": "#7fb0f0"}, "those of the page are none of a drawing's"
    shapes = layers.divide(drawn(cloud(3)))[1]
    assert 'fill="#2b5c9e"' in shapes
    darkened = layers.darkened(shapes, dark)
    assert "#2b5c9e" not in darkened and darkened.count("#7fb0f0") == shapes.count("#2b5c9e")


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (
            cloud(9_900).encode(size="x:Q"),
            r"the shapes of the drawing weigh \d{3},\d{3} bytes compressed, expected at most 70,000",
        ),
        (
            alt.Chart(pd.DataFrame({"n": range(400)})).mark_text().encode(x="n:Q", text="n:Q"),
            r"figure 'x': the texts of the drawing weigh \d\d,\d{3} bytes, expected at most 20,000",
        ),
    ],
)
def test_a_drawing_too_heavy_for_a_page_is_refused_with_its_number(chart: Any, said: str) -> None:
    with pytest.raises(PressError, match=said):
        layers.check_weight(drawn(chart), "figure 'x'")


def test_rows_too_many_or_too_wide_are_refused_with_their_number() -> None:
    with pytest.raises(PressError, match=r"figure 'x': the chart carries 10,001 rows, expected at most 10,000"):
        spec_of(cloud(10_001), WIDE, "figure 'x'")
    wide = pd.DataFrame({"n": range(5_000), "hash": [str(n) for n in RANDOM.random(5_000)]})
    wide["more"] = [f"{a}{b}" for a, b in zip(wide["hash"], reversed(wide["hash"]), strict=True)]
    with pytest.raises(PressError, match=r"the chart's data weigh \d{3},\d{3} bytes compressed, expected at most 100"):
        spec_of(alt.Chart(wide).mark_bar().encode(x="n:Q"), WIDE, "figure 'x'")


def test_a_packed_spec_is_the_same_spec() -> None:
    odd = {"mark": "bar", "datasets": {"a": [{"x": 1, "y": None}, {"x": 2, "y": "é"}], "b": [{"x": 1}, {}], "c": []}}
    assert unpack(pack(odd)) == odd
    assert "\n" not in pack(odd) and pack(odd).count('"y"') == 1


def test_a_notebook_shows_a_large_drawing_as_a_picture_the_same_each_time(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(press.chapter, "emit", lambda record, text, **more: shown.append({MIME: record, **more}))
    chart = cloud(3_000)
    for _ in range(2):
        hens = Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
        hens.figure(chart, id="x", title="A cloud", subtitle="Pecks", alt="A cloud of pecks.", rows=hens.table("hens"))
    first, second = (data for data in shown if data[MIME]["kind"] == "figure")
    assert first == second and "image/svg+xml" not in first
    assert len(json.dumps(first)) < 200_000 < len(drawn(chart))
    notebook = tmp_path / "x.ipynb"
    notebook.write_text(json.dumps({"nbformat": 4, "cells": [{"outputs": [{"data": first}]}]}), "utf-8")
    (record,) = read_records(notebook)
    assert record["spec"] == spec_of(chart, WIDE, "x") and "packed" not in record and record["picture"]
    redrawn = live.drawings("hens-x", record, None)
    assert 'width="350"' in redrawn["narrow"] and redrawn["wide"].count("<path") > 3_000
