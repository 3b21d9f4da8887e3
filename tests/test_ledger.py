"""The ledger and the evidence behind it: pages for claims, tables and sources; whatever a text holds stays text."""

from __future__ import annotations

import csv
import functools
import http.server
import io
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from playwright.sync_api import Browser, expect

from conftest import field, write_tiny, write_tiny_book
from press.check_site import check_site
from press.cli import main
from press.errors import ChapterError, DataError, PressError, SiteError
from press.evidence import Evidence
from press.package import Package
from press.records import MIME
from press.render import render, start
from press.sphinx_ext import pages
from press.sphinx_ext.site import Site

SCRIPT = "</script><script>window.hacked = 1</script>"
RTL = "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe"
HENS = f"""id,period,value,unit,qualifier,status,source_id,known_from,note
H001,2024,12,eggs,exact,reported,farm,2024-12-31,
H002,2025,18,eggs,over,reported,farm,2025-12-31,"{SCRIPT} {RTL} ""quoted"" hens"
H003,2025-06/2025-08,7,eggs,about,claim,gossip,2025-09-01,
H004,2025,20,eggs,exact,reported,gossip,2025-12-31,Another count
H005,2026,5,eggs,from,reported,farm,2026-01-15,
H006,2026,6,eggs,to,reported,farm,2026-01-15,
"""
SOURCES = f"""id,publisher,title,published,url,reliability
farm,"{SCRIPT}","=cmd|' /C calc'!A0 ""{RTL}",2025-12-31,https://example.org/hens,primary
gossip,A neighbour,What I heard,2025-09-01,javascript:alert(1),blog
unused,Nobody,Never read,2025-01-01,,press
"""
CLAIMS = f"""id,chapter,kind,claim,reading,measures,rule,tables
C1,hens,figure,The hens lay more {SCRIPT},More,growth: eggs,supported if growth > 0; contradicted otherwise,hens
C2,hens,figure,The hens lay less,Less eggs than before,growth: eggs,supported if growth < 0; contradicted otherwise,hens
C3,hens,forecast,The hens will lay a hundred,A hundred,later: eggs,supported if later > 99; contradicted otherwise,hens
"""
MORE = f"""
hens.judge("C2", growth=growth, because="=HYPERLINK(\\"x\\") {SCRIPT}", would_change="Less.")
hens.judge("C3", later=hens.missing("later", unit="eggs"), because="Not yet.", would_change="Time.")
"""


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the tiny book with hostile texts. They are planted after the run: the data check refuses some."""
    root = write_tiny_book(tmp_path_factory.mktemp("ledger"))
    data = root / "data"
    descriptor = json.loads((data / "datapackage.json").read_text("utf-8"))
    next(r for r in descriptor["resources"] if r["name"] == "hens")["schema"]["fields"].append(field("note"))
    (data / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    calm = re.compile("|".join(map(re.escape, (SCRIPT, RTL, "=cmd|", "javascript:"))))
    for name, text in (("hens", HENS), ("sources", SOURCES), ("claims", CLAIMS)):
        (data / f"{name}.csv").write_text(calm.sub("x", text) if name != "claims" else text, "utf-8")
    edit(root / "notebooks/01_hens.md", 'lower.")\n', 'lower.")\n' + MORE)
    edit(
        root / "_config.yml",
        "  config:\n",
        "  config:\n    html_baseurl: https://example.org/book/\n"
        "    press_commentary: {author: The miller, title: On hens, url: 'https://example.org/on', date: 2025-12-01}\n",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        result = CliRunner().invoke(main, ["accept"])
    assert result.exit_code == 0, result.output
    for name, text in (("hens", HENS), ("sources", SOURCES)):
        (data / f"{name}.csv").write_text(text, "utf-8")
    render(root, root / "_build/out", {})
    return root / "_build/out/_build/html"


@pytest.fixture(scope="module")
def address(html: Path) -> Iterator[str]:
    """Where the pages are served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("fails", ["nothing", "filling", "writing", "warned", "filling everywhere"])
