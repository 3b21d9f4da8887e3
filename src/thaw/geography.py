"""Maps: land outlines of the region, a Mercator frame that fits a column, and curved lines between places.

Positions are pairs (longitude, latitude) in degrees, east and north. The outlines are those of Natural Earth 4.1.0
(public domain), scale 1:50 million, as packed in world-atlas 2.0.2 (ISC licence, Michael Bostock), cut to longitudes
8 to 45 and latitudes 48 to 70 and simplified.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import altair as alt

from thaw.style import GRID, INK, QUIET

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle of longitudes and latitudes in degrees."""

    west: float
    south: float
    east: float
    north: float


#: What the committed outlines cover.
REGION = Box(8, 48, 45, 70)


def clip_ring(ring: Sequence[Sequence[float]], box: Box) -> list[Point]:
    """Cut a closed ring of positions to a box (Sutherland and Hodgman). An empty list: nothing is inside."""
    points: list[Point] = [(float(p[0]), float(p[1])) for p in ring[:-1]]
    for axis, limit, keep_above in (
        (0, box.west, True),
        (0, box.east, False),
        (1, box.south, True),
        (1, box.north, False),
    ):
        cut: list[Point] = []
        for before, here in zip(points[-1:] + points[:-1], points, strict=True):
            inside = [p[axis] >= limit if keep_above else p[axis] <= limit for p in (before, here)]
            if inside[0] != inside[1]:
                part = (limit - before[axis]) / (here[axis] - before[axis])
                other = round(before[1 - axis] + part * (here[1 - axis] - before[1 - axis]), 3)
                cut.append((limit, other) if axis == 0 else (other, limit))
            if inside[1]:
                cut.append(here)
        points = cut
    return [*points, points[0]] if len(points) >= 3 else []


@cache
def _features() -> list[dict[str, Any]]:
    text = (files("thaw") / "geo" / "region.json").read_text("utf-8")
    return list(json.loads(text)["features"])


def outlines(box: Box = REGION, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return GeoJSON features of the countries in a box, cut to it; ``properties.name`` is the English name.

    ``names`` keeps these countries alone. Raises ValueError for a name that is not in the region.
    """
    features = _features()
    if names is not None:
        wanted = set(names)
        unknown = wanted - {feature["properties"]["name"] for feature in features}
        if unknown:
            raise ValueError(f"no outline of {', '.join(sorted(unknown))} in the region")
        features = [feature for feature in features if feature["properties"]["name"] in wanted]
    result = []
    for feature in features:
        polygons = []
        for polygon in feature["geometry"]["coordinates"]:
            rings = [clipped for ring in polygon if (clipped := clip_ring(ring, box))]
            if rings:
                polygons.append(rings)
        if polygons:
            result.append({**feature, "geometry": {"type": "MultiPolygon", "coordinates": polygons}})
    return result


def mercator(box: Box, width: float) -> tuple[dict[str, Any], int]:
    """Return Altair's projection settings that fill ``width`` pixels with a box, and the height in pixels."""
    scale = width / math.radians(box.east - box.west)
    north, south = (math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) for lat in (box.north, box.south))
    height = round(scale * (north - south))
    settings = {
        "type": "mercator",
        "scale": round(scale, 2),
        "center": [box.west, box.north],
        "translate": [0, 0],
        "clipExtent": [[0, 0], [width, height]],
    }
    return settings, height


def curve(start: Point, end: Point, bend: float = 0.0, points: int = 24) -> list[Point]:
    """Return positions along a curve from ``start`` to ``end``; it is a drawing, not a route on the ground.

    ``bend`` is how far, in degrees of longitude, its middle lies east of the straight line (west if negative).
    """
    middle = ((start[0] + end[0]) / 2 + 2 * bend, (start[1] + end[1]) / 2)
    steps = [step / (points - 1) for step in range(points)]
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t**2) for t in steps]
    return [
        (round(a * start[0] + b * middle[0] + c * end[0], 3), round(a * start[1] + b * middle[1] + c * end[1], 3))
        for a, b, c in weights
    ]


def land(box: Box, highlight: Iterable[str] = ()) -> list[alt.Chart]:
    """Return layers with the countries in a box, the ones to ``highlight`` darker."""
    around = Box(box.west - 1, box.south - 1, box.east + 1, box.north + 1)  # the cut stays out of sight
    layers = [alt.Chart(alt.Data(values=outlines(around))).mark_geoshape(fill=GRID, stroke="#ffffff", strokeWidth=1)]
    if names := list(highlight):
        shapes = alt.Data(values=outlines(around, names))
        layers.append(alt.Chart(shapes).mark_geoshape(fill=QUIET, stroke="#ffffff", strokeWidth=1, opacity=0.65))
    return layers


def path(points: Sequence[Point], colour: str, width: float = 2.6, dash: Sequence[int] = ()) -> alt.Chart:
    """Return a layer with a line through positions."""
    line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": points}}
    stroke: dict[str, Any] = {"stroke": colour, "strokeWidth": width, **({"strokeDash": list(dash)} if dash else {})}
    return alt.Chart(alt.Data(values=[line])).mark_geoshape(filled=False, **stroke)


def dots(points: Iterable[Point], colour: str = INK) -> alt.Chart:
    """Return a layer with a dot at each position."""
    rows = [{"lon": lon, "lat": lat} for lon, lat in points]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(size=75, color=colour, opacity=1, stroke="#ffffff", strokeWidth=1.5)
        .encode(longitude="lon:Q", latitude="lat:Q")
    )


def label(text: str, at: Point, colour: str = INK, **mark: Any) -> alt.Chart:
    """Return a layer with a word at a position; ``mark`` takes Altair's settings (dx, dy, align, fontWeight ...)."""
    return (
        alt.Chart(alt.Data(values=[{"lon": at[0], "lat": at[1], "text": text}]))
        .mark_text(color=colour, **{"align": "left", **mark})
        .encode(longitude="lon:Q", latitude="lat:Q", text="text:N")
    )


def as_map(layers: Sequence[alt.Chart], box: Box, width: int) -> alt.LayerChart | alt.FacetChart:
    """Put layers on one Mercator map of a box that is ``width`` pixels wide."""
    settings, height = mercator(box, width)
    return alt.layer(*layers).project(**settings).properties(width=width, height=height)
