"""The review sheet: every number a reader sees, with its rows and sources, for a second person to tick off."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

from press.errors import ChapterError, DataError, nearest
from press.evidence import Evidence, Row
from press.facts import format_value
from press.keys import digest
from press.notebooks import chapter_call, chapters
from press.package import Package
from press.places import below
from press.records import Record, read_records
from press.whole import write_whole

#: The sheet stands with the editions whose numbers it holds.
SHEET = "editions/review.csv"
#: A cell that tells of more rows or sources than this is read by nobody: it has their ids.
_MOST = 10
_FACT = re.compile(r"\{fact\}`([^`]+)`")


@dataclass(frozen=True)
class Line:
    """One number of the sheet.

    ``shown`` has the texts that prose makes of it, with their pages; ``rows`` and ``sources`` what it rests on, where
    they are many by their ids and a hash that tells whether they changed; ``before`` what the sheet had when it was
    ticked last, "" if it is as it was then.
    """

    chapter: str
    kind: str
    name: str
    value: str
    shown: str
    rows: str
    sources: str
    before: str
    checked_by: str
    checked_on: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.chapter, self.kind, self.name

    @property
    def ticked(self) -> bool:
        return bool(self.checked_by and self.checked_on)


HEADER = tuple(field.name for field in fields(Line))


def read_sheet(root: Path) -> dict[tuple[str, str, str], Line]:
    """Return the sheet's lines; none if there is no sheet. Raises DataError for other columns or half a tick."""
    path = root / SHEET
    if not path.is_file():
        return {}
    lines = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{SHEET}: cannot be read ({error}), expected a table in UTF-8") from None
    if tuple(header) != HEADER:
        raise DataError(f"{SHEET}, header: found {', '.join(header) or 'nothing'}, expected {', '.join(HEADER)}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(HEADER):
            raise DataError(f"{SHEET}, row {number}: found {len(row)} cells, expected {len(HEADER)}")
        line = Line(**dict(zip(header, row, strict=True)))
        if bool(line.checked_by) != bool(line.checked_on):
            raise DataError(f"{SHEET}, row {number}: found half a tick, expected both checked_by and checked_on")
        lines[line.key] = line
    return lines


def renew(root: Path) -> list[Line]:
    """Return the sheet's lines as the accepted results make them today.

    A number that is as it was keeps its tick; one that changed loses it, and says what it was before.
    """
    before = read_sheet(root)
    lines = []
    for line in _numbers(root):
        old = before.get(line.key)
        told = (line.value, line.shown, line.rows, line.sources)
        if old and (old.value, old.shown, old.rows, old.sources) == told:
            lines.append(old)
        elif old:
            what = ["shown otherwise", "on rows that are not as they were", "by other sources"]
            same = [old.shown == line.shown, old.rows == line.rows, old.sources == line.sources]
            changed = old.value if old.value != line.value else f"the same, {what[same.index(False)]}"
            lines.append(replace(line, before=changed if old.ticked else old.before))
        else:
            lines.append(line)
    return lines


def write_sheet(root: Path) -> list[Line]:
    """Write the sheet anew and return its lines (``renew``)."""
    lines = renew(root)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *map(astuple, lines)])
    path = root / SHEET
    path.parent.mkdir(exist_ok=True)
    write_whole(path, text.getvalue())
    return lines


def _numbers(root: Path) -> Iterator[Line]:
    """Yield what the accepted notebooks show, chapter by chapter: facts, measures of verdicts, figures."""
    package = Package(root)
    sources = {row["id"]: row for row in package.rows("sources")}
    rows, uses = Evidence.load(package, "").rows, _uses(root)
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for record in read_records(path):
            for name, value in _shown(record):
                known = _known(record, sources, path)
                yield Line(
                    record["chapter"],
                    record["kind"],
                    name,
                    value,
                    _in_prose(record, uses) if record["kind"] == "fact" else "",
                    _cell([_row(row, rows) for row in record["rows"]], record["rows"]),
                    _cell([_named(sources[source]) for source in known], known),
                    *("", "", ""),
                )


def _uses(root: Path) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Return where prose uses a fact: the page, the format and the unit, by the chapter's name and the fact's."""
    names = {f"notebooks/{chapter.stem}": chapter_call(chapter)[0] for chapter in chapters(root)}
    found = defaultdict(list)
    for path in sorted([*(chapter.md for chapter in chapters(root)), *below(root / "book", ".md")]):
        page = path.relative_to(root).with_suffix("").as_posix()
        for use in _FACT.findall(path.read_text("utf-8")):
            name, spec, unit, *_ = [part.strip() for part in use.split(";")] + ["", ""]
            chapter, _, fact = name.rpartition(".")
            found[chapter or names.get(page, ""), fact].append((page, spec, unit))
    return found


def _in_prose(record: Record, uses: Mapping[tuple[str, str], list[tuple[str, str, str]]]) -> str:
    told: dict[str, list[str]] = defaultdict(list)
    for page, spec, unit in uses.get((record["chapter"], record["name"]), ()):
        text = format_value(record["value"], record["unit"], record["qualifier"], spec, unit)
        told[text] += [page] if page not in told[text] else []
    return "; ".join(f"{text} ({', '.join(pages)})" for text, pages in told.items())


def _cell(told: list[str], ids: list[str]) -> str:
    whole = "; ".join(told)
    return whole if len(told) <= _MOST else f"{' '.join(ids)} ({digest(whole)[:8]})"


def _row(name: str, rows: Mapping[str, Row]) -> str:
    """Name a row, with what it says: ``H002 (hens, 2025): over 18 eggs``."""
    row = rows.get(name)
    if row is None:  # of a table without sources
        return name
    hedge = "" if row.qualifier in ("", "exact", "unknown", "from", "to") else f"{row.qualifier} "
    said = f": {hedge}{row.value} {row.unit}".rstrip() if row.value else ""
    return f"{name} ({', '.join(filter(None, [row.table, row.period]))}){said}"


def _known(record: Record, sources: Mapping[str, Any], path: Path) -> list[str]:
    """Return a record's sources. Raises ChapterError for one that has left the register since."""
    gone = [source for source in record["sources"] if source not in sources]
    if gone:
        raise ChapterError(
            f"notebooks/{path.name}: rests on the source '{gone[0]}', expected one of the register"
            f"{nearest(gone[0], sources)}; 'press accept' brings the results up to date"
        )
    return list(record["sources"])


def _shown(record: Record) -> Iterable[tuple[str, str]]:
    if record["kind"] == "fact":
        unit = record["unit"]
        yield record["name"], format_value(record["value"], unit, record["qualifier"], unit_text=unit)
    elif record["kind"] == "verdict":
        yield record["id"], record["verdict"]
        yield from ((f"{record['id']}.{measure['name']}", measure["text"]) for measure in record["measures"])
    elif record["kind"] == "figure":
        yield record["id"], f"a figure of {len(record['rows'])} rows: {record['title']}"


def _named(source: dict[str, Any]) -> str:
    return f"{source['publisher']} {source['url']}".strip()
