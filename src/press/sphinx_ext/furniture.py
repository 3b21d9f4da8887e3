"""What people expect of a publication beside its text: tags for sharing and for machines, feed, sitemap, 404 page,
changes and citation under each chapter, the page of all figures.

The tags are written here and not by sphinxext-opengraph: their picture is the page's own figure, drawn from its SVG,
where that package draws text cards with Matplotlib.
"""

from __future__ import annotations

import os
import re
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import Markup
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from press import linked_data, live, search
from press import words as own_words
from press.records import Record
from press.sphinx_ext import policy
from press.sphinx_ext.assets import FOLDER
from press.sphinx_ext.mime import raw
from press.sphinx_ext.site import Site
from press.updates import BOOK, Update, load_updates, of_chapter

_ = own_words.gettext

CARDS = f"{FOLDER}/cards"

#: The size in pixels that networks show whole; another shape would be cut at its edges.
CARD = (1200, 630)

#: The page that offers the tables (templates link to it by this name too).
DATA_PAGE = "book/data"

#: The page for what is not there. It is served for any address, at any depth: its links start at the base, or at the
#: host's root where that is not known.
LOST = "404"
_RELATIVE = re.compile(r'\b(href|src|action)="(?![a-z]+:|[/#])')

#: Pages without prose of the book; nobody should be sent to them.
_MACHINE = ("search", "genindex", LOST)

#: Characters of a description, and the parts of a page whose paragraphs are none.
_MOST = 200
_ASIDE = (nodes.Admonition, nodes.container, nodes.table, nodes.list_item, nodes.definition, nodes.citation)


