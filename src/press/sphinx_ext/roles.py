"""Roles for prose: ``{fact}``, ``{claim}`` and ``{data-file}``."""

from __future__ import annotations

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxRole

from press.errors import ChapterError, nearest
from press.sphinx_ext.site import Site, line_of
from press.words import gettext as _


class FactRole(SphinxRole):
    """``{fact}`chapter.name; format; unit```: a computed number, linked to the cell that made it.

    ``format`` is a Python format spec; with ``unit`` the unit is written too. Within its own chapter a fact needs no
    chapter name.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        site: Site = self.env.app.press  # type: ignore[attr-defined]
        name, spec, unit, *rest = [part.strip() for part in self.text.split(";")] + ["", ""]
        if "." not in name:
            here = next((chapter for chapter, doc in site.docs.items() if doc == self.env.docname), "")
            name = f"{here}.{name}"
        try:
            if any(rest):
                raise ChapterError(f"found '{self.text}', expected '{{fact}}`name; format; unit`'")
            text = site.fact_text(name, spec, unit)
        except (ChapterError, ValueError) as error:
            raise ExtensionError(f"{line_of(self.env.docname, self.get_source_info()[1])}: {error}") from None
        record = site.fact(name)
        doc = site.docs[record["chapter"]]
        self.env.note_dependency(str(site.root / f"{doc}.ipynb"))
        uri = self.env.app.builder.get_relative_uri(self.env.docname, doc)
        cite = site.cite(record, most=2)
        more = " " + _("and {n} more").format(n=cite["more"]) if cite["more"] else ""
        computed = _("Computed from {n} row(s):").format(n=len(record["rows"]))
        title = f"{computed} {', '.join(cite['publishers'])}{more}"
        anchor = f"{uri}#fact-{record['chapter']}-{record['name']}"
        return [nodes.reference("", text, refuri=anchor, reftitle=title, internal=True, classes=["press-fact"])], []


class ClaimRole(SphinxRole):
    """``{claim}`C1```: a link to the page of a claim, with its verdict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        site: Site = self.env.app.press  # type: ignore[attr-defined]
        if self.text not in site.verdicts:
            line = self.get_source_info()[1]
            raise ExtensionError(
                f"{self.env.docname}, line {line}: there is no claim '{self.text}'{nearest(self.text, site.verdicts)}"
            )
        verdict = site.verdicts[self.text]
        self.env.note_dependency(str(site.root / f"{site.docs[verdict['chapter']]}.ipynb"))
        uri = self.env.app.builder.get_relative_uri(self.env.docname, f"claims/{self.text}")
        text = f"{self.text} ({verdict['verdict']})"
        return [nodes.reference("", text, refuri=uri, reftitle=verdict["claim"], internal=True)], []


class DataFileRole(SphinxRole):
    """``{data-file}`sources.csv```: a link to a file of the data package as it is published beside the pages."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        site: Site = self.env.app.press  # type: ignore[attr-defined]
        if not (site.root / "data" / self.text).is_file():
            place = line_of(self.env.docname, self.get_source_info()[1])
            raise ExtensionError(f"{place}: there is no data/{self.text}")
        uri = "../" * self.env.docname.count("/") + f"data/{self.text}"
        return [nodes.reference("", "", nodes.literal("", self.text), refuri=uri, internal=True)], []


ROLES = {"fact": FactRole(), "claim": ClaimRole(), "data-file": DataFileRole()}
