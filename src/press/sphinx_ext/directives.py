"""Directives for pages: blocks for later editions, cards, the data page, the register of sources, the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import date

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from press import amendments
from press.claims import VERDICTS
from press.seal import read_seals
from press.sphinx_ext.assets import FOLDER
from press.sphinx_ext.ledger import Ledger
from press.sphinx_ext.mime import raw
from press.sphinx_ext.site import Site, line_of


class _PressDirective(SphinxDirective):
    @property
    def site(self) -> Site:
        return self.env.app.press  # type: ignore[attr-defined]

    def fail(self, message: str) -> ExtensionError:
        return ExtensionError(f"{line_of(self.env.docname, self.get_source_info()[1])}: {message}")

    def note_notebooks(self) -> None:
        for doc in self.site.docs.values():
            self.env.note_dependency(str(self.site.root / f"{doc}.ipynb"))


class KnownFrom(_PressDirective):
    """``{known-from} 2026-04-28``: text for editions that reach that day. ``{not-yet}`` is its opposite."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            reached = date.fromisoformat(self.arguments[0]) <= date.fromisoformat(self.site.as_of)
        except ValueError:
            raise self.fail(f"found '{self.arguments[0]}', expected a date as in 2026-04-28") from None
        if reached != (self.name == "known-from"):
            return []
        container = nodes.container(classes=["press-known-from"])
        self.state.nested_parse(self.content, self.content_offset, container)
        return [container]


class Card(_PressDirective):
    """A card that leads to a chapter: ``{chapter-card} NAME`` with its key number and figure; the text says why."""

    required_arguments = 1
    has_content = True
    option_spec = {"fact": str, "format": str, "unit": str, "figure": str, "label": str}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        figure = f"{name}-{self.options.get('figure', '')}"
        if name not in self.site.docs or figure not in self.site.figures:
            raise self.fail(
                f"found the chapter '{name}' and figure '{figure}'; the executed notebooks have no such pair"
            )
        self.note_notebooks()
        doc = self.site.docs[name]
        verdicts = [v["verdict"] for v in self.site.verdicts.values() if v["chapter"] == name]
        try:
            number = self.site.fact_text(
                f"{name}.{self.options['fact']}", self.options.get("format", ""), self.options.get("unit", "")
            )
        except Exception as error:
            raise self.fail(str(error)) from None
        html = self.site.html(
            "card.html",
            href=self.env.app.builder.get_relative_uri(self.env.docname, doc),
            title=self.site.titles[doc],
            chapter=name,
            number=number,
            label=self.options.get("label", ""),
            text=" ".join(self.content),
            figure=self.site.figures[figure],
            folder="../" * self.env.docname.count("/") + FOLDER + "/",
            counts=[(verdict, verdicts.count(verdict)) for verdict in VERDICTS if verdict in verdicts],
        )
        return list(raw(html))


class DataTables(_PressDirective):
    """``{data-tables}``: every table of the package with its fields, rows, sources, licence and download."""

    def run(self) -> list[nodes.Node]:
        self.site.mark(self.env, "data")
        found: list[nodes.Node] = []
        licence = next(iter(self.site.package.descriptor.get("licenses", [])), None)
        for name, resource in self.site.package.resources.items():
            rows = self.site.package.rows(name, self.site.as_of)
            section = nodes.section(ids=[f"table-{name}"], names=[f"table-{name}"])
            section += nodes.title("", resource.get("title", name))
            section += raw(
                self.site.html(
                    "table.html",
                    resource=resource,
                    rows=len(rows),
                    n_sources=len({row["source_id"] for row in rows if row.get("source_id")}),
                    known_to=max((row.get("known_from", "") for row in rows), default=""),
                    licence=licence,
                    root="../" * self.env.docname.count("/"),
                )
            )
            found.append(section)
        return found


class SourceRegister(_PressDirective):
    """``{source-register}``: every source with publisher, title, date, address, reliability and licence."""

    def run(self) -> list[nodes.Node]:
        used: Counter[str] = Counter()
        for name in self.site.package.resources:
            used.update(row.get("source_id", "") for row in self.site.package.rows(name, self.site.as_of))
        sources = [{**self.site.source(source), "rows": used[source]} for source in sorted(self.site.evidence.sources)]
        self.site.mark(self.env, "sources")
        root = "../" * self.env.docname.count("/")
        return list(raw(self.site.html("sources.html", sources=sources, root=root)))


class Corrections(_PressDirective):
    """``{corrections}``: what was corrected and what publishers revised, and where to report a mistake."""

    def run(self) -> list[nodes.Node]:
        self.site.mark(self.env, "corrections")
        self.note_notebooks()
        known = [amendment for row in self.site.evidence.rows.values() for amendment in row.amendments]
        known.sort(key=lambda amendment: (amendment.known_from, amendment.id), reverse=True)
        found = {kind: [amendment for amendment in known if amendment.kind == kind] for kind in amendments.TABLES}
        report = str(self.env.config.press_report)
        if "@" in report and ":" not in report:
            report = f"mailto:{report}"
        root = "../" * self.env.docname.count("/")
        return list(raw(self.site.html("corrections.html", **found, report=report, root=root)))


class SinceThen(_PressDirective):
    """``{since-then}``: every verdict that differs from an earlier edition's, with the rows that came in between."""

    def run(self) -> list[nodes.Node]:
        self.note_notebooks()
        known = {
            row["id"]: row
            for name in self.site.package.resources
            for row in self.site.package.rows(name)
            if "known_from" in row
        }
        changed = []
        for edition in self.site.editions[:-1]:
            before = self.site.earlier.get(edition.id, {})
            for claim, verdict in self.site.verdicts.items():
                if claim in before and before[claim]["verdict"] != verdict["verdict"]:
                    new = [row for row in verdict["rows"] if known[row]["known_from"] > edition.as_of]
                    sources = [self.site.source(source) for source in sorted({known[row]["source_id"] for row in new})]
                    href = self.env.app.builder.get_relative_uri(self.env.docname, self.site.docs[verdict["chapter"]])
                    changed.append(
                        {**verdict, "before": before[claim], "edition": edition, "href": f"{href}#claim-{claim}"}
                        | {"new_rows": new, "new_sources": sources}
                    )
        root = "../" * self.env.docname.count("/")
        same = len(self.site.verdicts) - len({verdict["id"] for verdict in changed})
        return list(raw(self.site.html("since_then.html", changed=changed, same=same, root=root)))


class SealedEditions(_PressDirective):
    """``{sealed-editions}``: what was published before, from which commit, and how much of it was reviewed."""

    def run(self) -> list[nodes.Node]:
        seals = {
            name: seal
            for name, seal in read_seals(self.site.root).items()
            if self.site.front or seal["day"] <= self.site.as_of
        }
        return list(raw(self.site.html("sealed.html", seals=seals)))


DIRECTIVES = {
    "sealed-editions": SealedEditions,
    "since-then": SinceThen,
    "known-from": KnownFrom,
    "not-yet": KnownFrom,
    "chapter-card": Card,
    "data-tables": DataTables,
    "source-register": SourceRegister,
    "corrections": Corrections,
    "ledger": Ledger,
    "ledger-counts": Ledger,
}
