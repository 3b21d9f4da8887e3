"""Pages of the press: its theme, only the files that a page uses, and markup that assistive technology can read.

Extensions that Jupyter Book always loads put their scripts and sheets on every page, one of them from a CDN. What is
kept is decided for each page by what its body holds; formulas become MathML at build time, and no page needs MathJax.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from press.words import gettext as _

#: Files of other extensions that a page may load, each with the mark in its body that asks for it.
_WANTED = {
    "sphinx-design": 'class="sd-',
    "design-tabs": 'class="sd-tab-set',
    "mystnb": 'class="output ',
}
#: Files of other extensions, of Sphinx and of the theme that Jupyter Book expects; no page of ours uses them.
_UNUSED = (
    "clipboard",
    "copybutton",
    "pygments",
    "scripts/sphinx-book-theme",
    "sphinx-thebe",
    "togglebutton",
)
#: What Sphinx's own search needs, on its page alone.
_SEARCH = ("doctools", "documentation_options", "sphinx_highlight")
_UNUSED_FOLDERS = ("sphinx_copybutton", "sphinx_thebe", "sphinx_togglebutton")


def _needed(name: str, body: str, searching: bool) -> bool:
    """Say whether a page with this body loads the file; an inline script has no name and is never one of ours."""
    name = name.removeprefix("_static/")
    if name.startswith(_SEARCH):
        return searching
    for start, mark in _WANTED.items():
        if name.startswith(start):
            return mark in body
    return bool(name) and not name.startswith(_UNUSED)


def _trim(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Keep the scripts and sheets that this page uses."""
    body, searching = context.get("body", ""), templatename == "search.html"
    for key in ("script_files", "css_files"):
        context[key] = [f for f in context[key] if _needed(str(getattr(f, "filename", f) or ""), body, searching)]


def _drop_folders(app: Sphinx) -> None:
    """Leave the unused files out of the site too."""
    app.config.html_static_path = [
        path for path in app.config.html_static_path if not set(Path(path).parts) & set(_UNUSED_FOLDERS)
    ]


def _contents(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the templates the book's parts, the sections of this page, and its place in its part."""
    env = app.env
    parts: list[dict[str, Any]] = []
    for tree in env.tocs[app.config.root_doc].findall(addnodes.toctree):
        entries = [
            {"doc": doc, "title": title or env.titles[doc].astext()}
            for title, doc in tree["entries"]
            if doc in env.titles
        ]
        parts.append({"caption": tree.get("caption") or "", "entries": entries})
    context["press_contents"] = parts
    context["press_sections"], context["press_place"] = [], ""
    if pagename in env.tocs:
        context["press_sections"] = [
            {"anchor": reference["anchorname"], "title": reference.astext()}
            for reference in env.tocs[pagename].findall(nodes.reference)
            if reference["anchorname"] and _depth(reference) == 2
        ]
    for part in parts:
        docs = [entry["doc"] for entry in part["entries"]]
        if pagename in docs and part["caption"]:
            place = _("{n} of {all}").format(n=docs.index(pagename) + 1, all=len(docs))
            context["press_place"] = f"{part['caption']} · {place}"


def _depth(reference: nodes.Node) -> int:
    """Return how deep an entry of a page's contents stands; the page's title is at 1."""
    depth, node = 0, reference.parent
    while node is not None:
        depth, node = depth + isinstance(node, nodes.bullet_list), node.parent
    return depth


# Markup that the writers of others get wrong


def _visit_code(self: HTML5Translator, node: nodes.Element) -> None:
    """Folded code: its visible words are its name (MyST-NB names every one 'Toggle hidden content')."""
    self.body.append(f'<details class="press-folded"><summary>{self.encode(node["prompt_show"])}</summary>\n')


def _depart_code(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</details>\n")


def _visit_citation(self: HTML5Translator, node: nodes.Element) -> None:
    """An entry of a bibliography: a list item (docutils gives it the deprecated role ``doc-biblioentry``)."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<ul class="press-references">\n')
    self.body.append(self.starttag(node, "li", CLASS="citation"))


def _depart_citation(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</li>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</ul>\n")


def _visit_table(self: HTML5Translator, node: nodes.Element) -> None:
    """A table that is wider than the screen is scrolled in its own box, by keyboard too."""
    label = self.attval(_("Table"))
    self.body.append(f'<div class="press-scroll" tabindex="0" role="group" aria-label="{label}">\n')
    HTML5Translator.visit_table(self, node)


def _depart_table(self: HTML5Translator, node: nodes.Element) -> None:
    HTML5Translator.depart_table(self, node)
    self.body.append("</div>\n")


def _visit_inline_math(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _visit_block_math(self: HTML5Translator, node: nodes.Element) -> None:
    # On a phone a long formula is scrolled in its own box, by keyboard too.
    scrolled: dict[str, Any] = {"tabindex": "0", "role": "group", "aria-label": _("Formula")}
    self.body.append(self.starttag(node, "div", CLASS="press-formula", **scrolled))
    self.body.append(tex2mathml(node.astext(), as_block=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the theme ``press``, the math renderer ``press`` and the hooks; called by the press's own setup."""
    app.add_html_theme("press", str(Path(__file__).parent.parent / "theme"))
    app.add_html_math_renderer("press", (_visit_inline_math, None), (_visit_block_math, None))
    app.add_node(HideCodeCellNode, override=True, html=(_visit_code, _depart_code))
    app.add_node(nodes.citation, override=True, html=(_visit_citation, _depart_citation))
    app.add_node(nodes.table, override=True, html=(_visit_table, _depart_table))
    app.connect("config-inited", _choose)
    app.connect("html-page-context", _contents)


def _choose(app: Sphinx, config: Any) -> None:
    """Trim pages of our own theme alone: another theme needs its own files."""
    if config.html_theme == "press":
        app.connect("builder-inited", _drop_folders, priority=900)
        app.connect("html-page-context", _trim, priority=900)