def test_pages_are_made_by_two_processes_and_by_this_one_if_the_other_fails(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()

    def filled(app: Any) -> Iterator[pages.Page]:
        for number in range(50):
            yield f"hen-{number}", {"by": os.getpid()}, "page.html"
        if fails == "filling everywhere" or (fails == "filling" and os.getpid() != here):
            raise ChapterError("there is no hen")

    def write(name: str, context: dict[str, Any], template: str) -> None:
        if os.getpid() != here:
            app._warncount += fails == "warned"
            assert fails != "writing"
        with (tmp_path / name).open("a") as file:
            print(context["by"], os.getpid(), file=file)

    monkeypatch.setattr(pages, "_pages", filled)
    app: Any = SimpleNamespace(_warncount=0, builder=SimpleNamespace(handle_page=write))
    for doctree in (None, "an author's", "another"):  # it is begun once, and not for a page that nobody wrote
        pages.begin(app, "yard", "page.html", {}, doctree)
    if fails == "filling everywhere":
        with pytest.raises(ChapterError, match="no hen"):
            list(pages.collect(app))
        return
    for page in pages.collect(app):
        write(*page)
    told = [[line.split() for line in path.read_text().splitlines()] for path in tmp_path.iterdir()]
    assert len(told) == 50
    if fails == "nothing":  # each once, and filled there
        assert all(len(lines) == 1 and lines[0][0] != str(here) for lines in told)
    else:
        assert all(lines[-1][1] == str(here) for lines in told)
    assert len(list(pages.collect(app))) == 50  # as when a preview builds again without writing any author's page


def test_a_rendering_that_is_not_let_go_on_ends_and_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path, tmp_path / "out", {}) as process:
        assert process.poll() is None
    assert process.returncode == 0
    assert not list(tmp_path.iterdir())


def test_links_lead_from_a_number_to_its_row_and_its_source(html: Path) -> None:
    check_site(html)  # every link and anchor below leads somewhere
    chapter = soup(html / "notebooks/01_hens.html")
    row = "../evidence/tables/hens.html#row-H002"
    for place in ("#fact-hens-laid", "#fact-hens-growth", "#claim-C1", "#fig-hens-eggs"):
        assert chapter.select_one(f'{place} a[href="{row}"]'), place
    assert chapter.select_one("#fact-hens-laid p").get_text().startswith("Fact: laid = over 18\u00a0eggs, from 1 row:")
    assert "no row known on 31 January 2026" in chapter.select_one("#fact-hens-later").get_text()
    assert chapter.select_one('#claim-C1 a[href="../claims/C1.html"]')
    table = soup(html / "evidence/tables/hens.html")
    assert table.select_one('#row-H002 a[href="../../evidence/sources/farm.html"]')
    source = soup(html / "evidence/sources/farm.html")
    rests = [link["href"] for link in source.select("#rests ~ ul a")]
    assert rests == [
        "../../claims/C1.html",
        "../../claims/C2.html",
        "../../notebooks/01_hens.html#fig-hens-eggs",
        "../../notebooks/01_hens.html#fact-hens-laid",
        "../../notebooks/01_hens.html#fact-hens-growth",
    ]
    assert "No row of this edition." in soup(html / "evidence/sources/unused.html").get_text()


def test_a_claim_page_holds_the_full_record(html: Path) -> None:
    page = soup(html / "claims/C1.html")
    text = page.select_one(".bd-article, article, main").get_text(" ", strip=True)
    for told in (
        *("supported if growth > 0", "contradicted otherwise", "growth = 6\u00a0eggs", "There are more."),
        *("A count that is lower.", "weak: fewer sources than that", "1 primary source.", "The miller"),
    ):
        assert told in text, told
    assert [row.th.get_text() for row in page.select(".press-rows tbody tr")] == ["H001", "H002"]
    assert page.select_one('.press-back a[href="../book/index.html"]')
    assert page.select_one('.press-back a[href="../notebooks/01_hens.html#claim-C1"]')


def test_rows_that_disagree_stand_beside_each_other(html: Path) -> None:
    (group,) = soup(html / "claims/C1.html").select(".press-conflicts table")
    values = [[cell.get_text() for cell in row.select("td")] for row in group.select("tbody tr")]
    assert values[0] == ["18 (over)", "20"] and values[-1] == ["decides", "no"]
    table = soup(html / "evidence/tables/hens.html")
    assert table.select_one("#row-H002 .press-differs").get_text() == "Compare H004: 20"
    assert not table.select("#row-H005 .press-differs")  # the two ends of one source's range


