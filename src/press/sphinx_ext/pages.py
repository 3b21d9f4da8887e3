"""Pages beyond those that authors write: one for each claim, each table of evidence and each source.

There are many more of them than of the others. A process of its own fills their templates while this one writes the
pages of authors; then both write what is left, each the next that the other has not taken.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from markupsafe import escape
from sphinx.application import Sphinx

from press import orphans
from press.claims import STRENGTHS, deciding
from press.evidence import resting_on
from press.sphinx_ext.ledger import commentary, review
from press.sphinx_ext.site import Site

#: The page's name, its context and its template, as Sphinx asks for them.
Page = tuple[str, dict[str, Any], str]


def begin(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Start the other process when the first page of an author is written. At ``html-page-context``.

    By then all pages have been read, and the files that pages load are in their places.
    """
    if doctree is None or hasattr(app, "press_pages") or "fork" not in multiprocessing.get_all_start_methods():
        return
    forks = multiprocessing.get_context("fork")
    here, there = forks.Pipe(duplex=False)
    turn = forks.Value("i", 0)
    app.press_pages = here, turn  # type: ignore[attr-defined]
    forks.Process(target=_work, args=(app, there, turn), daemon=True).start()
    there.close()


def _work(app: Sphinx, there: Connection, turn: Synchronized[int]) -> None:
    """Send all pages, then write some, then send that this went well: otherwise the other process does it again."""
    orphans.end_with_parent()
    with suppress(Exception), ThreadPoolExecutor(1) as sender:  # a pipe holds little, and is read late
        made, warned = list(_pages(app)), app._warncount
        sender.submit(there.send, made)
        for page in _turns(made, turn):
            app.builder.handle_page(*page)  # type: ignore[attr-defined]
        if app._warncount == warned:
            sender.submit(there.send, True)


def _turns(made: list[Page], turn: Synchronized[int]) -> Iterator[Page]:
    """Yield the next page that is nobody's until all are somebody's."""
    while True:
        with turn.get_lock():
            number, turn.value = turn.value, turn.value + 1
        if number >= len(made):
            return
        yield made[number]


def collect(app: Sphinx) -> Iterator[Page]:
    """Yield the pages that the other process does not write. At ``html-collect-pages``."""
    other: tuple[Connection, Synchronized[int]] | None = getattr(app, "press_pages", None)
    app.press_pages = None  # type: ignore[attr-defined]
    made, written = None, set()
    with suppress(EOFError):  # it failed: this process meets the same error, and tells it
        if other:
            here, turn = other
            made = here.recv()
            for page in _turns(made, turn):
                written.add(page[0])
                yield page
            if here.recv():
                return
    yield from (page for page in made or _pages(app) if page[0] not in written)


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
