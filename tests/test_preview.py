"""The preview in a browser: edits of prose, code and data come to the page, and so does the error."""

from __future__ import annotations

import gzip
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, expect

from conftest import TABLE
from press import search
from press.errors import PressError
from press.preview import Preview, run

CHAPTER, CSV = "notebooks/01_hens.md", "data/hens.csv"
#: Milliseconds: how long the slowest machine may take for a round.
PATIENCE = 300_000


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture
def said() -> Queue[str]:
    """What the preview tells a person."""
    return Queue()


@pytest.fixture
def address(tiny_book: Path, said: Queue[str]) -> Iterator[str]:
    """The address of the tiny book's preview."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(tiny_book, 0, said.put, stop))
    thread.start()
    yield said.get(timeout=60).split()[0]
    stop.set()
    thread.join(timeout=60)
    assert not thread.is_alive()


def test_edits_come_to_the_page(
    tiny_book: Path, address: str, browser: Browser, said: Queue[str], request: pytest.FixtureRequest
) -> None:
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(f"{address}notebooks/01_hens.html")
    text, error = page.locator("article"), page.frame_locator("#press-preview-error").locator("main")
    expect(text).to_contain_text("They laid over 18 eggs")

    edit(tiny_book / CHAPTER, "They laid", "All of them laid")
    expect(text).to_contain_text("All of them laid over 18 eggs")

    edit(tiny_book / CSV, "H002,2025,18", "H002,2025,21")
    expect(text).to_contain_text("All of them laid over 21 eggs")

    edit(tiny_book / CHAPTER, "laid = hens.fact", "1 / 0\nlaid = hens.fact")
    expect(error).to_contain_text("ZeroDivisionError: division by zero")
    expect(error.locator("code.here")).to_contain_text("1 / 0")
    expect(text).to_contain_text("All of them laid over 21 eggs")  # the last good page is still there to read

    edit(tiny_book / CHAPTER, "1 / 0\n", "")
    expect(page.locator("#press-preview-error")).to_have_count(0)
    expect(text).to_contain_text("All of them laid over 21 eggs")

    edit(tiny_book / CSV, "H002,2025,21", "H002,2025,many")
    expect(error).to_contain_text("data/hens.csv, row 3, field value")
    expect(error).to_contain_text("found 'many', expected a number")
    edit(tiny_book / CSV, "H002,2025,many", "H002,2025,21")
    expect(page.locator("#press-preview-error")).to_have_count(0)
    assert faults == []

    # The script is the preview's alone.
    html = tiny_book / "_build/preview/out/_build/html"
    assert not any("press-preview" in path.read_text("utf-8") for path in html.rglob("*.html"))
    assert not list(html.rglob("*press-preview*"))
    # A name of somebody else's that leads to this machine gets nothing.
    forged = urllib.request.Request(address, headers={"Host": "evil.example:80"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(forged)
    page.close()
    rounds = [line for line in said.queue if line.startswith("the preview")]
    request.node.add_report_section("call", TABLE, "\n".join(rounds))


def test_the_search_follows_the_pages(tiny_book: Path) -> None:
    said: list[str] = []
    preview = Preview(tiny_book, said.append)
    index = tiny_book / "_build/preview/out/_build/html" / search.FOLDER

    def found() -> str:
        preview.update()
        return "".join(gzip.decompress(path.read_bytes()).decode() for path in (index / "fragment").iterdir())

    assert "They laid over 18 eggs" in found()
    edit(tiny_book / CHAPTER, "They laid", "All of them laid")
    fresh = found()
    assert "All of them laid over 18 eggs" in fresh and "They laid over 18 eggs" not in fresh

    shutil.rmtree(index)
    index.write_text("in the way", "utf-8")
    preview.update()
    assert said[-2].startswith("the preview is current") and said[-1].startswith("Pagefind did not index the pages")


def test_one_preview_at_a_time(tiny_book: Path) -> None:
    (tiny_book / "_build").mkdir()
    with (
        FileLock(tiny_book / "_build/preview.lock"),
        pytest.raises(PressError, match="a preview of this book is running already"),
    ):
        run(tiny_book, 0, lambda text: None)
