"""A model that readers drive: its inputs, its presets and its formulas, as a record of the chapter and as Vega.

The press knows nothing of what is modelled. It is given a function of plain arithmetic and tables that say what may
be set; the page gets the same formulas (see ``press.expressions``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from press.errors import ChapterError, nearest
from press.expressions import signals

if TYPE_CHECKING:  # rendering imports this module, and has no use for pandas
    import pandas as pd

Model = Callable[[Mapping[str, Any]], Mapping[str, Any]]

#: Columns of a table of inputs.
INPUT_COLUMNS = ("id", "title", "unit", "low", "central", "high", "minimum", "maximum", "basis", "rows", "note")

_BAR, _GAP = 20, 30
_INK, _MUTED = "#1f2328", "#5b636e"


@dataclass(frozen=True)
class Output:
    """One result of a model: its name, what readers call it, its unit, and how many decimals are shown."""

    name: str
    title: str
    unit: str
    decimals: int = 0


def describe(
    model: Model,
    *,
    inputs: pd.DataFrame,
    first: Sequence[str],
    presets: pd.DataFrame,
    values: pd.DataFrame,
    start: str,
    outputs: Sequence[Output],
    parts: Sequence[Output],
    colour: str,
    place: str,
) -> dict[str, Any]:
    """Return what a page needs to run a model.

    Parameters
    ----------
    inputs
        A row for each input, with ``INPUT_COLUMNS``; ``rows`` are ids of evidence, separated by spaces.
    first
        The inputs that are shown at once, in this order; the others are folded away.
    presets, values
        Named settings (``id``, ``title``, ``sentence``) and what each sets (``scenario``, ``parameter``, ``value``);
        an input that a preset does not name has its central value.
    start
        The preset that is shown first.
    outputs, parts
        The results in the table, and those that are drawn as bars (all in one unit), by name in the model's result.

    Raises ChapterError for a name that is not among the inputs, presets or results.
    """
    rows: dict[str, dict[str, Any]] = {
        row["id"]: {str(column): value for column, value in row.items()}
        for row in inputs.fillna({"rows": ""})[list(INPUT_COLUMNS)].to_dict("records")
    }
    central = {name: float(row["central"]) for name, row in rows.items()}
    for name in [*first, *values["parameter"]]:
        if name not in rows:
            raise ChapterError(f"{place}: there is no input '{name}'{nearest(name, rows)}")
    if start not in set(presets["id"]):
        raise ChapterError(f"{place}: there is no preset '{start}'{nearest(start, presets['id'])}")
    offered = model(central)
    for output in [*outputs, *parts]:
        if output.name not in offered:
            raise ChapterError(f"{place}: there is no result '{output.name}'{nearest(output.name, offered)}")
    if len({part.unit for part in parts}) > 1:
        raise ChapterError(f"{place}: the parts have several units; bars need one")
    order = {name: place for place, name in enumerate(first)}
    names = list(dict.fromkeys(output.name for output in [*outputs, *parts]))
    settings = []
    for preset in presets[["id", "title", "sentence"]].to_dict("records"):
        own = values[values["scenario"] == preset["id"]]
        sets = {name: float(value) for name, value in zip(own["parameter"], own["value"], strict=True)}
        results = model({**central, **sets})
        settings.append({**preset, "sets": sets, "results": {name: _round(float(results[name])) for name in names}})
    return {
        "inputs": [
            {**row, "rows": str(row["rows"] or "").split(), "first": name in first, "step": step_of(row)}
            for name, row in sorted(rows.items(), key=lambda item: order.get(item[0], len(rows)))
        ],
        "presets": settings,
        "start": start,
        "outputs": [asdict(output) for output in outputs],
        "parts": [asdict(part) for part in parts],
        "signals": [list(signal) for signal in signals(model, rows, names)],
        "colour": colour,
    }


def _round(value: float) -> float:
    """Keep twelve significant digits, which every machine agrees on."""
    return float(f"{value:.12g}")


def step_of(row: Mapping[str, Any]) -> float:
    """Return the step of an input's slider: a round number, about a fiftieth of the way."""
    way = (float(row["maximum"]) - float(row["minimum"])) / 50
    unit = 10.0 ** math.floor(math.log10(way))
    return _round(max(step * unit for step in (1, 2, 5) if step * unit <= way * 1.000001))


def vega(record: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Return a model as a Vega specification ``width`` pixels wide.

    Its signals are the inputs, at the values of the first preset, and the results as ``result_…``; its marks are a
    bar for each part, with a tick where the first preset stands.
    """
    start = next(preset for preset in record["presets"] if preset["id"] == record["start"])
    set_first = {row["id"]: row["central"] for row in record["inputs"]} | start["sets"]
    parts = record["parts"]
    most = 1.4 * max((start["results"][part["name"]] for part in parts), default=1)
    formulas = [{"name": name, "update": text} for name, text in record["signals"]]
    rows = ", ".join(
        f"{{row: {i}, value: result_{part['name']}, start: {start['results'][part['name']]!r}}}"
        for i, part in enumerate(parts)
    )
    titles = [part["title"] for part in parts]
    x, y = {"scale": "x", "field": "value"}, {"signal": f"datum.row * {_BAR + _GAP} + {_GAP - 6}"}
    text = {"font": {"value": "Source Sans Pro"}, "fontSize": {"value": 13}, "baseline": {"value": "bottom"}}
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "width": width,
        "height": len(parts) * (_BAR + _GAP),
        "padding": 2,
        "signals": [
            *({"name": name, "value": float(value)} for name, value in set_first.items()),
            *formulas,
            {"name": "most", "update": f"max({most!r}, {', '.join('result_' + part['name'] for part in parts)})"},
            {"name": "titles", "value": titles},
            {"name": "bars", "update": f"[{rows}]"},
        ],
        "data": [{"name": "bars", "values": [{"row": i} for i in range(len(parts))], "transform": [
            {"type": "formula", "as": "value", "expr": "bars[datum.row].value"},
            {"type": "formula", "as": "start", "expr": "bars[datum.row].start"},
        ]}],
        "scales": [{"name": "x", "domain": {"signal": "[0, most]"}, "range": [0, width - 70], "zero": True}],
        "marks": [
            {"type": "rect", "from": {"data": "bars"}, "encode": {
                "enter": {"fill": {"value": record["colour"]}},
                "update": {"x": {"scale": "x", "value": 0}, "x2": x, "y": y, "height": {"value": _BAR - 4}},
            }},
            {"type": "rule", "from": {"data": "bars"}, "encode": {
                "enter": {"stroke": {"value": _INK}, "strokeWidth": {"value": 2}},
                "update": {
                    "x": {"scale": "x", "field": "start"},
                    "y": {"signal": f"{y['signal']} - 3"}, "y2": {"signal": f"{y['signal']} + {_BAR - 1}"},
                },
            }},
            {"type": "text", "from": {"data": "bars"}, "encode": {
                "enter": {**text, "fill": {"value": _MUTED}},
                "update": {"x": {"value": 0}, "y": {"signal": f"{y['signal']} - 4"},
                           "text": {"signal": "titles[datum.row]"}},
            }},
            {"type": "text", "from": {"data": "bars"}, "encode": {
                "enter": {**text, "fill": {"value": _INK}, "fontWeight": {"value": 600}},
                "update": {"x": {"signal": "max(scale('x', datum.value), scale('x', datum.start)) + 8"},
                           "y": {"signal": f"{y['signal']} + {_BAR - 4}"},
                           "text": {"signal": "format(datum.value, ',.0f')"}},
            }},
        ],
    }  # fmt: skip
