"""Text stays text: whatever an input says, a page shows it and runs nothing of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from playwright.sync_api import Page

from conftest import Hosted
from hostile import FORMULA, PAYLOAD
from press.chapter import Chapter
from press.cli import main
from press.errors import ChapterError
from press.text import as_cell, runs
from press.validate import validate

SCRIPT = "<script>window.hacked=1</script>"
#: What a page holds that a payload would have put there.
INJECTED = """() => [
  ...[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name)))
    .map((e) => `handler in ${e.outerHTML.slice(0, 120)}`),
  ...[...document.querySelectorAll("[href]:not(link[rel='icon']), [src], [action], [formaction]")].filter((e) =>
    /^\\s*(javascript|data|vbscript):/i.test(e.getAttribute("href") || e.getAttribute("src") || e.getAttribute("action")
      || "")).map((e) => `link ${e.outerHTML.slice(0, 120)}`),
  ...[...document.querySelectorAll("script")].filter((e) => !e.getAttribute("src") && e.type !== "application/ld+json")
    .map((e) => `script ${e.outerHTML.slice(0, 120)}`),
  ...[...document.querySelectorAll("iframe, object, embed, base, style, img[src='x'], [style*='hacked']")]
    .map((e) => `element ${e.outerHTML.slice(0, 120)}`),
  ...(window.hacked === undefined ? [] : [`ran ${window.hacked}`]),
]"""


def test_nothing_ran_and_nothing_was_injected(hosted: Hosted, page: Page) -> None:
    faults = []
    for name in hosted.pages:
        page.goto(hosted.address + name)
        faults += [f"{name}: {fault}" for fault in page.evaluate(INJECTED)]
        for script in page.locator("script[type='application/ld+json']").all():
            assert json.loads(script.text_content() or "")["@context"] == "https://schema.org", name
    assert len(hosted.pages) > 30 and faults == []


@pytest.mark.parametrize(
    ("name", "place", "told"),
    [
        ("claims/C1.html", "article h1", "C1: Claim "),
        ("claims/C1.html", ".press-judgement >> nth=0", f"supported {FORMULA} "),
        ("claims/C1.html", ".press-quiet >> nth=0", "First "),
        ("claims/C2.html", "dd:has-text('kind')", "kind "),
        ("evidence/sources/farm.html", "article h1 bdi >> nth=0", "Farm "),
        ("evidence/sources/farm.html", ".press-rows td >> nth=4", "Locator "),
        ("evidence/tables/hens.html", "#row-H001 td:last-child", "Note "),
        ("evidence/tables/ducks.html", "article h1", "Ducks "),
        ("book/updates.html", ".press-updates li:last-child p:last-child", "Change "),
        ("book/figures.html", ".press-card-link", "Title "),
        ("book/sources.html", "#src-farm th", "Farm "),
        ("notebooks/01_hens.html", ".press-figure-title", "Title "),
        ("notebooks/01_hens.html", ".press-caveat", "Caveat "),
        ("notebooks/01_hens.html", "#fact-hens-said bdi", "Said "),
        ("notebooks/01_hens.html", "#fact-hens-asked bdi", "Asked "),
        ("notebooks/01_hens.html", ".output.stream", "Printed "),
        ("embed/hens-eggs.html", ".press-figure-title", "Title "),
        ("editions/first/claims/C1.html", ".press-old-edition", "First "),
        ("404.html", ".press-name", "Hens "),
    ],
)
def test_a_reader_sees_the_text_itself(hosted: Hosted, page: Page, name: str, place: str, told: str) -> None:
    page.goto(hosted.address + name)
    shown = " ".join((page.locator(place).first.text_content() or "").split())
    assert f"{told}{' '.join(PAYLOAD.split())}" in shown, shown


def test_other_outputs_of_a_notebook_are_shown_as_text(hosted: Hosted, page: Page) -> None:
    page.goto(f"{hosted.address}notebooks/01_hens.html")
    told = " ".join(page.locator(".output").all_text_contents())
    assert "<IPython.core.display.HTML object>" in told and "<IPython.core.display.Markdown object>" in told
    assert "<IPython.core.display.Javascript object>" in told and page.locator(".output table").count() == 0


def test_drawings_and_tooltips_are_text(hosted: Hosted, page: Page) -> None:
    page.goto(f"{hosted.address}notebooks/01_hens.html")
    figure = page.locator(".press-figure")
    assert SCRIPT in (figure.locator(".press-wide").get_attribute("aria-label") or "")
    drawn = " ".join(figure.locator(".press-wide svg text").all_text_contents())
    assert "<script>" in drawn
    figure.locator(".press-explore").press("Enter")
    figure.locator(".press-live").wait_for()
    page.keyboard.press("ArrowRight")
    told = page.locator(".press-tooltip")
    told.wait_for(state="visible")
    assert SCRIPT in (told.text_content() or "") and page.evaluate(INJECTED) == []


def test_search_results_are_text(hosted: Hosted, page: Page) -> None:
    page.goto(f"{hosted.address}search.html?q=counted")
    page.locator("#search-results li").first.wait_for()
    assert SCRIPT in (page.locator("#search-results").text_content() or "") and page.evaluate(INJECTED) == []


def test_files_for_machines_are_well_formed(hostile: Path) -> None:
    feed = ElementTree.parse(hostile / "feed.xml").getroot()
    assert [entry.text for entry in feed.iter("{http://www.w3.org/2005/Atom}summary")][-1] == f"Change {PAYLOAD}"
    assert len(list(ElementTree.parse(hostile / "sitemap.xml").getroot())) > 10
    tags = BeautifulSoup((hostile / "claims/C1.html").read_text("utf-8"), "html.parser")
    assert tags.select_one("meta[property='og:title']")["content"] == f"C1: Claim {PAYLOAD}"
    chapter = BeautifulSoup((hostile / "notebooks/01_hens.html").read_text("utf-8"), "html.parser")
    assert chapter.select_one("meta[property='og:image:alt']")["content"] == f"Alt {PAYLOAD}"
    for path in hostile.rglob("*.svg"):
        if "_static" not in path.parts:
            for element in ElementTree.parse(path).getroot().iter():
                assert "script" not in element.tag and not [a for a in element.attrib if a.startswith("on")], path


def test_no_cell_of_a_download_starts_a_formula(hostile: Path) -> None:
    files = [path for path in hostile.rglob("*.csv") if "_static" not in path.parts]
    assert len(files) >= 12
    for path in files:
        for row in csv.reader(io.StringIO(path.read_text("utf-8"))):
            assert not [value for value in row if runs(value)], path
    ledger = list(csv.DictReader(io.StringIO((hostile / "ledger.csv").read_text("utf-8"))))
    assert ledger[0]["because"] == f"'{FORMULA} {PAYLOAD}" and ledger[1]["because"].startswith("'@SUM")


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        *((text, True) for text in ("=1", "@SUM(1)", "+cmd", "-cmd", "-2+3+cmd|' /C calc'!A0", "+1-1", "\t=1", "\n=1")),
        *((text, True) for text in (" =1", "\u00a0=1", "＝1", "＋1", "- a note", "\tx", "-1;=1")),
        *(
            (text, False)
            for text in ("-5", "+5.2%, record", "-60", "+8 new prisoners (in Russian)", "a=1", "\u22125%", "")
        ),
    ],
)
def test_what_a_spreadsheet_would_run(text: str, formula: bool) -> None:
    assert runs(text) == formula and as_cell(text) == ("'" + text if formula else text)


@pytest.mark.parametrize(
    ("table", "old", "new", "told"),
    [
        (
            "sources",
            "Hens counted",
            "=cmd|' /C calc'!A0",
            "row 2, field title: found '=cmd|' /C calc'!A0', which a spread",
        ),
        ("sources", "Hens counted", "-2+3", "field title: found '-2+3', which a spreadsheet would run"),
        ("sources", "Hens counted", "gnp\u202eexe", "field title: found a control character in 'gnp\\u202eexe'"),
        ("sources", "Hens counted", "a\x1b[2Jb", "field title: found a control character"),
        ("sources", "https://example.org/hens", "javascript:alert(1)", "expected an address that starts with https://"),
        (
            "sources",
            "https://example.org/hens",
            "data:text/html;base64",
            "field url: found 'data:text/html;base64'",
        ),
        ("sources", "https://example.org/hens", "//example.org/x", "field url: found '//example.org/x'"),
        ("claims", "The hens lay more", "@SUM(A1)", "row 2, field claim: found '@SUM(A1)', which a spreadsheet would"),
        ("hens", ",exact,", ",\u2066exact,", "field qualifier: found a control character"),
    ],
)
def test_what_a_table_may_not_hold(tiny: Path, table: str, old: str, new: str, told: str) -> None:
    path = tiny / f"data/{table}.csv"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    (line,) = validate(tiny)
    assert line.startswith(f"data/{table}.csv, row 2, field ") and told in line


@pytest.mark.parametrize("field", ["title", "subtitle", "alt", "caveat"])
def test_what_a_figure_may_not_say(tiny: Path, field: str) -> None:
    import altair as alt

    hens = Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
    texts: dict[str, Any] = {"title": "a", "subtitle": "b", "alt": "c", field: "gnp\u202eexe"}
    with pytest.raises(ChapterError, match=r"figure 'eggs': found the control character U\+202E, expected plain text"):
        hens.figure(alt.Chart().mark_bar(), id="eggs", rows=hens.table("hens"), **texts)


def test_what_a_fact_and_a_verdict_may_not_say(tiny: Path) -> None:
    hens = Chapter("hens", as_of="2026-01-31", tables=["hens"], root=tiny)
    with pytest.raises(ChapterError, match=r"fact 'x': found the control character U\+2067"):
        hens.fact("x", "a\u2067b", unit="text", rows=["H001"])
    growth = hens.fact("growth", 6, unit="eggs", rows=["H001"])
    with pytest.raises(ChapterError, match=r"claim C1: found the control character U\+0007"):
        hens.judge("C1", growth=growth, because="a\x07", would_change="b")


def test_a_parameter_that_is_no_date(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    result = CliRunner().invoke(main, ["run", "hens", "--as-of", SCRIPT])
    assert result.exit_code != 0 and "expected a day" in result.output, result.output
