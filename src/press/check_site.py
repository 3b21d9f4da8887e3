"""Look at the built pages as a reader's browser would: links, anchors, figures, errors."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml.html import HTMLParser, document_fromstring

from press.errors import SiteError
from press.places import below
from press.records import read_records

#: Pages that Sphinx makes and that hold no prose of the book.
_MACHINE = ("genindex.html", "search.html")
_LINKING = ("a", "link", "script", "img")


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
    files = {path.relative_to(html).as_posix() for path in below(html) if path.is_file()}
    found = sorted(name for name in files if name.endswith(".html") and "_static" not in name.split("/"))
    pages = {name: _look(html / name) for name in found}
    anchors = {name: set(seen.ids) for name, seen in pages.items()}
    faults = [] if pages else ["there is no page"]
    for name, seen in pages.items():
        if posixpath.basename(name) not in _MACHINE:
            faults += [f"{name}: {fault}" for to in seen.links if (fault := _broken(name, to, files, anchors))]
        faults += [f"{name}: {fault}" for fault in seen.faults]
        faults += [f"{name}: the id '{i}' stands more than once" for i, count in Counter(seen.ids).items() if count > 1]
    if faults:
        raise SiteError("The built site has faults:\n" + "\n".join(sorted(set(faults))))
    return len(pages)


@dataclass
class _Seen:
    """What one page holds that can be checked."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _look(page: Path) -> _Seen:
    """Read a page once."""
    seen = _Seen()
    for tag in document_fromstring(page.read_bytes(), parser=HTMLParser(encoding="utf-8", huge_tree=True)).iter("*"):
        if "id" in tag.attrib:
            seen.ids.append(tag.attrib["id"])
        if tag.tag in _LINKING and (target := tag.get("href") or tag.get("src")):
            seen.links.append(target)
        if tag.tag == "img" and not tag.get("alt") and not next(tag.iterancestors("div"), tag).get("aria-label"):
            seen.faults.append(f"an image without alt text: {tag.get('src')}")
        if tag.get("role") == "img" and not tag.get("aria-label"):
            seen.faults.append("a drawing without alt text")
        kinds = tag.get("class", "").split()
        if "output" in kinds and {"traceback", "stderr"} & set(kinds):
            seen.faults.append("shows an error output")
    return seen


def _broken(page: str, target: str, files: Set[str], anchors: Mapping[str, Set[str]]) -> str | None:
    """Say what is wrong with a link, or None. Addresses of other hosts are not visited.

    Names are compared, not looked up on the disk: a book has a hundred thousand links.
    """
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    goal = posixpath.join(posixpath.dirname(page), path).lstrip("/") if path else page
    goal = posixpath.normpath(goal)
    if goal not in files:
        goal = posixpath.normpath(posixpath.join(goal, "index.html"))
    if goal not in files:
        return f"the link '{target}' leads nowhere"
    fragment = unquote(parts.fragment)
    if fragment and goal in anchors and fragment not in anchors[goal]:
        return f"the link '{target}' has no such anchor"
    return None
