"""Full text search without a server: Pagefind's index of the built pages, which a reader's browser loads in parts."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from lxml import html
from pagefind.service import get_executable

from press.errors import SiteError
from press.manifest import EDITIONS
from press.places import below

FOLDER = "pagefind"

#: The part of a page that is searched, and what in it is no prose.
_ROOT = "article.bd-article"
_NOT_PROSE = ".headerlink, .press-bar, .press-sources, .press-verdict ul, summary"
_DRAWINGS_AND_CODE = re.compile(r"<(svg|pre)\b.*?</\1>", re.S)
_PAGE, _NOT_LISTED = '<article class="bd-article"', '<meta name="robots" content="noindex">'


def published(out: Path) -> dict[str, str]:
    """Return the pages of the edition under ``out`` that hold prose and may be listed, by address.

    They come without drawings and code; earlier editions below have pages of their own.
    """
    paths = {path.relative_to(out): path for path in below(out, ".html")}
    pages = {place: path.read_text("utf-8") for place, path in paths.items() if place.parts[0] != EDITIONS}
    return {
        place.as_posix(): _DRAWINGS_AND_CODE.sub("", text)
        for place, text in pages.items()
        if _PAGE in text and _NOT_LISTED not in text
    }


def write(out: Path) -> None:
    """Write the index of the edition under ``out``, for its search page's script (``press-search.js``).

    Pagefind's program reads the pages from a folder: its Python interface hands them over one at a time and waits for
    each, a hundred times as long. Raises SiteError with what it said if it fails.
    """
    shutil.rmtree(out / FOLDER, ignore_errors=True)  # in a preview: what the pages held before
    with tempfile.TemporaryDirectory(prefix="press-") as folder:
        for address, text in published(out).items():
            path = Path(folder) / address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_with_places(text), "utf-8")
        command = [
            str(get_executable()),
            "--site",
            folder,
            "--output-path",
            str(out / FOLDER),
            "--root-selector",
            _ROOT,
        ]
        done = subprocess.run([*command, "--exclude-selectors", _NOT_PROSE], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise SiteError(f"Pagefind did not index the pages: {(done.stderr or done.stdout).strip()[-500:]}")
    for path in (out / FOLDER).glob("pagefind-*"):  # Pagefind's own user interfaces: the search page has its own
        if path.name.removeprefix("pagefind-").split(".")[0] not in ("entry", "worker"):
            path.unlink()


def _with_places(text: str) -> str:
    """Make sections, figures and claims places that a result leads to: Pagefind knows them by headings with an id."""
    if "<section id=" not in text and "press-figure" not in text and "press-verdict" not in text:
        return text
    page = html.document_fromstring(text)
    for section in page.iterfind(".//section[@id]"):
        heading = next((child for child in section if child.tag in ("h1", "h2", "h3", "h4")), None)
        if heading is not None and not heading.get("id"):
            heading.set("id", section.attrib.pop("id"))
    for place, title in (("press-figure", "press-figure-title"), ("press-verdict", "press-claim")):
        for box in page.find_class(place):
            for heading in box.find_class(title)[:1] if box.get("id") else ():
                heading.tag = "h4"
                heading.set("id", box.attrib.pop("id"))
    return html.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>")
