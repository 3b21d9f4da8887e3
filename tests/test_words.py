"""The site's own words are translated by a catalogue of the publication, and the template of it has them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from conftest import ROOT
from press import words
from press.site import build
from test_furniture import write_book

#: What may stand between the words of a message: a value, in one of three forms, or an element.
_HOLE = re.compile(r"(%\(\w+\)s|\{\w+\}|<[^>]+>|&\w+;)")


def shout(message: str) -> str:
    """Put a message into a language that nobody speaks: upper case, with the values where they were."""
    return "".join(part if place % 2 else part.upper() for place, part in enumerate(_HOLE.split(message)))


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the small book in the loud language, which has the dates of Lithuanian."""
    root = write_book(tmp_path_factory.mktemp("loud"))
    catalog = Catalog(locale="lt", domain=words.DOMAIN)
    for message in words.template():
        if message.id:
            catalog.add(
                message.id,
                [*map(shout, message.id), shout(message.id[1])] if message.pluralizable else shout(message.id),
            )
    place = root / "locales/lt/LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "press.mo").open("wb") as file:
        write_mo(file, catalog)
    with (root / "_config.yml").open("a", encoding="utf-8") as config:
        config.write("    language: lt\n")
    return build(root, {}, lambda text: None)


def chrome(site: Path, page: str) -> str:
    """Return what a page says beside the words of its data and its prose, with what it tells a screen reader."""
    soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
    for part in soup.select("script, style, pre, code, svg"):
        part.decompose()
    told = [str(tag["aria-label"]) for tag in soup.select("[aria-label]")]
    return " ".join([" ".join(soup.body.get_text(" ").split()), *told])


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (
            "book/index.html",
            ["EVIDENCE", "SUPPORTED", "SHOW ALL", "FILTER THE CLAIMS", "SEARCH"],
        ),
        ("notebooks/01_hens.html", ["EXPLORE", "PERMALINK", "SOURCE:", "CHANGES AND CITATION", "WHAT WOULD CHANGE IT"]),
        ("claims/C1.html", ["HOW THE CLAIM IS READ", "ROWS OF EVIDENCE", "SUPPORTED"]),
        ("book/data.html", ["ALL ROWS, WITH LINKS TO THEIR SOURCES", "DOWNLOAD"]),
        ("search.html", ["SEARCH", "QUOTATION MARKS HOLD A PHRASE TOGETHER."]),
        ("404.html", ["THERE IS NO PAGE AT THIS ADDRESS", "THE CHAPTERS"]),
    ],
)
def test_the_words_of_the_site_are_the_languages(loud: Path, page: str, said: list[str]) -> None:
    text = chrome(loud, page)
    for words_said in said:
        assert words_said in text
    # No message of the catalogue is left as English has it, unless data say it too.
    for message in words.template():
        for form in message.id if message.pluralizable else [message.id]:
            longest = max((part.strip() for part in _HOLE.split(form)[::2]), key=len)
            if " " in longest and len(longest) > 8:  # a single word may be one of the data
                assert longest not in text, form


def test_the_scripts_and_dates_speak_it_too(loud: Path, browser: Browser) -> None:
    text = chrome(loud, "notebooks/01_hens.html")
    assert "2026 m. vasario 3 d." in text and "February" not in text
    assert "OVER 18" in text and "over 18" not in text
    page = browser.new_page(color_scheme="light")
    page.goto(f"file://{loud}/book/index.html")
    assert page.locator("form[data-press-filter] output").inner_text() == "1 OF 1 SHOWN"
    assert page.locator(".press-mode").get_attribute("aria-label") == "COLOURS: AUTO"
    page.locator("select[name=verdict]").select_option("supported")  # what is compared is not what is shown
    assert page.locator("form[data-press-filter] output").inner_text() == "1 OF 1 SHOWN"
    page.close()


def test_the_template_of_the_catalogue_is_current(tmp_path: Path) -> None:
    words.write_template(tmp_path / "press.pot")
    found, fresh = words.TEMPLATE.read_text("utf-8"), (tmp_path / "press.pot").read_text("utf-8")
    assert found == fresh, "run 'make words'"
    for message in ("supported", "Explore", "Found on {n} pages.", "Previous", "Computed from {n} row(s):"):
        assert f'msgid "{message}"' in fresh


def test_english_needs_no_catalogue_and_gets_no_island() -> None:
    words.choose("en", [ROOT / "locales"])
    assert not words.chosen() and words.of_scripts() == {} and words.gettext("Explore") == "Explore"
    assert words.long_period("2025-12/2026-02") == "December 2025 – February 2026"