def test_a_review_for_machines(html: Path) -> None:
    reviews = {}
    for claim in ("C1", "C2", "C3"):
        (script,) = soup(html / f"claims/{claim}.html").select('script[type="application/ld+json"]')
        reviews[claim] = json.loads(script.string)
    review = reviews["C1"]
    assert review["@type"] == "ClaimReview" and review["claimReviewed"] == f"The hens lay more {SCRIPT}"
    assert review["url"] == "https://example.org/book/claims/C1.html" and review["datePublished"] == "2026-01-31"
    assert review["itemReviewed"]["author"] == {"@type": "Organization", "name": "The miller"}
    assert review["itemReviewed"]["appearance"]["url"] == "https://example.org/on"
    ratings = [review["reviewRating"] for review in reviews.values()]
    assert [rating["alternateName"] for rating in ratings] == ["Supported", "Contradicted", "Open"]
    assert [rating.get("ratingValue") for rating in ratings] == [3, 1, None]


def test_texts_stay_texts(html: Path, address: str, browser: Browser) -> None:
    page = browser.new_page()
    for path in sorted(html.rglob("*.html")):
        name = path.relative_to(html)
        if len(name.parts) > 1 and name.parts[0] != "_static":
            page.goto(f"{address}/{name}")
            assert page.evaluate("() => window.hacked") is None, name
    page.goto(f"{address}/evidence/sources/farm.html")
    assert page.locator("article h1").inner_text().startswith(SCRIPT) and page.title().startswith(SCRIPT)
    assert RTL in page.locator("article h1 bdi").last.inner_text()
    assert SCRIPT in page.locator("td", has_text="quoted").first.inner_text()
    page.goto(f"{address}/evidence/sources/gossip.html")
    expect(page.get_by_text("javascript:alert(1)")).to_be_visible()
    assert page.locator("a[href^='javascript:']").count() == 0
    page.close()


def test_the_ledger_to_download(html: Path) -> None:
    page = soup(html / "book/index.html")
    assert {link["href"] for link in page.select("a[download]")} == {"../ledger.csv", "../ledger.json"}
    whole = json.loads((html / "ledger.json").read_text("utf-8"))
    assert whole["as_of"] == "2026-01-31" and whole["commentary"]["author"] == "The miller"
    assert [(claim["id"], claim["verdict"]) for claim in whole["claims"]] == [
        *(("C1", "supported"), ("C2", "contradicted"), ("C3", "open")),
    ]
    rows = list(csv.DictReader(io.StringIO((html / "ledger.csv").read_text("utf-8"))))
    assert [row["values"] for row in rows] == ["growth = 6\u00a0eggs", "growth = 6\u00a0eggs", "later = not known"]
    assert rows[1]["because"] == "'" + whole["claims"][1]["because"] == f'\'=HYPERLINK("x") {SCRIPT}'
    assert rows[0]["rows"] == "H001 H002"


