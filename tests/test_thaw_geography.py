"""Maps: the committed outlines, the cut to a box, the Mercator frame and the curves."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.geography import REGION, Box, as_map, clip_ring, curve, dots, label, land, mercator, outlines, path

SQUARE = [(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0), (0.0, 0.0)]
BALTIC = Box(17, 51, 36, 61)


def inside(ring: list[tuple[float, float]], box: Box) -> bool:
    return all(box.west <= lon <= box.east and box.south <= lat <= box.north for lon, lat in ring)


def area(ring: list[tuple[float, float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def test_the_region_has_the_countries_of_the_story() -> None:
    names = {feature["properties"]["name"] for feature in outlines()}
    assert {"Belarus", "Estonia", "Latvia", "Lithuania", "Poland", "Russia", "Ukraine"} <= names


def test_outlines_keep_to_their_box_and_their_names() -> None:
    features = outlines(BALTIC, ["Belarus", "Russia"])
    assert [feature["properties"]["name"] for feature in features] == ["Belarus", "Russia"]
    rings = [ring for f in features for polygon in f["geometry"]["coordinates"] for ring in polygon]
    assert rings
    assert all(inside(ring, BALTIC) and ring[0] == ring[-1] for ring in rings)


def test_a_country_outside_the_region_is_an_error() -> None:
    with pytest.raises(ValueError, match="Portugal"):
        outlines(names=["Portugal"])


def test_a_clipped_square_is_the_overlap() -> None:
    clipped = clip_ring(SQUARE, Box(5, 5, 20, 20))
    assert area(clipped) == pytest.approx(area(SQUARE) / 4)  # same winding: same sign
    assert clip_ring(SQUARE, Box(11, 11, 20, 20)) == []
    assert area(clip_ring(SQUARE, Box(-1, -1, 11, 11))) == area(SQUARE)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=3, max_size=12))
def test_what_is_clipped_lies_in_the_box(points: list[tuple[float, float]]) -> None:
    box = Box(-10, -10, 10, 10)
    clipped = clip_ring([*points, points[0]], box)
    assert all(abs(lon) <= 10.001 and abs(lat) <= 10.001 for lon, lat in clipped)


def test_the_frame_fills_the_width() -> None:
    settings, height = mercator(BALTIC, 680)
    assert settings["scale"] * math.radians(BALTIC.east - BALTIC.west) == pytest.approx(680, abs=0.01)
    assert settings["clipExtent"] == [[0, 0], [680, height]]
    assert height > 0


def test_a_curve_starts_and_ends_where_it_should_and_bends_east() -> None:
    points = curve((27.5, 52.8), (28.3, 59.7), bend=1.5, points=25)
    assert points[0] == (27.5, 52.8)
    assert points[-1] == (28.3, 59.7)
    assert points[12][0] == pytest.approx((27.5 + 28.3) / 2 + 1.5)


def test_a_map_is_a_chart_of_the_wanted_width() -> None:
    layers = [
        *land(BALTIC, ["Belarus"]), path(curve((27.5, 52.8), (21.1, 55.7)), "#5d7a16", dash=[7, 5]),
        dots([(27.5, 52.8)]), label("Soligorsk", (27.5, 52.8), dx=10),
    ]  # fmt: skip
    spec = as_map(layers, BALTIC, 350).to_dict()
    assert spec["width"] == 350
    assert len(spec["layer"]) == 5
    assert REGION.west <= BALTIC.west
