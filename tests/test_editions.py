"""Two editions: what became known later is nowhere in the earlier one, and a reader goes from page to page."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect

from conftest import Hosted
from hostile import LATER


def content(path: Path) -> bytes:
    """Return a file as it is read; Pagefind packs its own."""
    packed = path.read_bytes()
    return gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_nothing_known_later_is_in_an_earlier_edition(hostile: Path) -> None:
    old = hostile / "editions/first"
    marks = [LATER.encode(), b"H003", b"D003", LATER.lower().encode()]
    latest = {path.suffix for path in hostile.rglob("*") if path.is_file() and old not in path.parents}
    found = [
        f"{path.relative_to(old)}: {mark.decode()}"
        for path in sorted(old.rglob("*"))
        if path.is_file()
        for mark in marks
        if mark in content(path)
    ]
    assert found == [] and {".html", ".csv", ".json", ".js"} <= latest
    # The marks do stand in the latest edition: in pages, downloads, search, feed.
    inside = {
        path.relative_to(hostile).parts[0]
        for path in hostile.rglob("*")
        if path.is_file() and old not in path.parents and LATER.encode() in content(path)
    }
    assert {"evidence", "data", "book", "pagefind", "feed.xml", "notebooks", "_figures"} <= inside


def test_the_search_of_an_edition_finds_its_own_pages(hostile: Path) -> None:
    for edition in (hostile, hostile / "editions/first"):
        found = [content(path).decode() for path in (edition / "pagefind/fragment").iterdir()]
        assert [told for told in found if '"url":"/notebooks/' in told]
        assert not [told for told in found if '"url":"/editions/' in told]


def test_the_downloads_of_an_earlier_edition_are_whole(hostile: Path) -> None:
    old = hostile / "editions/first/data"
    assert [line.split(",")[0] for line in (old / "ducks.csv").read_text("utf-8").splitlines()] == [
        "id",
        "D001",
        "D002",
    ]
    assert [line.split(",")[0] for line in (old / "sources.csv").read_text("utf-8").splitlines()] == [
        *("id", "farm", "gossip"),
    ]
    assert (old / "claims.csv").read_bytes() == (hostile / "data/claims.csv").read_bytes()
    verdicts = {c["id"]: c["verdict"] for c in json.loads((old.parent / "ledger.json").read_text("utf-8"))["claims"]}
    assert verdicts == {"C1": "supported", "C2": "contradicted", "C3": "open"}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("claims/C1.html", "claims/C1.html"),
        ("evidence/tables/ducks.html", "evidence/tables/ducks.html"),
        ("evidence/sources/farm.html", "evidence/sources/farm.html"),
        ("evidence/sources/late.html", "book/sources.html"),  # not known then
        ("notebooks/01_hens.html", "notebooks/01_hens.html"),
        ("search.html", "search.html"),
    ],
)
def test_the_switch_leads_to_the_same_page_by_keyboard_without_javascript(
    hosted: Hosted, browser: Browser, here: str, there: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(hosted.address + here)
    switch = page.get_by_role("navigation", name="Edition")
    expect(switch).to_be_visible()
    expect(switch.locator("[aria-current]")).to_have_text("Latest")
    link = switch.get_by_role("link")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{hosted.address}editions/first/{there}")
    expect(switch.locator("[aria-current]")).to_contain_text("First")
    switch.get_by_role("link", name="Latest").press("Enter")
    page.wait_for_url(hosted.address + there)
    context.close()


def test_every_page_has_the_switch(hosted: Hosted, hostile: Path) -> None:
    apart = ("embed/", "404.html", "index.html")  # figures for others' pages; no page; a forward
    for name in hosted.pages:
        inner = name.removeprefix("editions/first/")
        if not inner.startswith(apart):
            nav = soup(hostile / name).select(".press-header .press-editions")
            assert len(nav) == 1 and len(nav[0].select("a")) == len(nav[0].select("[aria-current]")) == 1, name


def test_a_claim_page_says_which_rows_decided(hostile: Path) -> None:
    rows = soup(hostile / "claims/C1.html").select(".press-rows tbody tr")
    parts = [(row.th.get_text(), row.td.get_text()) for row in rows]
    assert parts == [("H001", "decides growth"), ("H002", "accompanies")]
    told = soup(hostile / "claims/C1.html").select_one("#rows + p").get_text()
    assert told.startswith("1 of 2 rows decide")
    box = soup(hostile / "notebooks/01_hens.html").select_one("#claim-C1").get_text(" ", strip=True)
    assert "Rows that decide: H001" in box and "Rows that accompany: H002" in box
    old = soup(hostile / "editions/first/claims/C3.html").article.get_text()
    assert "No row of evidence gives a value" in old
    whole = {claim["id"]: claim for claim in json.loads((hostile / "ledger.json").read_text("utf-8"))["claims"]}
    assert whole["C1"]["measures"][0]["rows"] == ["H001"] and whole["C1"]["rows"] == ["H001", "H002"]


def test_a_source_page_says_where_to_find_it(hostile: Path) -> None:
    def record(source: str) -> dict[str, str]:
        box = soup(hostile / f"evidence/sources/{source}.html").select_one(".press-record")
        return {dt.get_text(): dd.get_text() for dt, dd in zip(box.select("dt"), box.select("dd"), strict=True)}

    assert record("farm")["Fixed copy"] == "https://example.org/copy" and record("farm")["Read on"] == "2 January 2026"
    assert record("late")["Fixed copy"] == "none known" and record("late")["Read on"] == "not recorded"
    page = soup(hostile / "evidence/sources/late.html")
    heads = [th.get_text() for th in page.select(".press-rows thead th")]
    assert page.select(".press-rows tbody tr")[0].select("th, td")[heads.index("Where in it")].get_text() == LATER


@pytest.mark.parametrize("width", [1280, 390])
def test_claim_pages_by_keyboard_and_for_everyone(hosted: Hosted, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page, faults = context.new_page(), []
    for name in [name for name in hosted.pages if "claims/" in name]:
        page.goto(hosted.address + name)
        results = Axe().run(page, options={"resultTypes": ["violations"]}).response
        faults += [f"{name}: {v['id']}: {n['target']}" for v in results["violations"] for n in v["nodes"]]
    assert faults == []
    page.goto(f"{hosted.address}claims/C1.html")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
            )
        )
    assert reached[0] == "Skip to main content" and reached.index("H001") < reached.index("H002")
    assert {"Rows of evidence", "The ledger"} & set(reached) >= {"Rows of evidence"}
    page.locator(".press-rows a", has_text="H001").press("Enter")
    expect(page.locator("#row-H001")).to_be_visible()
    context.close()
