"""What an author calls in a chapter: read tables, state facts, show figures, judge claims."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from press import claims as claim_rules
from press import models
from press.errors import ChapterError, nearest
from press.evidence import Evidence
from press.facts import Fact, Value
from press.figures import (
    NARROW,
    NOTEBOOK_LIMIT,
    WIDE,
    Draw,
    draw_jpeg,
    draw_svg,
    narrow_patch,
    spec_of,
    wake,
)
from press.layers import check_weight
from press.package import Package
from press.places import find_root
from press.records import PICTURE_MIME, VEGA_LITE_MIME, WITHOUT_FIGURES, emit, pack
from press.seen import Rows, Seen
from press.text import as_markdown, require_plain


class Chapter:
    """One chapter's view of the data: the declared tables, as known by a day.

    Parameters
    ----------
    name
        The chapter's name, as in the column ``chapter`` of the claims.
    as_of
        ISO date. Rows that became known later are not seen.
    tables
        The tables that the chapter reads. Written as literals: the press reads them without running the chapter.
    """

    def __init__(self, name: str, *, as_of: str, tables: list[str], root: Path | None = None) -> None:
        try:
            self.as_of = pd.Timestamp(as_of).strftime("%Y-%m-%d")
        except (ValueError, TypeError):
            raise ChapterError(f"parameter as_of: found {as_of!r}, expected a date as in '2025-12-15'") from None
        if WITHOUT_FIGURES not in os.environ:
            wake()
        self.name = name
        self.package = Package(find_root(root))
        self.tables = {table: self.package.table(table, self.as_of) for table in tables}
        self._seen = Seen(self.tables, self.as_of)
        self.facts: dict[str, Fact] = {}
        self._figures: set[str] = set()
        self._judged: set[str] = set()
        emit(
            {"kind": "chapter", "name": name, "as_of": self.as_of, "tables": sorted(tables)},
            f"Chapter '{name}' as known on {self.as_of}, reading {', '.join(sorted(tables))}",
        )

    def known(self, day: str) -> bool:
        """Say whether this edition reaches ``day`` (ISO date): later sections are for later editions."""
        return pd.Timestamp(day) <= pd.Timestamp(self.as_of)

    def table(self, name: str) -> pd.DataFrame:
        """Return a declared table: its rows known by ``as_of``, with ``start`` and ``end`` of each period."""
        if name not in self.tables:
            raise ChapterError(f"table '{name}' is not declared in Chapter(tables=...){nearest(name, self.tables)}")
        return self.tables[name].copy()

    @cached_property
    def _claims(self) -> dict[str, claim_rules.Claim]:
        return claim_rules.load_claims(self.package)

    @cached_property
    def _conflicts(self) -> set[str]:
        """The rows for which another row, known by ``as_of``, gives a different value of the same thing."""
        return set(Evidence.load(self.package, self.as_of, self.tables).conflicts)

    def fact(
        self, name: str, value: Value = None, *, unit: str = "", rows: Rows = (), qualifier: str = "exact"
    ) -> Fact:
        """State a named value for prose and verdicts, and show it.

        Without ``value``, ``rows`` must be exactly one row: its value, unit and hedge are taken. A value that the
        evidence does not give yet is stated as ``missing`` instead.
        """
        place = f"fact '{name}'"
        if name in self.facts:
            raise ChapterError(f"{place} is stated twice")
        ids = self._seen.ids(rows, place)
        if value is None:
            if len(ids) != 1 or not isinstance(rows, pd.DataFrame | pd.Series):
                raise ChapterError(
                    f"{place}: found no value and {len(ids)} rows, expected a value, or the one row to take it from"
                )
            row = rows.iloc[0] if isinstance(rows, pd.DataFrame) else rows
            value, unit, qualifier = float(row["value"]), str(row["unit"]), str(row["qualifier"])
        if not unit:
            raise ChapterError(f"{place} has no unit")
        if not ids:
            raise ChapterError(f"{place} rests on no row of evidence")
        return self._state(Fact(name, _plain(value, place), unit, ids, qualifier))

    def missing(self, name: str, *, unit: str) -> Fact:
        """State that the evidence gives no value for ``name`` (as known on ``as_of``)."""
        return self._state(Fact(name, None, unit, ()))

    def _state(self, fact: Fact) -> Fact:
        self.facts[fact.name] = fact
        record = {
            "kind": "fact",
            "chapter": self.name,
            "name": fact.name,
            "value": fact.value,
            "unit": fact.unit,
            "qualifier": fact.qualifier,
            **self._seen.provenance(fact.rows),
        }
        emit(record, f"{self.name}.{fact.name} = {fact.text} ({len(fact.rows)} rows)")
        return fact

    def figure(
        self,
        chart: Any | Draw,
        *,
        id: str,
        title: str,
        subtitle: str,
        alt: str,
        rows: Rows,
        caveat: str = "",
    ) -> None:
        """Show a chart as a figure of the publication.

        Parameters
        ----------
        chart
            An Altair chart, or a function of the width in pixels that draws one (called for a wide column and for a
            phone).
        id
            Unique in the chapter; letters, digits and hyphens.
        title
            What to see.
        subtitle
            Unit and period.
        alt
            What a reader who cannot see the chart is told; not what the title says.
        rows
            The rows of evidence that the chart shows. Sources, "data to" and "known from" come from them.
        caveat
            What a careful reader must know before using the numbers.
        """
        place = f"figure '{id}'"
        if not id.replace("-", "").isalnum():
            raise ChapterError(f"{place}: an id is made of letters, digits and hyphens")
        if id in self._figures:
            raise ChapterError(f"{place} is shown twice in the chapter '{self.name}'")
        for field, text in (("title", title), ("subtitle", subtitle), ("alt", alt)):
            if not text.strip():
                raise ChapterError(f"{place}: the {field} is empty")
        require_plain(f"{title} {subtitle} {alt} {caveat}", place)
        if alt.strip() in (title.strip(), subtitle.strip()):
            raise ChapterError(f"{place}: the alt text repeats the title; say what the chart shows")
        ids = self._seen.ids(rows, place)
        if not ids:
            raise ChapterError(f"{place} rests on no row of evidence")
        self._figures.add(id)
        if WITHOUT_FIGURES in os.environ:
            return
        name = f"{self.name}-{id}"
        wide, narrow = (spec_of(chart, width, place) for width in (WIDE, NARROW))
        drawn, drawn_narrow = draw_svg(wide, name), draw_svg(narrow, f"{name}-n")
        for svg in (drawn, drawn_narrow):
            check_weight(svg, place)
        record = {
            "kind": "figure",
            "chapter": self.name,
            "id": id,
            "title": title,
            "subtitle": subtitle,
            "alt": alt,
            "caveat": caveat,
            "narrow_spec": narrow_patch(wide, narrow),
            **self._seen.provenance(ids),
        }
        text = f"{title}\n{subtitle}\n{alt}"
        if max(map(len, (drawn, drawn_narrow, json.dumps(wide, indent=1)))) > NOTEBOOK_LIMIT:
            emit({**record, "packed": pack(wide)}, text, **{PICTURE_MIME: draw_jpeg(drawn)})
        else:
            emit({**record, "narrow": drawn_narrow}, text, **{"image/svg+xml": drawn, VEGA_LITE_MIME: wide})

    def model(
        self,
        function: models.Model,
        *,
        id: str,
        title: str,
        subtitle: str,
        rows: Rows,
        caveat: str = "",
        **described: Any,
    ) -> None:
        """Let readers drive a model in the page.

        ``function`` takes the inputs by name and returns results by name, with plain arithmetic and NumPy's
        ``where``, ``minimum`` and ``maximum``. ``described`` is what :func:`press.models.describe` asks for; ``rows``
        are the rows of evidence behind the inputs.
        """
        place = f"model '{id}'"
        if not id.replace("-", "").isalnum() or id in self._figures:
            raise ChapterError(f"{place}: expected an id of letters, digits and hyphens that no figure or model has")
        ids = self._seen.ids(rows, place)
        self._figures.add(id)
        record = {
            "kind": "model",
            "chapter": self.name,
            "id": id,
            "title": title,
            "subtitle": subtitle,
            "caveat": caveat,
            **models.describe(function, place=place, **described),
            **self._seen.provenance(ids),
        }
        emit(record, f"{title}\n{subtitle}")

    def judge(self, claim_id: str, *, because: str, would_change: str, evidence: Rows = (), **measures: Fact) -> None:
        """Judge one of the chapter's claims by the rule that stands in the data; show the verdict.

        Parameters
        ----------
        because
            One or two sentences of the author: why the measures mean this.
        would_change
            What evidence would change the verdict.
        evidence
            Rows of evidence beyond those of the measures.
        measures
            The facts that the rule asks for, by name; units must be the rule's.
        """
        claim = claim_rules.find_claim(self._claims, claim_id, self.name)
        place = f"claim {claim_id}"
        if claim_id in self._judged:
            raise ChapterError(f"{place} is judged twice")
        if set(measures) != set(claim.measures):
            raise ChapterError(
                f"{place}: found the measures {claim_rules.as_names(measures)}; "
                f"its rule expects {claim_rules.as_names(claim.measures)}"
            )
        for name, fact in measures.items():
            if fact.unit != claim.measures[name]:
                raise ChapterError(
                    f"{place}: the measure '{name}' is in {fact.unit}; its rule expects {claim.measures[name]}"
                )
        if not because.strip() or not would_change.strip():
            raise ChapterError(f"{place}: 'because' and 'would_change' need a sentence each")
        require_plain(f"{because} {would_change}", place)
        values = {name: fact.value for name, fact in measures.items()}
        rows = self._seen.ids([*measures.values(), evidence], place)
        verdict = claim.verdict(values)
        seen = self._seen.rows.loc[list(rows)]
        undeclared = sorted(set(seen["table"]) - set(claim.tables))
        if undeclared:
            raise ChapterError(
                f"{place}: rests on rows of {', '.join(undeclared)}; data/claims.csv declares {', '.join(claim.tables)}"
            )
        sources = self.package.sources.loc[sorted(seen["source_id"].unique())]
        deciding = self._seen.ids(measures.values(), place)
        named = self.package.sources.loc[self._seen.rows.loc[list(deciding), "source_id"].unique()]
        agree = not any(row in self._conflicts for row in deciding)
        claim_rules.check_allowed(claim, verdict, values, seen, sources)
        self._judged.add(claim_id)
        record = {
            "kind": "verdict",
            "chapter": self.name,
            "id": claim.id,
            "claim": claim.text,
            "claim_kind": claim.kind,
            "reading": claim.reading,
            "rule": claim.rule,
            "verdict": verdict,
            "measures": [
                {"name": name, "value": fact.value, "unit": fact.unit, "text": fact.text, "rows": list(fact.rows)}
                for name, fact in sorted(measures.items())
            ],
            "because": because,
            "would_change": would_change,
            "strength": claim_rules.strength(named, agree=agree) if verdict in claim_rules.JUDGED else "",
            **self._seen.provenance(rows),
        }
        text = f"{claim.id}: {verdict}. {because}"
        emit(
            record,
            text,
            **{
                "text/markdown": f"**{claim.id}** {as_markdown(claim.text)}.\n\n"
                f"**{verdict.capitalize()}.** {as_markdown(because)}"
            },
        )


def _plain(value: Any, place: str) -> Value:
    """Return a value that JSON writes the same on every machine: numbers keep twelve significant digits."""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, str):
        return require_plain(value, place)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ChapterError(f"{place}: found {value!r}, expected a number, a text or a date") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ChapterError(f"{place}: the value is {number}; state it with 'missing' if the evidence does not give it")
    number = float(f"{number:.12g}")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
