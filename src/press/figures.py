"""Draw charts as static SVG: the same bytes on every machine, in the page's own colours and font."""

from __future__ import annotations

import base64
import json
import re
import threading
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from press.errors import ChapterError

#: Widths in CSS pixels of the two drawings of a figure: the text column, and a phone.
WIDE, NARROW = 680, 350

#: What stands in a notebook as drawings and as a spec. A figure with more shows a picture there, and the press draws it
#: anew for the site: two drawings of this size and the rows, each value on a line of its own, are a megabyte.
NOTEBOOK_LIMIT = 150_000

#: 10,000 marks are more than a column of 680 pixels can show apart.
ROWS_LIMIT = 10_000

#: What the rows of a chart may weigh, compressed: exploring a figure may cost 310 KB, and Vega takes 205 of them.
EXPLORE_LIMIT = 100_000

Draw = Callable[[int], Any]

#: A tag with its attributes. Vega escapes "<" and ">" in their values, and in texts, which stay as they are.
_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r' ([\w:-]+="[^"]*")')
_DROP = re.compile(r'(?:role|aria-[a-z]+|pointer-events|xmlns:xlink|version)=|class="(?!marks)')
_EMPTY = re.compile(r'<path(?: display="none")? d=""(?: display="none")?/>|<path d="M0,0h0v0h0Z"/>|<g></g>')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_KEPT = re.compile(r"[a-z-]*opacity=|font-family=")
_ID = re.compile(r'\A(id="|[\w-]+="url\(#)([A-Za-z_]+)(\d+)')

#: Where vl-convert believes that a relative link leads.
_BASE = "https://vega.github.io/vega-datasets/"

#: The family that is bundled; for charts that name no other, since every machine has a sans-serif of its own.
FONT = "Source Sans Pro"

#: The version of Vega-Lite that Altair writes for, as vl-convert names it.
VEGA_LITE = alt.SCHEMA_VERSION.lstrip("v").rsplit(".", 1)[0]


@cache
def register_fonts() -> None:
    vl_convert.register_font_directory(str(Path(__file__).parent / "fonts"))


@cache
def wake() -> None:
    """Start what draws, beside whatever else is done: its first drawing takes most of a second."""
    threading.Thread(target=vl_convert.vega_to_svg, args=({"marks": []},)).start()


def spec_of(chart: Any, width: int, place: str) -> dict[str, Any]:
    """Return the Vega-Lite spec of a chart, or of what a function of the width draws.

    A plain or layered chart without a width of its own is fitted to ``width``; a facet or concatenation must be given
    as a function of the width if it is to fit.
    """
    drawn = chart(width) if callable(chart) and not isinstance(chart, alt.TopLevelMixin) else chart
    if not isinstance(drawn, alt.TopLevelMixin):
        raise ChapterError(
            f"{place}: found a {type(drawn).__name__}, expected an Altair chart or a function of the width"
        )
    with alt.data_transformers.enable(
        "default", max_rows=None
    ):  # Altair counts each table alone; we count them together
        spec: dict[str, Any] = drawn.to_dict()
    rows = sum(len(rows) for rows in spec.get("datasets", {}).values() if isinstance(rows, list))
    if rows > ROWS_LIMIT:
        raise ChapterError(
            f"{place}: the chart carries {rows:,} rows, expected at most {ROWS_LIMIT:,}; "
            "aggregate or bin them before they are drawn"
        )
    weighs = len(zlib.compress(json.dumps(spec).encode(), 6))
    if weighs > EXPLORE_LIMIT:
        raise ChapterError(
            f"{place}: the chart's data weigh {weighs:,} bytes compressed, expected at most {EXPLORE_LIMIT:,}; "
            "leave out columns that are not drawn, or aggregate the rows"
        )
    if fault := _unfit(spec):
        raise ChapterError(f"{place}: the chart {fault}")
    spec["config"] = {"font": FONT, **spec.get("config", {})}
    trellis = {"row", "column", "facet"} & spec.get("encoding", {}).keys()
    if {"mark", "layer"} & spec.keys() and not trellis and not isinstance(spec.get("width"), int | float | dict):
        spec["width"] = width
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def _unfit(part: Any) -> str | None:
    """Say what in a spec would make its drawing differ from one machine, or one day, to the next."""
    if isinstance(part, list):
        return next(filter(None, map(_unfit, part)), None)
    if not isinstance(part, dict):
        return None
    data = part.get("data")
    if isinstance(data, dict) and "url" in data:
        return f"loads {data['url']}, expected its data in the chart"
    if part.get("extent") == "ci" or part.get("aggregate") in ("ci0", "ci1") or "sample" in part:
        return "draws a sample at random, expected the same picture each time; sample, or estimate, in the chapter"
    for key, value in part.items():
        if key.lower().endswith("font") and isinstance(value, str) and value != FONT:
            return f"asks for the font {value}, expected {FONT}, which is bundled"
    return next(
        (fault for key, value in part.items() if key not in ("datasets", "values") and (fault := _unfit(value))), None
    )


