"""The press as a Sphinx extension: records of executed notebooks become figures, verdicts, facts and ledgers."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from press import live, orphans, words
from press.editions import ALL_EDITIONS, Edition
from press.errors import PressError
from press.sphinx_ext import assets, colours, furniture, lean, ledger, pages, policy, reference, scenarios
from press.sphinx_ext.directives import DIRECTIVES
from press.sphinx_ext.roles import ROLES
from press.sphinx_ext.site import Site


def _load(app: Sphinx) -> None:
    folders = [Path(app.srcdir) / folder for folder in app.config.locale_dirs]
    words.choose(str(app.config.language), folders)
    try:
        app.press = Site.load(Path(app.srcdir))  # type: ignore[attr-defined]
        furniture.load(app)
        assets.load(app)
    except PressError as error:
        raise ExtensionError(str(error)) from None
    colours.keep(app)
    of_figures, of_pages = app.press_assets.pictures, app.press_furniture.plates  # type: ignore[attr-defined]
    assets.draw_ahead(app.press.store, [*of_figures.values(), *of_pages.values()])  # type: ignore[attr-defined]


def _copy_data(app: Sphinx, error: Exception | None) -> None:
    """Put the data package beside the pages, so that every table can be downloaded: the rows that the edition knows."""
    if error is not None or app.builder.format != "html":
        return
    site: Site = app.press  # type: ignore[attr-defined]
    source, target = Path(app.srcdir) / "data", Path(app.outdir) / "data"
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.csv"))
    for name, resource in site.package.resources.items():
        path, known = resource["path"], {row["id"] for row in site.rows(name)}
        with (source / path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        if all(row["id"] in known for row in rows):
            shutil.copy(source / path, target / path)
        else:  # as published then: what corrects them stands in a table of its own
            (target / path).write_bytes(live.write_csv(rows[0], [row for row in rows if row["id"] in known]))


def _tell_words(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the theme and the scripts the site's own words; Sphinx's own are used where ours say nothing else."""
    if words.chosen():
        context["_"] = words.of_theme
        context["press_words"] = words.of_scripts()


def _tell_edition(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Say on every page of an earlier edition which one it is, and where the latest is."""
    site: Site = app.press  # type: ignore[attr-defined]
    if not site.front:
        edition = next((e for e in site.editions if e.as_of == site.as_of), None)
        up = "../" * (page.count("/") + (2 if edition else 0))
        title = edition.title if edition else words.gettext("as known on {day}").format(day=site.as_of)
        context["theme_announcement"] = site.html("old_edition.html", title=title, latest=f"{up}{page}.html")


def _offer_editions(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Offer the same page of the other editions, where all editions are built together.

    A source that an earlier edition did not know has no page there: its register of sources is offered instead. The
    page for what is not there is the front's alone: others are entered by their first page.
    """
    site: Site = app.press  # type: ignore[attr-defined]
    if ALL_EDITIONS not in os.environ:
        return
    top = "../" * (page.count("/") + (2 if site.folder else 0))
    latest = site.editions[-1]

    def address(edition: Edition) -> str:
        folder = "" if edition == latest else f"editions/{edition.id}/"
        source = page.removeprefix("evidence/sources/")
        known = source == page or source in site.sources_known(edition.as_of)
        goal = page if known else site.places(app.env)["sources"] or app.config.root_doc
        goal = app.config.root_doc if page == furniture.LOST else goal
        return f"{top}{folder}{goal}.html"

    context["press_editions"] = [
        {"title": edition.title, "href": "" if edition.as_of == site.as_of else address(edition)}
        for edition in reversed(site.editions)
    ]


def all_directives() -> dict[str, type[SphinxDirective]]:
    """Return the directives that pages may use, by name; those that document the press itself are apart."""
    return {**DIRECTIVES, **furniture.DIRECTIVES, "scenario-table": scenarios.ScenarioTable}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register roles, directives and hooks (Sphinx calls this)."""
    if orphans.VARIABLE in os.environ:
        orphans.end_with(int(os.environ[orphans.VARIABLE]))
    app.connect("builder-inited", _load)
    app.connect("html-page-context", assets.add_script)
    app.connect("build-finished", _copy_data)
    app.connect("html-page-context", _tell_words)
    app.connect("html-page-context", _tell_edition)
    app.connect("html-page-context", _offer_editions)
    app.connect("html-page-context", scenarios.tell_assumptions)
    app.connect("build-finished", assets.write)
    app.add_config_value("press_commentary", {}, "html", [dict])
    app.add_config_value("press_report", "", "env", [str])
    app.add_config_value("press_reading_minutes", [], "", [list])  # read by 'press check'
    app.connect("html-page-context", pages.begin)
    app.connect("html-collect-pages", pages.collect)
    app.connect("html-page-context", pages.add_script)
    app.connect("build-finished", ledger.write_exports)
    furniture.setup(app)
    for name, role in ROLES.items():
        app.add_role(name, role)
    for name, directive in all_directives().items():
        app.add_directive(name, directive)
    reference.setup(app)
    lean.setup(app)
    policy.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
