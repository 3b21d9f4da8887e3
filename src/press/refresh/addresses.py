"""Do the sources of the register still stand where they stood? Nothing is changed: a report says what was found."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from urllib.parse import urldefrag

from press.errors import SourceError
from press.package import Package
from press.refresh.fetch import Patience, Refused, look
from press.text import CONTROL, as_cell, runs

#: Where the report of the last look stands, seen from the root.
REPORT = "_build/sources.csv"
STATES = {
    "gone": "nothing stands at the address any more",
    "unreachable": "there was no answer, or it was refused: look by hand",
    "moved": "the address leads elsewhere",
    "retitled": "the page has another title than before",
    "fine": "as it was",
}
#: Bytes of a page in which its title stands.
_MOST = 300_000
_HOSTS_AT_A_TIME = 8
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.I | re.S)
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.I)
_GONE = (404, 410)


@dataclass(frozen=True)
class Look:
    """What was found of one source. ``title`` is the page's own; "" for what has none."""

    id: str
    state: str
    url: str
    address: str
    title: str
    told: str


def check_sources(
    root: Path, done: Callable[[Look], None] = lambda found: None, patience: Patience | None = None
) -> list[Look]:
    """Look at every address of the register and return what was found, in the register's order.

    Hosts are asked side by side, each by one at a time. Raises DataError if the register cannot be read.
    """
    before = read_report(root)
    rows = [row for row in Package(root).rows("sources") if row["url"].startswith(("https://", "http://"))]
    hosts: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        hosts.setdefault(row["url"].split("/")[2], []).append(row)
    patience = patience or Patience(connect=10, read=20, whole=60, retries=1, most_wait=10)

    def ask(host: str) -> Iterator[Look]:
        for row in hosts[host]:
            found = _look(row, before.get(row["id"]), patience)
            done(found)
            yield found

    with ThreadPoolExecutor(_HOSTS_AT_A_TIME) as pool:
        looks = {found.id: found for of_host in pool.map(lambda host: list(ask(host)), hosts) for found in of_host}
    return [looks[row["id"]] for row in rows]


def _look(row: Mapping[str, str], before: Look | None, patience: Patience) -> Look:
    url = row["url"]
    kept = before.title if before and before.url == url else ""
    try:
        fetched = look(url, _MOST, patience)
    except (SourceError, ValueError) as error:  # an address may be none
        gone = isinstance(error, Refused) and error.status in _GONE
        return Look(
            row["id"], "gone" if gone else "unreachable", url, url, kept, CONTROL.sub("", " ".join(str(error).split()))
        )
    title = _title(fetched.content, fetched.content_type)
    if urldefrag(fetched.url)[0] != urldefrag(url)[0]:
        return Look(row["id"], "moved", url, fetched.url, title or kept, f"leads to {fetched.url}")
    if kept and title and title != kept:
        return Look(row["id"], "retitled", url, url, title, f"found the title '{title}', before it was '{kept}'")
    if title and not kept and not _alike(title, row["title"]):
        return Look(row["id"], "retitled", url, url, title, f"found the title '{title}', expected '{row['title']}'")
    return Look(row["id"], "fine", url, url, title or kept, "")


def _title(content: bytes, content_type: str) -> str:
    found = _TITLE.search(content)
    if not found:
        return ""
    named = _CHARSET.search(content_type) or _CHARSET.search(content[:2048].decode("ascii", "replace"))
    try:
        text = found[1].decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        text = found[1].decode("utf-8", "replace")
    return CONTROL.sub("", " ".join(html.unescape(text).split()))[:300]


def _alike(title: str, registered: str) -> bool:
    """Say whether two titles have a word in common: the register's may be shortened, or translated."""
    words = [set(re.findall(r"\w{4,}|\d+", text.lower())) for text in (title, registered)]
    return bool(words[0] & words[1]) or not all(words)


_HEADER = tuple(field.name for field in fields(Look))


def read_report(root: Path) -> dict[str, Look]:
    """Return what the last look found, by source; nothing if there is no such report, or it is damaged."""
    try:
        rows = list(csv.reader(io.StringIO((root / REPORT).read_text("utf-8"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    if not rows or tuple(rows[0]) != _HEADER:
        return {}
    return {row[0]: Look(*map(_plain, row)) for row in rows[1:] if len(row) == len(_HEADER)}


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and runs(cell[1:]) else cell


def write_report(root: Path, looks: list[Look]) -> None:
    """Write what was found; what a spreadsheet would run starts with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_HEADER, *([as_cell(cell) for cell in astuple(found)] for found in looks)])
    path = root / REPORT
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.getvalue(), "utf-8")
