"""The house style of the charts. Import it once in a chapter: ``from thaw.style import COLOUR, ...``.

The site's style sheet maps each of these colours to one for dark pages, so a chart must use no others.
"""

from __future__ import annotations

from typing import Any

import altair as alt

FONT = "Source Sans Pro"

#: Text, quieter text, hairlines, and the mark of what is not the story.
INK, MUTED, GRID, QUIET = "#1f2328", "#5b636e", "#d9dde3", "#a3abb6"

#: A party always has the same colour. Distinct for readers with red-green or blue-yellow colour blindness.
COLOUR = {
    "US": "#2b5c9e",
    "EU": "#b07d00",
    "Belarus": "#b3263a",
    "Russia": "#7a4b9a",
    "Canada": "#c4551a",
    "Lithuania": "#5d7a16",
    "Poland": "#c0487f",
    "Latvia": "#8a5a3c",
    "Ukraine": "#1684a8",
    "China": "#a8461f",
    "other": QUIET,
}
#: For a single series that is no party's, and its pale companion.
ACCENT, ACCENT_PALE = "#1f7a6d", "#8fc1b8"


@alt.theme.register("thaw", enable=True)
def _theme() -> Any:
    axis = {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "gridColor": GRID,
        "domainColor": QUIET,
        "tickColor": QUIET,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "tickSize": 4,
    }
    return {
        "config": {
            "font": FONT,
            "background": None,
            "padding": 2,
            "aria": False,
            "view": {"stroke": None, "continuousHeight": 300},
            "axis": axis,
            "axisX": {"grid": False},
            "axisY": {"domain": False, "ticks": False, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "start"},
            "axisBand": {"grid": False, "domain": False, "ticks": False},
            "header": {"labelColor": INK, "labelFontSize": 14, "labelFontWeight": 600, "titleColor": MUTED},
            "legend": {
                "labelColor": MUTED,
                "titleColor": MUTED,
                "labelFontSize": 13,
                "titleFontSize": 13,
                "orient": "top",
                "symbolType": "square",
            },
            "title": {"color": INK, "fontSize": 14, "fontWeight": 600, "anchor": "start"},
            "text": {"color": INK, "fontSize": 13, "font": FONT},
            "line": {"strokeWidth": 2.2, "color": ACCENT},
            "bar": {"color": ACCENT},
            "point": {"size": 55, "filled": True, "color": ACCENT},
            "rule": {"color": MUTED},
            "area": {"color": ACCENT_PALE},
            "rect": {"color": ACCENT_PALE},
            "range": {"category": list(COLOUR.values())},
        }
    }


def party_scale(*parties: str) -> alt.Scale:
    """Return a colour scale that gives each party its own colour."""
    return alt.Scale(domain=list(parties), range=[COLOUR[party] for party in parties])
