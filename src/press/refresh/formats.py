"""Is what came what was expected? Readers for the formats that sources send, each within limits."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

from press.errors import SourceError

#: How much larger than its limit as a file a workbook may be when it is unpacked.
_INFLATED = 20
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.I)
_PAGE = re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.I)


def check_format(content: bytes, expected: str, most_bytes: int) -> None:
    """Raise SourceError unless the content is of the format, whatever the server called it."""
    words = {"csv": "a table (CSV)", "json": "JSON", "xlsx": "a workbook (xlsx)"}[expected]
    if _PAGE.match(content.removeprefix(b"\xef\xbb\xbf")):
        title = _TITLE.search(content)
        named = f" ('{' '.join(title[1].decode('utf-8', 'replace').split())}')" if title else ""
        raise SourceError(f"found a web page{named}, expected {words}")
    if expected == "xlsx":
        _check_workbook(content, most_bytes * _INFLATED, words)
    elif expected == "json" and content.lstrip()[:1] not in (b"{", b"["):
        raise SourceError(f"found {content[:20]!r} at the start, expected {words}")
    elif expected == "csv" and b"\x00" in content:
        raise SourceError(f"found bytes that are no text, expected {words}")


def _check_workbook(content: bytes, most: int, words: str) -> None:
    if not content.startswith(b"PK\x03\x04"):
        raise SourceError(f"found {content[:20]!r} at the start, expected {words}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inflated = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise SourceError(f"found a damaged or cut-off archive, expected {words}") from None
    if inflated > most:
        raise SourceError(f"found a workbook that unpacks to {inflated:,} bytes, expected at most {most:,}")


def read_sheet(content: bytes, sheet: str) -> list[tuple[Any, ...]]:
    """Return the values of a workbook's sheet, row by row. Raises SourceError if there is no such sheet."""
    import openpyxl

    try:
        # what is wrong in a damaged workbook depends on where it is damaged
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        names = list(workbook.sheetnames)
        rows = list(workbook[sheet].iter_rows(values_only=True)) if sheet in names else []
    except Exception as error:
        raise SourceError(f"found a workbook that cannot be read ({type(error).__name__}: {error})") from None
    if sheet not in names:
        raise SourceError(f"found the sheets {', '.join(names)}; expected '{sheet}'")
    return rows


def read_table(content: bytes, encoding: str = "utf-8-sig") -> list[list[str]]:
    """Return the lines of a CSV file, cell by cell. Raises SourceError for another encoding."""
    try:
        return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"found a table that cannot be read ({error}), expected {encoding}") from None


def read_json(content: bytes) -> Any:
    """Return what a JSON file holds. Raises SourceError for one that is cut off or no JSON."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise SourceError(f"found JSON that is cut off or broken ({error})") from None
