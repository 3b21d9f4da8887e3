"""A strict Content Security Policy on every page, and the headers that static hosts send with the files.

A page may load what stands on its own site, and run no script that is written into it. There is no exception for
styles either: no page has a style attribute, and what Vega draws is styled through the object model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import escape
from sphinx.application import Sphinx

from press import search
from press.manifest import EDITIONS, MANIFEST
from press.sphinx_ext.site import Site
from press.supply import BILL

#: The file that Netlify and Cloudflare Pages read their headers from.
HEADERS = "_headers"
#: Pagefind's search runs as WebAssembly, in these places alone.
_SEARCHING = ("search.html", search.FOLDER)
_EMBED = "embed"


def policy(*, searching: bool = False) -> str:
    """Return the policy of a page: of the search page, which runs WebAssembly, or of any other."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'" if searching else "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            *(["worker-src 'self'"] if searching else []),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def tag(*, searching: bool = False) -> str:
    """Return the policy as a tag that stands before everything else in a page's head."""
    return f'<meta http-equiv="Content-Security-Policy" content="{escape(policy(searching=searching))}">\n'


def headers(names: list[str]) -> str:
    """Write the headers of a site whose top folder holds ``names``.

    Hosts join the values of all rules that match, so no two rules may match one address: the files and folders are
    listed one by one, those of each edition too. Figures on pages of their own may stand in the pages of others.
    """
    lines = ["# Read by Netlify and Cloudflare Pages."]
    for name in ["", *names]:
        place = name.rpartition("/")[2]
        searching, ancestors = place in _SEARCHING, "*" if place == _EMBED else "'none'"
        # Cloudflare serves a page without its suffix.
        short = [f"/{name.removesuffix('.html')}"] if name.endswith(".html") else []
        told = [
            f"  Content-Security-Policy: {policy(searching=searching)}; frame-ancestors {ancestors}",
            "  X-Content-Type-Options: nosniff",
            "  Referrer-Policy: strict-origin-when-cross-origin",
        ]
        for address in [f"/{name}" if "." in place or not name else f"/{name}/*", *short]:
            lines += [address, *told]
    return "\n".join(lines) + "\n"


def _add_tag(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    context["metatags"] = tag(searching=pagename == "search") + context.get("metatags", "")


def _drop_inline_scripts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Leave out the scripts that sphinx-thebe, which Jupyter Book always loads, writes into every page."""
    for node in list(doctree.findall(nodes.raw)):
        if "<script" in node.astext() and ("x-thebe-config" in node.astext() or "kernelName" in node.astext()):
            node.parent.remove(node)


def _write(app: Sphinx, error: Exception | None) -> None:
    site: Site = app.press  # type: ignore[attr-defined]
    if error is None and app.builder.format == "html" and site.front:
        out = Path(app.outdir)
        own = sorted(
            {MANIFEST, BILL, search.FOLDER} | {path.name for path in out.iterdir() if not path.name.startswith(".")}
        )
        earlier = [f"{EDITIONS}/{edition.id}/{name}" for edition in site.editions[:-1] for name in own]
        (out / HEADERS).write_text(headers([*own, *earlier]), "utf-8")


def setup(app: Sphinx) -> None:
    """Register the hooks; called by the press's own setup."""
    app.connect("config-inited", _choose)


def _choose(app: Sphinx, config: Any) -> None:
    """Pages of our own theme alone have a policy: another theme needs its own scripts."""
    if config.html_theme == "press":
        app.connect("html-page-context", _add_tag, priority=950)
        app.connect("doctree-resolved", _drop_inline_scripts, priority=900)
        app.connect("build-finished", _write, priority=950)
