"""Updates: what changed in the publication, and when. One table gives the page, the feed and each chapter's list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from press.errors import DataError, nearest
from press.package import Package

#: What stands in place of a chapter's name when the whole book is meant.
BOOK = "book"


@dataclass(frozen=True)
class Update:
    """One row of the table ``updates``: what changed in ``chapter`` (a name, or ``book``) on ``date`` (ISO)."""

    id: str
    date: str
    chapter: str
    change: str


def check_updates(package: Package, chapters: Iterable[str]) -> None:
    """Raise DataError for an update of a chapter that there is not."""
    known = {BOOK, *chapters}
    for number, row in enumerate(package.rows("updates") if "updates" in package.resources else (), 2):
        chapter = row["chapter"]
        if chapter not in known:
            path = package.resource("updates")["path"]
            raise DataError(
                f"data/{path}, row {number}, field chapter: found '{chapter}', expected '{BOOK}' or a chapter"
                f"{nearest(chapter, known)}"
            )


def load_updates(package: Package, chapters: Iterable[str]) -> list[Update]:
    """Return the updates, newest first; none if the package has no such table. Raises DataError for no such chapter."""
    if "updates" not in package.resources:
        return []
    check_updates(package, chapters)
    rows = package.by_day("updates", "date")
    rows.sort(key=lambda row: row["date"], reverse=True)  # those of one day as they stand
    return [Update(row["id"], row["date"], row["chapter"], row["change"]) for row in rows]


def of_chapter(updates: Iterable[Update], chapter: str) -> list[Update]:
    """Return the updates that touch a chapter: its own and the whole book's."""
    return [update for update in updates if update.chapter in (chapter, BOOK)]
