"""What an author may and may not do in a chapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest

import press.chapter
from press import Chapter, PressError
from press.facts import format_value
from press.records import WITHOUT_FIGURES


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The records that the chapter emits."""
    records: list[dict[str, Any]] = []
    monkeypatch.setattr(
        press.chapter, "emit", lambda record, text, **more: records.append({**record, "text": text, **more})
    )
    return records


@pytest.fixture
def hens(tiny: Path, shown: list[dict[str, Any]]) -> Chapter:
    return Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)


def bars(frame: pd.DataFrame) -> alt.Chart:
    return alt.Chart(frame[["period", "value"]]).mark_bar().encode(x="period:N", y="value:Q")


FIGURE = {"id": "eggs", "title": "More eggs", "subtitle": "Eggs a year", "alt": "Bars that grow."}


def test_rows_that_became_known_later_are_not_seen(tiny: Path, shown: list[dict[str, Any]]) -> None:
    early = Chapter("hens", as_of="2025-12-30", tables=["hens"], root=tiny)
    assert list(early.table("hens")["id"]) == ["H001", "H003"]
    assert not early.known("2025-12-31") and early.known("2025-12-30")
    with pytest.raises(PressError, match="the row 'H002' is in none of the chapter's tables as known on 2025-12-30"):
        early.fact("laid", 18, unit="eggs", rows=["H002"])


def test_what_draws_starts_with_the_chapter_unless_its_facts_alone_are_wanted(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(press.chapter, "wake", lambda: started.append("drawing"))
    monkeypatch.setenv(WITHOUT_FIGURES, "1")
    Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
    assert started == []
    monkeypatch.delenv(WITHOUT_FIGURES)
    Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
    assert started == ["drawing"]


def test_periods_have_a_first_and_a_last_day(hens: Chapter) -> None:
    eggs = hens.table("hens").set_index("id")
    assert str(eggs.loc["H003", "start"].date()) == "2025-06-01"
    assert str(eggs.loc["H003", "end"].date()) == "2025-08-31"


def test_a_fact_of_one_row_takes_its_value_unit_and_hedge(hens: Chapter) -> None:
    eggs = hens.table("hens")
    fact = hens.fact("laid", rows=eggs[eggs.id == "H002"])
    assert (fact.value, fact.unit, fact.qualifier, fact.rows) == (18, "eggs", "over", ("H002",))
    assert fact.text == "over 18\u00a0eggs"


def test_a_figure_carries_its_provenance_and_two_drawings(hens: Chapter, shown: list[dict[str, Any]]) -> None:
    eggs = hens.table("hens")
    hens.figure(bars(eggs), **FIGURE, rows=eggs)
    record = shown[-1]
    assert record["sources"] == ["farm", "gossip"] and record["data_to"] == "2025-12-31"
    assert record["known_from"] == "2025-12-31" and record["claims_only"] == 1
    assert record["narrow"].startswith("<svg") and record["image/svg+xml"].startswith("<svg")
    assert 'width="350"' in record["narrow"] and 'width="680"' in record["image/svg+xml"]


def test_drawing_twice_gives_the_same_bytes(hens: Chapter, shown: list[dict[str, Any]]) -> None:
    eggs = hens.table("hens")
    hens.figure(bars(eggs), **FIGURE, rows=eggs)
    again = Chapter("hens", as_of="2026-01-31", tables=["hens"], root=hens.package.root)
    again.figure(bars(eggs), **FIGURE, rows=eggs)
    figures = [record for record in shown if record["kind"] == "figure"]
    assert figures[0] == figures[1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": " "}, "figure 'eggs': the title is empty"),
        ({"alt": ""}, "figure 'eggs': the alt is empty"),
        ({"alt": "More eggs"}, "the alt text repeats the title"),
        ({"id": "my eggs"}, "an id is made of letters, digits and hyphens"),
        ({"rows": []}, "figure 'eggs' rests on no row of evidence"),
        ({"rows": ["H01"]}, "the row 'H01' is in none of the chapter's tables .*did you mean 'H001'"),
        ({"chart": "a picture"}, "found a str, expected an Altair chart"),
    ],
)
def test_a_figure_without_its_due_is_refused(hens: Chapter, changes: dict[str, Any], told: str) -> None:
    eggs = hens.table("hens")
    with pytest.raises(PressError, match=told):
        hens.figure(**{"chart": bars(eggs), **FIGURE, "rows": eggs, **changes})


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (
            lambda c: Chapter("hens", as_of="soon", tables=[], root=c.package.root),
            "as_of: found 'soon', expected a date",
        ),
        (lambda c: Chapter("hens", as_of="2026-01-01", tables=["hen"], root=c.package.root), "did you mean 'hens'"),
        (lambda c: c.table("sources"), "table 'sources' is not declared"),
        (lambda c: c.fact("x", 1, unit="", rows=["H001"]), "fact 'x' has no unit"),
        (lambda c: c.fact("x", 1, unit="eggs"), "fact 'x' rests on no row"),
        (lambda c: c.fact("x", unit="eggs", rows=c.table("hens")), "found no value and 3 rows"),
        (lambda c: c.fact("x", float("nan"), unit="eggs", rows=["H001"]), "the value is nan"),
        (lambda c: [c.fact("x", 1, unit="eggs", rows=["H001"]) for _ in "ab"], "fact 'x' is stated twice"),
        (lambda c: c.judge("C9", because="a", would_change="b"), "there is no claim 'C9'; known: C1"),
        (lambda c: c.judge("C1", because="a", would_change="b"), "found the measures none; its rule expects growth"),
        (
            lambda c: c.judge("C1", because="a", would_change="b", growth=c.fact("g", 1, unit="hens", rows=["H001"])),
            "the measure 'growth' is in hens; its rule expects eggs",
        ),
        (
            lambda c: c.judge("C1", because="", would_change="b", growth=c.fact("g", 1, unit="eggs", rows=["H001"])),
            "'because' and 'would_change' need a sentence",
        ),
        (
            lambda c: c.judge("C1", because="a", would_change="b", growth=c.fact("g", 1, unit="eggs", rows=["H003"])),
            "'supported' rests on blogs and weak sources alone",
        ),
    ],
)
def test_what_is_wrong_is_said(hens: Chapter, act: Any, told: str) -> None:
    with pytest.raises(PressError, match=told):
        act(hens)


