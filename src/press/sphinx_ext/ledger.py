"""The ledger: its table on a page, each claim's review for machines, and the whole of it to download."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from press import claims as claim_rules
from press import live
from press.claims import JUDGED, STRENGTHS, VERDICTS
from press.records import Record
from press.sphinx_ext.mime import raw
from press.sphinx_ext.site import Site
from press.text import is_address
from press.words import gettext as _

#: Keys of ``press_commentary`` in the configuration: whose claims are tested, and where they stand (date: ISO).
COMMENTARY = ("author", "title", "url", "date")
COLUMNS = (
    *("id", "chapter", "kind", "claim", "reading", "rule", "verdict", "strength", "values", "because"),
    *("would_change", "deciding", "rows", "sources", "page"),
)


class Ledger(SphinxDirective):
    """``{ledger}``: all claims with their verdicts in one table; ``{ledger-counts}``: how many of each verdict."""

    def run(self) -> list[nodes.Node]:
        site: Site = self.env.app.press  # type: ignore[attr-defined]
        for doc in site.docs.values():
            self.env.note_dependency(str(site.root / f"{doc}.ipynb"))
        rows = _judged(site)
        kinds = Counter(row["verdict"] for row in rows)
        counts = [(verdict, kinds[verdict]) for verdict in VERDICTS]
        if self.name == "ledger-counts":
            return list(raw(site.html("counts.html", counts=counts)))
        site.mark(self.env, "ledger")
        filters = [
            ("chapter", _("Chapter"), [chapter for chapter in site.docs if any(r["chapter"] == chapter for r in rows)]),
            ("claim_kind", _("Kind"), sorted({row["claim_kind"] for row in rows})),
            ("verdict", _("Verdict"), [verdict for verdict, count in counts if count]),
            ("strength", _("Evidence"), [grade for grade in STRENGTHS if any(r["strength"] == grade for r in rows)]),
        ]
        root = "../" * self.env.docname.count("/")
        return list(raw(site.html("ledger.html", rows=rows, counts=counts, filters=filters, root=root)))


def commentary(app: Sphinx) -> dict[str, str]:
    """Return ``press_commentary``; empty if the book names none. Raises ExtensionError for other keys."""
    found = {key: str(value) for key, value in (app.config.press_commentary or {}).items()}
    if found and set(found) != set(COMMENTARY):
        raise ExtensionError(
            f"_config.yml, press_commentary: found {', '.join(sorted(found))}, expected {', '.join(COMMENTARY)}"
        )
    if found and not is_address(found["url"]):
        raise ExtensionError(
            f"_config.yml, press_commentary: found the url '{found['url']}', expected https:// or http://"
        )
    return found


def review(app: Sphinx, verdict: Record, page: str) -> dict[str, Any]:
    """Return a claim's schema.org ``ClaimReview``. The address is absolute where ``html_baseurl`` is known."""
    site: Site = app.press  # type: ignore[attr-defined]
    said = commentary(app)
    claim: dict[str, Any] = {"@type": "Claim"}
    if said:
        claim |= {
            "author": {"@type": "Organization", "name": said["author"]},
            "datePublished": said["date"],
            "appearance": {"@type": "CreativeWork", "name": said["title"], "url": said["url"]},
        }
    rating: dict[str, Any] = {"@type": "Rating", "alternateName": verdict["verdict"].capitalize()}
    if verdict["verdict"] in JUDGED:
        worst, best = 1, len(JUDGED)
        value = best - JUDGED.index(verdict["verdict"])
        rating |= {"ratingValue": value, "bestRating": best, "worstRating": worst}
    base = app.config.html_baseurl or "../"
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": f"{base}{page}.html",
        "datePublished": site.as_of,
        "author": {"@type": "Organization", "name": str(app.config.author)},
        "claimReviewed": verdict["claim"],
        "reviewBody": verdict["because"],
        "itemReviewed": claim,
        "reviewRating": rating,
    }


def write_exports(app: Sphinx, error: Exception | None) -> None:
    """Write ``ledger.json`` and ``ledger.csv`` beside the pages. At ``build-finished``."""
    if error is None and app.builder.format == "html":
        out, site = Path(app.outdir), app.press  # type: ignore[attr-defined]
        whole = {
            "title": str(app.config.html_title or app.config.project),
            "as_of": site.as_of,
            "commentary": commentary(app),
            "claims": [_exported(site, verdict) for verdict in _judged(site)],
        }
        (out / "ledger.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (out / "ledger.csv").write_bytes(as_csv(site))


def as_csv(site: Site) -> bytes:
    """Write the ledger as a table, a claim a row."""

    def row(verdict: Record) -> Record:
        record = _exported(site, verdict) | {
            "values": "; ".join(f"{measure['name']} = {measure['text']}" for measure in verdict["measures"]),
            "deciding": " ".join(claim_rules.deciding(verdict)),
            "rows": " ".join(verdict["rows"]),
            "sources": " ".join(verdict["sources"]),
        }
        return {column: record[column] for column in COLUMNS}

    return live.write_csv(COLUMNS, map(row, _judged(site)))


def _judged(site: Site) -> list[Record]:
    return [site.verdicts[claim] for claim in site.claims if claim in site.verdicts]


def _exported(site: Site, verdict: Record) -> Record:
    """A verdict as it is given to others: with the verdicts of earlier editions and its page, without our cell."""
    kept = {key: value for key, value in verdict.items() if key not in ("cell", "kind", "claim_kind")}
    earlier = {
        edition: found[verdict["id"]]["verdict"] for edition, found in site.earlier.items() if verdict["id"] in found
    }
    return {**kept, "kind": verdict["claim_kind"], "earlier": earlier, "page": f"claims/{verdict['id']}.html"}
