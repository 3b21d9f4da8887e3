"""What the pages know: the records of all chapters, the data package and the claims, loaded once a build."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from press import claims as claim_rules
from press import live, words
from press.editions import Edition, load_editions, read_verdicts
from press.errors import ChapterError, DataError, nearest
from press.evidence import Evidence
from press.package import Package
from press.records import Record, read_records
from press.store import STORE_VARIABLE, Store, open_store
from press.text import is_address

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("press"),
    autoescape=True,
    extensions=["jinja2.ext.i18n"],
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
# What comes from the data is translated by the filter: "_" takes its text for markup, and for a format.
_ENVIRONMENT.filters.update(
    word=words.gettext, long_date=words.long_date, long_period=words.long_period, deciding=claim_rules.deciding
)
_ENVIRONMENT.tests.update(address=is_address)


@dataclass
class Site:
    """Everything that pages show, from the executed notebooks under ``root/notebooks``."""

    root: Path
    package: Package
    claims: dict[str, claim_rules.Claim]
    docs: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    as_of: str = ""
    facts: dict[str, Record] = field(default_factory=dict)
    figures: dict[str, Record] = field(default_factory=dict)
    models: dict[str, Record] = field(default_factory=dict)
    verdicts: dict[str, Record] = field(default_factory=dict)
    editions: list[Edition] = field(default_factory=list)
    earlier: dict[str, dict[str, Record]] = field(default_factory=dict)
    store: Store | None = None
    _sources: dict[str, dict[str, str]] = field(default_factory=dict)
    _known: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, root: Path) -> Site:
        """Read the package, the claims and every notebook's records. Raises PressError with the place of a fault."""
        package = Package(root)
        site = cls(root, package, claim_rules.load_claims(package))
        if STORE_VARIABLE in os.environ:
            site.store = open_store(root, lambda text: print(f"press: {text}", file=sys.stderr))
        for path in sorted((root / "notebooks").glob("*.ipynb")):
            site.titles[f"notebooks/{path.stem}"] = _title(path)
            for record in read_records(path):
                site._add(record, f"notebooks/{path.stem}")
        site.editions = load_editions(package)
        for edition in site.editions[:-1]:
            if edition.as_of < site.as_of:
                site.earlier[edition.id] = read_verdicts(root, edition.id)
        for claim in site.claims.values():
            if claim.chapter not in site.docs:
                raise DataError(
                    f"data/claims.csv, claim {claim.id}, field chapter: found '{claim.chapter}', "
                    f"there is no such chapter{nearest(claim.chapter, site.docs)}"
                )
        missing = claim_rules.unjudged(site.claims, site.docs, site.verdicts)
        if missing:
            raise ChapterError(
                f"no verdict for the claims {', '.join(missing)}: a chapter must judge each of its claims"
            )
        return site

    def _add(self, record: Record, doc: str) -> None:
        kind = record["kind"]
        if kind == "chapter":
            if record["name"] in self.docs:
                raise ChapterError(
                    f"{doc}: the chapter '{record['name']}' stands already in {self.docs[record['name']]}"
                )
            self.docs[record["name"]] = doc
            self.as_of = max(self.as_of, record["as_of"])
        elif kind == "fact":
            self.facts[f"{record['chapter']}.{record['name']}"] = record
        elif kind == "figure":
            name = f"{record['chapter']}-{record['id']}"
            self.figures[name] = record if "wide" in record else record | live.drawings(name, record, self.store)
        elif kind == "model":
            self.models[f"{record['chapter']}-{record['id']}"] = record
        elif kind == "verdict":
            claim = record["id"]
            if claim in self.verdicts:
                other = self.docs[self.verdicts[claim]["chapter"]]
                raise ChapterError(f"{doc}: claim {claim} is judged twice; it is judged in {other} already")
            claim_rules.find_claim(self.claims, claim, record["chapter"])
            self.verdicts[claim] = record

    @cached_property
    def evidence(self) -> Evidence:
        """The rows that this edition knows."""
        return Evidence.load(self.package, self.as_of)

    def sources_known(self, as_of: str) -> set[str]:
        """Return the sources that an edition knows."""
        if as_of not in self._known:
            self._known[as_of] = set(Evidence.load(self.package, as_of).sources)
        return self._known[as_of]

    @property
    def front(self) -> bool:
        """Say whether this is the latest edition."""
        return not self.editions or self.as_of >= self.editions[-1].as_of

    def rows(self, table: str) -> list[dict[str, str]]:
        """Return the rows of a table that this edition knows, as the file has them.

        A source that only later rows name is not known yet, nor is an update of a later day.
        """
        rows = self.package.rows(table, self.as_of)
        if table == "sources":
            known = self.sources_known(self.as_of)
            return [row for row in rows if row["id"] in known]
        if table == "updates" and not self.front:
            return [row for row in rows if row["date"] <= self.as_of]
        return rows

    @property
    def folder(self) -> str:
        """Where this edition stands under the published site: "" for the latest, else ``editions/<id>/``."""
        return next((f"editions/{e.id}/" for e in self.editions[:-1] if e.as_of == self.as_of), "")

    def mark(self, env: Any, place: str) -> None:
        """Note that readers find the ``ledger``, ``data``, ``sources`` or ``corrections`` on the page being read."""
        env.metadata[env.docname][f"press-{place}"] = True

    def places(self, env: Any) -> dict[str, str]:
        """Return the pages that were marked, by place; "" for one that the book does not have."""
        found = {"ledger": "", "data": "", "sources": "", "corrections": ""}
        for doc, metadata in sorted(env.metadata.items()):
            found |= {place: doc for place in found if f"press-{place}" in metadata}
        return found

    def fact(self, name: str) -> Record:
        """Return a fact by ``chapter.name``; an unknown one, or one without a value, is an error."""
        if name not in self.facts:
            raise ChapterError(f"there is no fact '{name}'{nearest(name, self.facts)}")
        record = self.facts[name]
        if record["value"] is None:
            raise ChapterError(f"the fact '{name}' has no value as known on {self.as_of}; say it in a known-from block")
        return record

    def fact_text(self, name: str, spec: str = "", unit: str = "") -> str:
        """Write a fact as prose shows it."""
        record = self.fact(name)
        return words.fact_text(record["value"], record["unit"], record["qualifier"], spec, unit)

    def source(self, source_id: str) -> dict[str, str]:
        """Return a source's record of the register."""
        if not self._sources:
            self._sources = {row["id"]: row for row in self.package.rows("sources")}
        return self._sources[source_id]

    def cite(self, record: Record, most: int = 4) -> dict[str, Any]:
        """Return the source line of a record: its main publishers, how many more, and all sources."""
        sources = [self.source(source) for source in record["sources"]]
        publishers = Counter(source["publisher"] for source in sources)
        names = list(publishers)
        return {"sources": sources, "publishers": names[:most], "more": max(len(names) - most, 0)}

    def html(self, template: str, **context: Any) -> str:
        """Render a template; every value is escaped."""
        return _ENVIRONMENT.get_template(template).render(site=self, **context)


def line_of(doc: str, line: int | None) -> str:
    """Name a place in a page for a message; MyST-NB counts the lines of a notebook's cell n from n times 10,000."""
    cell, line = divmod(line or 0, 10_000)
    return f"{doc}, cell {cell}, line {line}" if cell else f"{doc}, line {line}"


def _title(path: Path) -> str:
    """Return a notebook's first heading."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        for line in "".join(cell["source"]).splitlines():
            if cell["cell_type"] == "markdown" and line.startswith("# "):
                return line.removeprefix("# ").strip()
    raise ChapterError(f"notebooks/{path.stem}.md: found no heading '# ...', expected a title")
