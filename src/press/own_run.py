"""A reader's own run: one chapter with other assumptions, rendered as a page among the accepted chapters."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from press import search
from press.errors import ChapterError, SiteError
from press.jobs import Job
from press.notebooks import ChapterFile, chapters
from press.package import Package
from press.render import render
from press.results import obtain
from press.scenarios import load_scenarios
from press.site import stage
from press.sphinx_ext.scenarios import ASSUMPTIONS
from press.store import STORE_VARIABLE, Say, open_store

#: Where own runs are, seen from the root: a folder of pages for each chapter.
RUNS = "_build/runs"


def own_page(chapter: ChapterFile, parameters: Mapping[str, Any], say: Say) -> Path:
    """Run a chapter, render it and return its page; the site and the committed files are not touched.

    The page says what was assumed. Raises ChapterError or SiteError; the page of an earlier run stays then.
    """
    root = chapter.root
    runs = root / RUNS
    runs.mkdir(parents=True, exist_ok=True)
    others = [other for other in chapters(root) if other != chapter]
    for other in others:
        if not other.ipynb.exists():
            raise ChapterError(f"{other.place}: the notebook is missing; 'press accept' makes it")
    store = open_store(root, say)
    with tempfile.TemporaryDirectory(prefix=".", dir=runs) as folder:
        book, out = Path(folder) / "book", Path(folder) / "out"
        stage(root, book)
        (book / "notebooks").mkdir()
        for other in others:
            shutil.copy(other.ipynb, book / "notebooks")
        obtain([Job(chapter, book / "notebooks" / f"{chapter.stem}.ipynb", parameters)], store, say, 1)
        say("rendering")
        told = load_scenarios(Package(root)).told(parameters)
        about = json.dumps({"doc": f"notebooks/{chapter.stem}", "told": told})
        render(book, out, {STORE_VARIABLE: str(store.folder), ASSUMPTIONS: about}, say)
        search.write(out / "_build" / "html")
        pages = runs / chapter.stem
        try:
            if pages.exists():
                pages.rename(Path(folder) / "old")
            (out / "_build" / "html").rename(pages)
        except OSError as error:
            raise SiteError(f"{RUNS}/{chapter.stem}: the pages cannot be put there: {error.strerror}") from None
    return pages / "notebooks" / f"{chapter.stem}.html"
