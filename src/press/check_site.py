"""Look at the built pages as a reader's browser would: links, anchors, figures, errors."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from press.errors import SiteError
from press.records import read_records

#: Pages that Sphinx makes and that hold no prose of the book.
_MACHINE = ("genindex.html", "search.html")


def check_figures(html: Path, source: Path) -> None:
    """Raise SiteError unless each figure of the executed notebooks of ``source`` stands on its page under ``html``."""
    faults = []
    for notebook in sorted((source / "notebooks").glob("*.ipynb")):
        page = html / "notebooks" / f"{notebook.stem}.html"
        text = page.read_text("utf-8") if page.exists() else ""
        for record in read_records(notebook):
            if record["kind"] == "figure" and f'id="fig-{record["chapter"]}-{record["id"]}"' not in text:
                faults.append(f"notebooks/{notebook.stem}.html: the figure '{record['id']}' is not on the page")
    if faults:
        raise SiteError("The built site has faults:\n" + "\n".join(faults))


def check_site(html: Path) -> int:
    """Check every page and return how many there are. Raises SiteError that lists all faults, a line each."""
    found = sorted(page for page in html.rglob("*.html") if "_static" not in page.relative_to(html).parts)
    pages = {page: BeautifulSoup(page.read_text("utf-8"), "html.parser") for page in found}
    anchors = {page: {str(tag["id"]) for tag in soup.find_all(id=True)} for page, soup in pages.items()}
    faults = []
    for page, soup in pages.items():
        name = page.relative_to(html)
        for tag in soup.find_all(["a", "link", "script", "img"]):
            target = tag.get("href") or tag.get("src")
            if target and page.name not in _MACHINE:
                fault = _broken(page, str(target), html, anchors)
                if fault:
                    faults.append(f"{name}: {fault}")
        faults += [
            f"{name}: an image without alt text: {tag.get('src')}" for tag in soup.find_all("img") if not tag.get("alt")
        ]
        faults += [
            f"{name}: a drawing without alt text" for tag in soup.select("[role=img]") if not tag.get("aria-label")
        ]
        faults += [f"{name}: shows an error output" for _ in soup.select(".output.traceback, .output.stderr")]
        ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
        faults += [
            f"{name}: the id '{twice}' stands more than once" for twice in sorted({i for i in ids if ids.count(i) > 1})
        ]
    if not pages:
        faults.append("there is no page")
    if faults:
        raise SiteError("The built site has faults:\n" + "\n".join(sorted(set(faults))))
    return len(pages)


def _broken(page: Path, target: str, html: Path, anchors: dict[Path, set[str]]) -> str | None:
    """Say what is wrong with a link, or None. Addresses of other hosts are not visited."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    goal = page if not path else (html / path.lstrip("/") if path.startswith("/") else page.parent / path)
    goal = goal.resolve()
    if goal.is_dir():
        goal = goal / "index.html"
    if not goal.is_file():
        return f"the link '{target}' leads nowhere"
    fragment = unquote(parts.fragment)
    if fragment and goal in anchors and fragment not in anchors[goal]:
        return f"the link '{target}' has no such anchor"
    return None
