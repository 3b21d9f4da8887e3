"""Full text search without a server: Pagefind's index of the built pages, which a reader's browser loads in parts."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from bs4 import BeautifulSoup
from pagefind.index import IndexConfig, PagefindIndex

FOLDER = "pagefind"

#: The part of a page that is searched, and what in it is no prose.
_ROOT = "article.bd-article"
_NOT_PROSE = [".headerlink", ".press-bar", ".press-sources", ".press-verdict ul", "summary"]
_DRAWINGS_AND_CODE = re.compile(r"<(svg|pre)\b.*?</\1>", re.S)


def published(out: Path) -> dict[str, BeautifulSoup]:
    """Return the pages under ``out`` that hold prose and may be listed, by address, without drawings and code."""
    pages = {}
    for path in sorted(out.rglob("*.html")):
        soup = BeautifulSoup(_DRAWINGS_AND_CODE.sub("", path.read_text("utf-8")), "html.parser")
        if soup.select_one(_ROOT) and not soup.select_one("meta[name=robots][content=noindex]"):
            pages[path.relative_to(out).as_posix()] = soup
    return pages


def write(out: Path, pages: dict[str, BeautifulSoup]) -> None:
    """Write the index of ``pages`` under ``out``, for the search page's script (``press-search.js``)."""
    for soup in pages.values():
        _name_places(soup)
    asyncio.run(_index(out / FOLDER, {address: str(soup) for address, soup in pages.items()}))
    for path in (out / FOLDER).glob("pagefind-*"):  # Pagefind's own user interfaces: the search page has its own
        if path.name.removeprefix("pagefind-").split(".")[0] not in ("entry", "worker"):
            path.unlink()


def _name_places(soup: BeautifulSoup) -> None:
    """Make sections, figures and claims places that a result leads to: Pagefind knows them by headings with an id."""
    for section in soup.select("section[id]"):
        heading = section.find(["h1", "h2", "h3", "h4"], recursive=False)
        if heading and not heading.get("id"):
            heading["id"] = section["id"]
            del section["id"]
    for place, title in (("figure[id]", ".press-figure-title"), (".press-verdict[id]", ".press-claim")):
        for box in soup.select(place):
            heading = box.select_one(title)
            if heading:
                heading.name, heading["id"] = "h4", box["id"]
                del box["id"]


async def _index(folder: Path, pages: dict[str, str]) -> None:
    config = IndexConfig(root_selector=_ROOT, exclude_selectors=_NOT_PROSE, output_path=str(folder))
    async with PagefindIndex(config=config) as index:
        for address, html in pages.items():
            await index.add_html_file(content=html, url=address)