@pytest.mark.parametrize(("growth", "verdict"), [(6, "supported"), (-1, "contradicted"), (None, "not testable")])
def test_the_rule_gives_the_verdict(
    hens: Chapter, shown: list[dict[str, Any]], growth: int | None, verdict: str
) -> None:
    fact = hens.missing("g", unit="eggs") if growth is None else hens.fact("g", growth, unit="eggs", rows=["H001"])
    hens.judge("C1", because="a", would_change="b", growth=fact)
    assert shown[-1]["verdict"] == verdict and shown[-1]["rows"] == list(fact.rows)
    with pytest.raises(PressError, match="claim C1 is judged twice"):
        hens.judge("C1", because="a", would_change="b", growth=fact)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1202.5, "USD/t"), "1,202.5"),
        ((1202.0, "USD/t"), "1,202"),
        ((79.4, "percent", "exact", ".0f", "percent"), "79%"),
        ((180, "persons", "over", "", "people"), "over 180\u00a0people"),
        (("2025-12-13", "date"), "13 December 2025"),
        ((-5, "percent"), "\u22125"),
        (("Minsk", "text"), "Minsk"),
        ((0.134, "times"), "0.13"),
        ((1, "countries", "exact", "", "countries"), "1\u00a0country"),
        ((1, "USD/t", "exact", "", "USD/t"), "1\u00a0USD/t"),
    ],
)
def test_a_value_is_written_for_prose(arguments: tuple[Any, ...], text: str) -> None:
    assert format_value(*arguments[:4], **({"unit_text": arguments[4]} if len(arguments) > 4 else {})) == text


def test_a_claim_rests_on_its_declared_tables(tiny: Path, shown: list[dict[str, Any]]) -> None:
    path = tiny / "data/claims.csv"
    path.write_text(path.read_text("utf-8").replace("otherwise,hens", "otherwise,ducks"), "utf-8")
    hens = Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
    with pytest.raises(PressError, match=r"claim C1: rests on rows of hens; data/claims.csv declares ducks"):
        hens.judge("C1", because="a", would_change="b", growth=hens.fact("g", 1, unit="eggs", rows=["H001"]))


@pytest.mark.parametrize(
    ("rival", "strength"), [("", "fair"), ("H004,2025,17,eggs,exact,reported,gossip,2025-12-31\n", "weak")]
)
def test_rows_that_contradict_each_other_weaken_a_verdict(
    tiny: Path, shown: list[dict[str, Any]], rival: str, strength: str
) -> None:
    with (tiny / "data/hens.csv").open("a", encoding="utf-8") as file:
        file.write(rival)
    hens = Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
    hens.judge("C1", because="a", would_change="b", growth=hens.fact("g", 6, unit="eggs", rows=["H002"]))
    assert shown[-1]["strength"] == strength
