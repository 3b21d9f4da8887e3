"""Scenarios on pages: a table of what each of them gives, and a notice on a page of a reader's own assumptions."""

from __future__ import annotations

import json
import os
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from press.comparison import RESULTS, read_comparison
from press.errors import ChapterError, DataError, PressError, nearest
from press.facts import TEXT_UNITS
from press.scenarios import TABLES, Scenario, load_scenarios
from press.sphinx_ext.mime import raw
from press.sphinx_ext.site import Site
from press.words import fact_text

#: Set in the environment of a rendering of one chapter with a reader's assumptions: JSON of ``doc`` and ``told``.
ASSUMPTIONS = "PRESS_ASSUMPTIONS"


class ScenarioTable(SphinxDirective):
    """``{scenario-table}``: chosen facts over all scenarios.

    Each line of the body is ``fact; format; label``; the option ``chapter`` is needed where more chapters than one
    run scenarios. Only an edition as known on the day of the accepted facts shows them.
    """

    has_content = True
    option_spec = {"chapter": str}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        site: Site = self.env.app.press  # type: ignore[attr-defined]
        for name in TABLES:
            if name in site.package.resources:
                self.env.note_dependency(str(site.root / "data" / site.package.resource(name)["path"]))
        self.env.note_dependency(str(site.root / RESULTS))
        try:
            return list(raw(self._html(site)))
        except PressError as error:
            raise ExtensionError(f"{self.env.docname}, line {self.get_source_info()[1]}: {error}") from None

    def _html(self, site: Site) -> str:
        found, known = read_comparison(site.root), load_scenarios(site.package)
        chapter = self.options.get("chapter") or next(iter(found), "")
        if chapter not in found:
            hint = f"{nearest(chapter, found)}; 'press accept' makes them"
            raise ChapterError(f"{RESULTS} has no results of the chapter '{chapter}'{hint}")
        results = found[chapter]
        if results["as_of"] != site.as_of:
            return site.html("scenarios_elsewhere.html", as_of=results["as_of"])
        missing = [id for id in known.scenarios if id not in results["scenarios"]]
        if missing:
            raise DataError(f"{RESULTS} has no results of the scenario '{missing[0]}'; 'press accept' makes them")
        facts = [results["scenarios"][id] for id in known.scenarios]
        columns = [self._column(line, facts) for line in self.content if line.strip()]
        return site.html(
            "scenarios.html",
            columns=[{"label": label, "unit": unit} for _, _, label, unit in columns],
            rows=[
                self._row(scenario, results["scenarios"][scenario.id], columns) for scenario in known.scenarios.values()
            ],
            root="../" * self.env.docname.count("/"),
        )

    def _column(self, line: str, facts: list[dict[str, Any]]) -> tuple[str, str, str, str]:
        """Read ``fact; format; label`` and look up the fact's unit."""
        name, spec, label, *rest = [part.strip() for part in line.split(";")] + ["", ""]
        if any(rest):
            raise ChapterError(f"found '{line}', expected 'fact; format; label'")
        for stated in facts:
            if name not in stated:
                raise ChapterError(f"there is no fact '{name}' in every scenario{nearest(name, stated)}")
        units = {stated[name]["unit"] for stated in facts}
        if len(units) > 1:
            raise ChapterError(f"the fact '{name}' has different units: {', '.join(sorted(units))}; expected one")
        unit = units.pop()
        return name, spec, label or name.replace("_", " "), "" if unit in TEXT_UNITS else unit

    def _row(
        self, scenario: Scenario, facts: dict[str, Any], columns: list[tuple[str, str, str, str]]
    ) -> dict[str, Any]:
        cells = [
            {
                "label": label,
                "unit": unit,
                "text": fact_text(facts[name]["value"], facts[name]["unit"], facts[name]["qualifier"], spec),
                "rows": facts[name]["rows"].split(),
            }
            for name, spec, label, unit in columns
        ]
        return {"scenario": scenario, "cells": cells}


def tell_assumptions(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Say on the page of a reader's own run what was assumed. At ``html-page-context``."""
    run = json.loads(os.environ.get(ASSUMPTIONS, "{}"))
    if run:
        site: Site = app.press  # type: ignore[attr-defined]
        here = page == run["doc"]
        href = "" if here else f"{'../' * page.count('/')}{run['doc']}.html"
        context["theme_announcement"] = site.html("assumptions.html", told=run["told"], href=href)
