"""Pages beyond those that authors write: one for each claim, each table of evidence and each source.

There are many more of them than of the others. A process of its own fills their templates while this one writes the
pages of authors.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from markupsafe import escape
from sphinx.application import Sphinx

from press.claims import STRENGTHS, deciding
from press.evidence import resting_on
from press.sphinx_ext.ledger import commentary, review
from press.sphinx_ext.site import Site

#: The page's name, its context and its template, as Sphinx asks for them.
Page = tuple[str, dict[str, Any], str]


def begin(app: Sphinx, env: Any) -> None:
    """Start filling the templates, when all pages of authors have been read. At ``env-check-consistency``."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    context = multiprocessing.get_context("fork")
    app.press_pages, there = context.Pipe(duplex=False)  # type: ignore[attr-defined]
    context.Process(target=_send, args=(app, there), daemon=True).start()
    there.close()


def _send(app: Sphinx, there: Connection) -> None:
    with suppress(Exception):  # nothing is sent: the other process meets the same error, and tells it
        there.send(list(_pages(app)))


def collect(app: Sphinx) -> Iterator[Page]:
    """Yield all pages. At ``html-collect-pages``."""
    here: Connection | None = getattr(app, "press_pages", None)
    if here:
        del app.press_pages  # type: ignore[attr-defined]
        try:
            return iter(here.recv())
        except EOFError:  # it failed
            pass
    return _pages(app)


def _pages(app: Sphinx) -> Iterator[Page]:
    site: Site = app.press  # type: ignore[attr-defined]
    common = {"places": site.places(app.env)}
    for claim in site.verdicts:
        yield _page(
            site,
            f"claims/{claim}",
            f"{claim}: {site.claims[claim].text}",
            "claim_page.html",
            **common | _claim(app, claim),
        )
    for table, rows in site.evidence.tables.items():
        resource = site.package.resource(table)
        title = resource.get("title") or table
        yield _page(site, f"evidence/tables/{table}", title, "table_page.html", resource=resource, rows=rows, **common)
    for source in site.evidence.sources:
        record = site.source(source)
        title = f"{record['publisher']}: {record['title']}"
        yield _page(site, f"evidence/sources/{source}", title, "source_page.html", **common | _source(site, source))


def _page(site: Site, name: str, title: str, template: str, **values: Any) -> Page:
    body = site.html(template, root="../" * name.count("/"), **values)
    # The theme takes a title for HTML, as Sphinx makes it from a heading.
    return name, {"title": str(escape(title)), "body": body}, "page.html"


def _claim(app: Sphinx, claim: str) -> dict[str, Any]:
    site: Site = app.press  # type: ignore[attr-defined]
    verdict = site.verdicts[claim]
    sources = [site.source(source) for source in verdict["sources"]]
    decides = deciding(verdict)
    return {
        "verdict": verdict,
        "claim": site.claims[claim],
        "doc": site.docs[verdict["chapter"]],
        "commentary": commentary(app),
        "grades": STRENGTHS,
        "rows": sorted(
            (site.evidence.rows[row] for row in verdict["rows"]), key=lambda row: (row.id not in decides, row.id)
        ),
        "decides": decides,
        "conflicts": site.evidence.among(verdict["rows"]),
        "publishers": len({source["publisher"] for source in sources}),
        "reliability": Counter(source["reliability"] for source in sources).most_common(),
        "review": review(app, verdict, f"claims/{claim}"),
    }


def _source(site: Site, source: str) -> dict[str, Any]:
    return {
        "source": site.source(source),
        "rows": site.evidence.by_source.get(source, []),
        "verdicts": resting_on(source, site.verdicts.values()),
        "figures": resting_on(source, site.figures.values()),
        "facts": resting_on(source, site.facts.values()),
    }


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give pages with a filter its script. At ``html-page-context``."""
    if "data-press-filter=" in context.get("body", ""):
        app.add_js_file("press-ledger.js", loading_method="defer")