def test_the_ledger_filters_by_keyboard(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/book/index.html")
    shown, told = page.locator("#ledger tbody tr:visible th"), page.locator(".press-filter output")
    expect(shown).to_have_text(["C1", "C2", "C3"])
    page.locator("select[name=claim_kind]").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.name") == "verdict"
    page.keyboard.type("contra")
    expect(shown).to_have_text(["C2"])
    expect(told).to_have_text("1 of 3 shown")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("forecast")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Show all").press("Enter")
    expect(shown).to_have_text(["C1", "C2", "C3"])
    page.goto(f"{address}/evidence/tables/hens.html")
    page.get_by_label("Find in the rows").fill("ANOTHER count")
    expect(page.locator("#rows tbody tr:visible th")).to_have_text(["H004"])
    page.locator("#row-H004 .press-differs a").click()  # a link to a hidden row shows it
    expect(page.locator("#row-H002")).to_be_visible()
    page.close()


def test_a_number_that_is_followed_shows_its_rows(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/notebooks/01_hens.html")
    stated = page.locator("#fact-hens-laid")
    expect(stated).to_be_visible()
    page.locator("a.press-fact").first.click()
    assert page.url.endswith("#fact-hens-laid")
    stated.locator("summary").press("Enter")
    stated.get_by_role("link", name="H002").click()
    expect(page.locator("#row-H002")).to_be_visible()
    page.close()


def test_without_javascript_the_whole_table_shows(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name, rows in (("book/index.html", 3), ("evidence/tables/hens.html", 6)):
        page.goto(f"{address}/{name}")
        expect(page.locator("table[id] tbody tr:visible")).to_have_count(rows)
        expect(page.locator(".press-filter")).to_be_hidden()
    context.close()


def test_what_is_known_later_is_not_on_an_earlier_edition(tiny: Path) -> None:
    early = Evidence.load(Package(tiny), "2025-10-01")
    assert set(early.rows) == {"H001", "H003"} and early.sources == ["farm", "gossip"]
    edit(tiny / "data/hens.csv", "H003,2025-06/2025-08,7,eggs,about,claim,gossip,2025-09-01", "")
    edit(tiny / "data/hens.csv", "H002,2025,18,eggs,over,reported,farm", "H002,2025,18,eggs,over,reported,gossip")
    assert Evidence.load(Package(tiny), "2025-10-01").sources == ["farm"]


@pytest.mark.parametrize("name", ["../../x", "a/b", ".hidden"])
def test_an_id_that_can_name_no_page(tmp_path: Path, name: str) -> None:
    root = write_tiny(tmp_path)
    edit(root / "data/sources.csv", "gossip,A neighbour", f"{name},A neighbour")
    with pytest.raises(DataError, match=r"data/sources.csv: the id '.*' names a page"):
        Evidence.load(Package(root), "2026-01-31")


def executed(path: Path, chapter: str, *claims: str) -> None:
    """Write what Site reads of an executed chapter that judges these claims."""
    verdict = {"kind": "verdict", "chapter": chapter, "verdict": "supported", "rows": [], "sources": []}
    records = [
        {"kind": "chapter", "name": chapter, "as_of": "2026-01-31"},
        *({**verdict, "id": claim} for claim in claims),
    ]
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": [f"# {chapter}"]}]
    cells += [{"cell_type": "code", "source": [], "outputs": [{"data": {MIME: record}}]} for record in records]
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}), "utf-8")


@pytest.mark.parametrize(
    ("chapters", "error", "told"),
    [
        ({"hens": ["C1", "C1"]}, ChapterError, "claim C1 is judged twice; it is judged in notebooks/1_hens already"),
        ({"hens": ["C1"], "ducks": ["C1"]}, ChapterError, "claim C1 is judged twice"),
        ({"hens": ["C1"], "ducks": ["C2"]}, ChapterError, "there is no claim 'C2'; known: C1"),
        ({"ducks": ["C1"]}, ChapterError, "claim C1 belongs to the chapter 'hens', it is judged in 'ducks'"),
        ({"hen": []}, DataError, "claim C1, field chapter: found 'hens', there is no such chapter; did you mean"),
        ({"hens": []}, ChapterError, "no verdict for the claims C1"),
    ],
)
def test_claims_and_chapters_that_do_not_fit(
    tiny: Path, chapters: dict[str, list[str]], error: type[PressError], told: str
) -> None:
    for number, (chapter, claims) in enumerate(chapters.items(), 1):
        executed(tiny / f"notebooks/{number}_{chapter}.ipynb", chapter, *claims)
    with pytest.raises(error, match=re.escape(told)):
        Site.load(tiny)


def test_a_commentary_that_is_half_named(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(
        tiny_book / "_config.yml",
        "  config:\n",
        "  config:\n    press_commentary: {author: The miller}\n",
    )
    monkeypatch.chdir(tiny_book)
    assert CliRunner().invoke(main, ["accept"]).exit_code == 0
    with pytest.raises(SiteError, match="press_commentary: found author, expected author, title, url, date"):
        render(tiny_book, tiny_book / "_build/out", {})