def narrow_patch(wide: dict[str, Any], narrow: dict[str, Any]) -> dict[str, Any]:
    """Return what turns the wide spec into the narrow one: its top-level parts that differ, None for those it lacks."""
    patch: dict[str, Any] = {
        key: narrow.get(key) for key in sorted({*wide, *narrow}) if wide.get(key) != narrow.get(key)
    }
    if patch.get("datasets"):  # named by content: those of the wide spec are at hand
        patch["datasets"] = {k: rows for k, rows in patch["datasets"].items() if k not in wide.get("datasets", {})}
    return patch


def narrowed(wide: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return the narrow spec that ``narrow_patch`` was made from."""
    datasets = {**wide.get("datasets", {}), **(patch.get("datasets") or {})}
    spec: dict[str, Any] = {**wide, **patch, "datasets": datasets or None}
    return {key: value for key, value in spec.items() if value is not None}


def draw_svg(spec: dict[str, Any], prefix: str) -> str:
    """Draw a Vega-Lite spec. Ids are numbered by ``prefix`` so that many drawings can stand in one page.

    Raises ChapterError for a chart that Vega-Lite cannot compile, or that shows pictures from another site.
    """
    register_fonts()
    try:
        svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    except ValueError as error:
        said = str(error).split("\n    at ")[0].replace("\n", " ")
        raise ChapterError(f"figure '{prefix}': Vega-Lite cannot draw the chart: {said}") from None
    ids: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")

    def attribute(match: re.Match[str]) -> str:
        """Clean one attribute. The figure element speaks for the drawing: names of marks are a third of the size."""
        if _DROP.match(match[1]):
            return ""
        if match[1].startswith("xlink:href="):
            return " " + match[1].removeprefix("xlink:").replace(_BASE, "", 1)
        rounded = match[1] if _KEPT.match(match[1]) else _NUMBER.sub(number, match[1])
        return " " + _ID.sub(lambda m: f"{m[1]}{prefix}-{ids.setdefault(m[2] + m[3], len(ids))}", rounded)

    def tag(match: re.Match[str]) -> str:
        if match[0].startswith("<image") and not re.search(r'href="data:', match[0]):
            raise ChapterError(f"figure '{prefix}': a picture is loaded from elsewhere, expected it in the chart")
        return _ATTRIBUTE.sub(attribute, match[0])

    svg = _TAG.sub(tag, svg)
    for _ in range(3):
        svg = _EMPTY.sub("", svg)
    return svg


def draw_jpeg(svg: str) -> str:
    """Draw an SVG on white, for a notebook; in base64. A PNG of thousands of marks is five times as large."""
    register_fonts()
    return base64.b64encode(vl_convert.svg_to_jpeg(svg, quality=70)).decode()
