"""MyST-NB's way in: turn a record in a cell's outputs into the page's HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from docutils import nodes

from press.records import MIME
from press.sphinx_ext.site import Site
from press.words import fact_text

#: Forms of an output that are markup or code. A page shows the output's plain text, or its picture, instead.
NOT_SHOWN = (
    *("text/html", "text/markdown", "text/latex", "application/javascript"),
    *("application/vnd.jupyter.widget-view+json", "application/vnd.bokehjs_exec.v0+json"),
)


class RecordRenderer:
    """MIME render plugin (entry point group ``myst_nb.mime_renderers``)."""

    mime_priority_overrides: Sequence[tuple[str, str, int | None]] = [
        ("*", MIME, 1),
        *(("*", mime, None) for mime in NOT_SHOWN),
    ]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Return the nodes for one record; none for its other forms; None for outputs that are not ours."""
        if "press" not in data.output_metadata:
            return None
        if data.mime_type != MIME or inline:
            return []
        record = json.loads(data.content) if isinstance(data.content, str | bytes) else data.content
        env = renderer.renderer.sphinx_env
        site: Site = env.app.press
        kind = record["kind"]
        if kind == "figure":
            name = f"{record['chapter']}-{record['id']}"
            return raw(site.html("figure.html", **env.app.press_assets.page(name, env.docname)))
        if kind == "model":
            return raw(site.html("model.html", **env.app.press_assets.model(record, env.docname)))
        if kind == "verdict":
            return raw(site.html("verdict.html", verdict=record, **site.cite(record)))
        if kind == "fact":
            text = fact_text(record["value"], record["unit"], record["qualifier"], unit_text=record["unit"])
            return raw(site.html("fact.html", fact=record, text=text))
        return raw("<!-- chapter -->")


def raw(html: str) -> list[nodes.Element]:
    """Wrap finished HTML for the page."""
    return [nodes.raw("", html, format="html")]
