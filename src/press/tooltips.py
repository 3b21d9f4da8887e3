"""Let the marks of an interactive view tell their values."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

#: Marks that stand for values.
_TELLING = ("arc", "bar", "circle", "geoshape", "point", "rect", "square", "tick", "line", "area", "trail")
_DRAWN_THROUGH = ("line", "area", "trail")

#: Channels whose fields a reader wants to know, in the order of telling.
_CHANNELS = (
    *("facet", "row", "column", "x", "x2", "xError", "y", "y2", "theta", "radius"),
    *("color", "fill", "stroke", "shape", "size", "strokeDash", "opacity", "detail"),
)
_KEPT = ("field", "type", "aggregate", "timeUnit", "bin")


def with_tooltips(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a Vega-Lite spec whose marks tell their fields, unless its author says what any of them tells.

    A date is told as finely as its data go, not as its axis does.
    """
    telling = copy.deepcopy(dict(spec))
    if not _mentions_tooltip({key: part for key, part in spec.items() if key not in ("datasets", "data")}):
        _walk(telling, {}, [], telling.get("datasets", {}))
    return telling


def add_points(vega: dict[str, Any]) -> None:
    """Give the lines and areas of a Vega spec unseen points that tell their values one by one.

    A line is one mark: it would tell its first value wherever it is pointed at. Vega-Lite's own transparent points
    change the legend, and their size the layout; these are cut at the edge of the plot, so that nothing moves.
    """
    marks = vega.get("marks", [])
    _add_points(marks, [_told_by(mark) for mark in _flat(marks) if mark["type"] == "symbol"])


def _flat(marks: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for mark in marks:
        yield mark
        yield from _flat(mark.get("marks", []))


def _told_by(mark: dict[str, Any]) -> Any:
    return mark.get("encode", {}).get("update", {}).get("tooltip")


def _add_points(marks: list[dict[str, Any]], told: list[Any]) -> None:
    for mark in list(marks):
        _add_points(mark.get("marks", []), told)
        if mark["type"] not in _DRAWN_THROUGH or not _told_by(mark):
            continue
        drawn = mark["encode"]["update"]
        tooltip = drawn.pop("tooltip")
        if tooltip in told:  # the chart has points of its own
            continue
        rules = {channel: drawn[channel] for channel in ("x", "y") if channel in drawn} | {"tooltip": tooltip}
        if "defined" in drawn:  # where a line breaks there is no place for a point
            gap = {"test": f"!({drawn['defined']['signal']})", "value": None}
            rules = {key: [gap, *(rule if isinstance(rule, list) else [rule])] for key, rule in rules.items()}
        unseen = {"opacity": {"value": 0}, "fill": {"value": "transparent"}, "size": {"value": 80}}
        point = {"type": "symbol", "from": mark["from"], "clip": True, "encode": {"update": {**rules, **unseen}}}
        marks.insert(marks.index(mark) + 1, point)


def _mentions_tooltip(part: Any) -> bool:
    if isinstance(part, dict):
        return "tooltip" in part or any(map(_mentions_tooltip, part.values()))
    return isinstance(part, list) and any(map(_mentions_tooltip, part))


def _walk(part: dict[str, Any], above: dict[str, Any], rows: list[Any], datasets: Mapping[str, Any]) -> None:
    """Go down to the marks with the encoding and the rows of what stands above them."""
    facet = part.get("facet", {})
    encoding = {**above, **({"facet": facet} if "field" in facet else facet), **part.get("encoding", {})}
    data = part.get("data") or {}
    rows = data.get("values") or datasets.get(str(data.get("name")), [] if data else rows)
    mark = part.get("mark")
    kind = mark.get("type") if isinstance(mark, dict) else mark
    if kind in _TELLING:
        told = list(_told(encoding, rows if isinstance(rows, list) else []))
        if not told and "longitude" in encoding and kind not in _DRAWN_THROUGH and isinstance(rows, list):
            # A place has no field in its encoding: it tells its name, or what else it is in words.
            words = [key for key, value in (rows[0] if rows else {}).items() if isinstance(value, str)]
            told = [{"field": key, "type": "nominal", "title": key.replace("_", " ")} for key in words]
        if told:
            part["encoding"] = {**part.get("encoding", {}), "tooltip": told}
    for key in ("layer", "hconcat", "vconcat", "concat"):
        for child in part.get(key, []):
            _walk(child, encoding, rows, datasets)
    if isinstance(part.get("spec"), dict):
        _walk(part["spec"], encoding, rows, datasets)


def _told(encoding: Mapping[str, Any], rows: list[Any]) -> Iterable[dict[str, Any]]:
    """Yield a tooltip field for each field of an encoding, once."""
    seen = []
    for channel in _CHANNELS:
        definition = encoding.get(channel)
        for field in definition if isinstance(definition, list) else [definition]:
            if not isinstance(field, dict) or not ("field" in field or "aggregate" in field):
                continue
            kept = {key: field[key] for key in _KEPT if field.get(key) not in (None, False)}  # a bin may be {}
            if kept in seen:
                continue
            seen.append(dict(kept))
            if "type" not in kept:  # x2 and y2 have that of x and y
                kept["type"] = (encoding.get(channel.rstrip("2")) or {}).get("type", "nominal")
            if isinstance(field.get("title"), str) and field["title"]:
                kept["title"] = field["title"]
            elif isinstance(kept.get("field"), str) and not {"aggregate", "timeUnit", "bin"} & kept.keys():
                kept["title"] = kept["field"].replace("_", " ")
            if "title" in kept:  # Vega-Lite writes it into an expression, and leaves backslashes as they are
                kept["title"] = kept["title"].replace("\\", "\\\\")
            if isinstance(kept.get("field"), str) and "timeUnit" not in kept:
                values = [row.get(kept["field"]) for row in rows if isinstance(row, dict)]
                kept |= _format(kept["type"], [value for value in values if value is not None])
            yield kept


def _format(kind: str, values: list[Any]) -> dict[str, str]:
    """Say how a field is written: years, months or days; decimals for small numbers only."""
    if kind == "temporal" and values:
        days = [re.match(r"\d{4}-(\d\d)-(\d\d)", str(value)) for value in values]
        months = {day and day[1] for day in days}
        return {
            "format": "%Y" if months == {"01"} else "%B %Y" if {d and d[2] for d in days} == {"01"} else "%-d %B %Y"
        }
    if kind == "quantitative":
        numbers = [abs(value) for value in values if isinstance(value, int | float)]
        return {"format": ",.2~f" if max(numbers, default=100) >= 10 else ",.4~r"}
    return {}
