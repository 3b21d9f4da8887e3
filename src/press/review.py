"""The review sheet: every number a reader sees, with its rows and sources, for a second person to tick off."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

from press.errors import ChapterError, DataError, nearest
from press.facts import format_value
from press.package import Package
from press.records import Record, read_records
from press.whole import write_whole

#: The sheet stands with the editions whose numbers it holds.
SHEET = "editions/review.csv"


@dataclass(frozen=True)
class Line:
    """One number of the sheet. ``before`` is what the sheet had when it was ticked last; "" if it is as it was then."""

    chapter: str
    kind: str
    name: str
    value: str
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


def write_sheet(root: Path) -> list[Line]:
    """Write the sheet anew from the accepted results and return its lines.

    A number that is as it was keeps its tick; one that changed loses it, and says what it was before.
    """
    before = read_sheet(root)
    lines = []
    for line in _numbers(root):
        old = before.get(line.key)
        if old and (old.value, old.rows, old.sources) == (line.value, line.rows, line.sources):
            lines.append(old)
        elif old:
            changed = old.value if old.value != line.value else "the same, on other rows"
            lines.append(replace(line, before=changed if old.ticked else old.before))
        else:
            lines.append(line)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *map(astuple, lines)])
    path = root / SHEET
    path.parent.mkdir(exist_ok=True)
    write_whole(path, text.getvalue())
    return lines


def _numbers(root: Path) -> Iterator[Line]:
    """Yield what the accepted notebooks show, chapter by chapter: facts, measures of verdicts, figures."""
    sources = {row["id"]: row for row in Package(root).rows("sources")}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for record in read_records(path):
            for name, value in _shown(record):
                yield Line(
                    record["chapter"],
                    record["kind"],
                    name,
                    value,
                    " ".join(record["rows"]),
                    "; ".join(_named(sources[source]) for source in _known(record, sources, path)),
                    *("", "", ""),
                )


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