@dataclass
class Furniture:
    """``base`` is the absolute address of this edition's pages with a slash at its end, or empty when not known."""

    site: Site
    publication: str
    author: str
    language: str
    root_doc: str
    base: str
    css: list[str]
    front: bool

    #: The file of each chapter's card by its page, and what each file is drawn from.
    cards: dict[str, tuple[str, Record]] = field(default_factory=dict)
    plates: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {row["id"] for row in self.site.rows("updates")} if "updates" in self.site.package.resources else set()
        self.updates = [u for u in load_updates(self.site.package, self.site.docs) if u.id in known]
        for figure in self.site.figures.values():
            doc = self.site.docs[figure["chapter"]]
            if doc not in self.cards:
                width, height = live.size(figure["wide"])
                plate = self.site.html("plate_card.svg", card=CARD, figure=figure, width=width, height=height)
                name = live.hashed(f"{figure['chapter']}-{figure['id']}.png", plate.encode())
                self.cards[doc], self.plates[name] = (name, figure), plate

    def chapter_of(self, doc: str) -> str:
        """Return the chapter that a page is, or an empty text."""
        return next((chapter for chapter, its in self.site.docs.items() if its == doc), "")

    def changes(self, doc: str) -> list[Update]:
        """Return the updates that touch a page, newest first; pages that gather chapters are touched by all."""
        chapter = self.chapter_of(doc)
        return of_chapter(self.updates, chapter) if chapter else self.updates

    def place(self, update: Update) -> tuple[str, str]:
        """Return the page that an update is about, and its title."""
        if update.chapter == BOOK:
            return self.root_doc, self.publication
        doc = self.site.docs[update.chapter]
        return doc, self.site.titles[doc]

    def head(self, doc: str, title: str, description: str, up: str) -> str:
        """Return the tags for the head of a page; ``up`` leads from where they stand to the root, as in ``../``."""
        root = self.base or up
        # A page without a figure of its own shows the book's first.
        file, figure = self.cards.get(doc) or next(iter(self.cards.values()), ("", None))
        image = f"{root}{CARDS}/{file}" if file else ""
        address = f"{self.base}{doc}.html" if self.base else ""
        changes = self.changes(doc) if self.chapter_of(doc) else []
        shared = {"description": description, "inLanguage": self.language, "url": address}
        data = None
        if self.chapter_of(doc):
            data = linked_data.article(
                self.site.package,
                **shared | {"headline": title, "image": image},
                author=self.author,
                dates=[update.date for update in changes],
                whole=(self.publication, f"{root}{self.root_doc}.html"),
            )
        elif doc == DATA_PAGE:
            days = [update.date for update in self.updates]
            data = linked_data.dataset(self.site.package, root, **shared, author=self.author, dates=days)
        return self.site.html(
            "head.html",
            title=title,
            description=description,
            publication=self.publication,
            chapter=self.chapter_of(doc),
            changes=changes,
            address=address,
            image=image,
            image_alt=figure["alt"] if figure else "",
            size=CARD,
            noindex=doc in _MACHINE,
            feed=f"{up}feed.xml" if self.front and self.updates else "",
            data=data,
        )

    def colophon(self, doc: str) -> str:
        """Return what stands under a chapter: when it changed and how it is cited."""
        changes, title = self.changes(doc), self.site.titles[doc]
        day = changes[0].date if changes else ""
        known = _("As known on {day}").format(day=own_words.long_date(self.site.as_of))
        address = f"{self.base}{doc}.html" if self.base else ""
        by = "" if self.author == self.publication else f"{self.author}: "
        dated = f", {own_words.long_date(day)}" if day else ""
        within = _("In:")
        plain = f"{by}“{title}”. {within} {self.publication}{dated}. {known}. {address}"
        entry = {
            "author": self.author,
            "title": title,
            "howpublished": _("Chapter in “{publication}”").format(publication=self.publication),
            "year": (day or self.site.as_of)[:4],
            "note": known,
            **({"url": address} if address else {}),
        }
        key = f"{self.site.package.descriptor['name']}-{self.chapter_of(doc)}"
        return self.site.html("colophon.html", changes=changes, plain=plain.strip(), bibtex=live.bibtex(key, entry))

    def write(self, out: Path, about: str) -> None:
        """Write the files of the edition that is built into ``out``; ``about`` describes the whole book."""
        (out / CARDS).mkdir(parents=True, exist_ok=True)
        for name, plate in self.plates.items():
            (out / CARDS / name).write_bytes(live.png(plate, self.site.store))
        if self.base:
            pages = sorted(search.published(out))
            found = [(f"{self.base}{page}", self.changes(page.removesuffix(".html"))[:1]) for page in pages]
            _put(out / "sitemap.xml", self.site.html("sitemap.xml", pages=found))
        if not self.front:
            return
        words = {"publication": self.publication, "language": self.language}
        if self.root_doc != "index":
            # Jupyter Book's own page at the root is empty for those who share its address.
            head = Markup(self.head(self.root_doc, self.publication, about, up=""))
            page = self.site.html("front.html", policy=policy.tag(), head=head, to=f"{self.root_doc}.html", **words)
            _put(out / "index.html", page)
        earlier = [f"editions/{edition.id}/" for edition in self.site.editions[:-1]]
        maps = [f"Sitemap: {self.base}{place}sitemap.xml" for place in ["", *earlier] if self.base]
        _put(out / "robots.txt", "\n".join(["User-agent: *", "Allow: /", *maps]))
        lost = out / f"{LOST}.html"
        _put(lost, _RELATIVE.sub(rf'\1="{self.base or "/"}', lost.read_text("utf-8")))
        if self.updates:
            entries = [(update, self._urn(f"updates/{update.id}"), *self.place(update)) for update in self.updates]
            context = {"author": self.author, "base": self.base, "root_doc": self.root_doc, "entries": entries}
            _put(out / "feed.xml", self.site.html("feed.xml", id=self._urn("feed"), **context, **words))

    def _urn(self, part: str) -> str:
        """Name a part of the publication; an id that is made of names outlives a change of address."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self.site.package.descriptor['name']}/{part}").urn


def _put(path: Path, text: str) -> None:
    path.write_text(text.rstrip() + "\n", "utf-8")


def description(app: Sphinx, page: str) -> str:
    """Return the first paragraph of a page's prose as plain text without citations, cut between words.

    It is empty for a page that was not written, or has no prose.
    """
    if page not in app.env.found_docs:
        return ""
    doctree = app.env.get_doctree(page)
    for citation in [node for node in doctree.findall(addnodes.pending_xref) if node.get("refdomain") == "cite"]:
        citation.parent.remove(citation)
    for paragraph in doctree.findall(nodes.paragraph):
        node: nodes.Node | None = paragraph.parent
        while node is not None and not isinstance(node, _ASIDE):
            node = node.parent
        text = re.sub(r"\s+(?=[.,;:])", "", paragraph.astext()).strip()
        if node is None and text:
            return textwrap.shorten(text, _MOST, placeholder="…")
    return ""


class Updates(SphinxDirective):
    """``{updates}``: what changed in the publication, newest first."""

    def run(self) -> list[nodes.Node]:
        furniture: Furniture = self.env.app.press_furniture  # type: ignore[attr-defined]
        relative = self.env.app.builder.get_relative_uri
        rows = [
            (update, relative(self.env.docname, doc), title)
            for update in furniture.updates
            for doc, title in [furniture.place(update)]
        ]
        up = "../" * self.env.docname.count("/")
        return list(
            raw(furniture.site.html("updates.html", rows=rows, feed=f"{up}feed.xml" if furniture.front else ""))
        )


class AllFigures(SphinxDirective):
    """``{all-figures}``: every figure by chapter, small, with its title linked to its place.

    They stand in the page itself: all of them together weigh what a photograph does, and so they have the page's
    font and its colours, dark ones too.
    """

    def run(self) -> list[nodes.Node]:
        site: Site = self.env.app.press  # type: ignore[attr-defined]
        found: list[nodes.Node] = []
        for chapter, doc in site.docs.items():
            figures = [(name, record) for name, record in site.figures.items() if record["chapter"] == chapter]
            if figures:
                self.env.note_dependency(str(site.root / f"{doc}.ipynb"))
                section = nodes.section(ids=[f"figures-{chapter}"], names=[f"figures-{chapter}"])
                section += nodes.title("", site.titles[doc])
                href = self.env.app.builder.get_relative_uri(self.env.docname, doc)
                folder = "../" * self.env.docname.count("/") + FOLDER + "/"
                section += raw(site.html("all_figures.html", figures=figures, href=href, folder=folder))
                found.append(section)
        return found


DIRECTIVES = {"updates": Updates, "all-figures": AllFigures}


def load(app: Sphinx) -> None:
    """Settle the address of the edition and gather what its pages need. At ``builder-inited``, after the site."""
    site: Site = app.press  # type: ignore[attr-defined]
    # Who publishes knows the address; the book need not.
    base = os.environ.get("SITE_URL") or app.config.html_baseurl
    if base:
        base = base.rstrip("/") + "/"
        app.config.html_baseurl = base = base + site.folder  # Sphinx writes the canonical links with it
    app.press_furniture = Furniture(  # type: ignore[attr-defined]
        site,
        publication=str(app.config.html_title or app.config.project),
        author=str(app.config.author),
        language=str(app.config.language),
        root_doc=app.config.root_doc,
        base=base,
        css=["press-page.css", *(name if isinstance(name, str) else name[0] for name in app.config.html_css_files)],
        front=site.front,
    )


def _dress(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> str | None:
    """Give a page its tags, a chapter its changes and citation, the search page its form."""
    furniture: Furniture = app.press_furniture  # type: ignore[attr-defined]
    up = "../" * page.count("/")
    if page == "search":
        context |= {"title": _("Search"), "body": furniture.site.html("search.html")}
    title = str(Markup(context.get("title", "")).striptags()) or furniture.publication
    tags = furniture.head(page, title, description(app, page), up)
    context["metatags"] = context.get("metatags", "") + tags
    if furniture.chapter_of(page):
        context["body"] += furniture.colophon(page)
    return "page.html" if page == "search" else None


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        furniture: Furniture = app.press_furniture  # type: ignore[attr-defined]
        furniture.write(Path(app.outdir), description(app, app.config.root_doc))


def _collect(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page for what is not there; a host shows that of the front alone."""
    furniture: Furniture = app.press_furniture  # type: ignore[attr-defined]
    if furniture.front:
        body = furniture.site.html("404.html")
        yield LOST, {"title": _("Page not found"), "body": body}, "page.html"


def setup(app: Sphinx) -> None:
    """Register hooks; called by the press's own setup."""
    app.connect("html-collect-pages", _collect)
    app.connect("html-page-context", _dress)
    app.connect("build-finished", _write, priority=900)  # after all pages are there
