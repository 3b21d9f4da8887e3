"""Editions: the same chapters as known on different days, and what changed between them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from press.errors import DataError
from press.package import Package
from press.records import Record
from press.whole import write_whole

#: Set in the environment of a rendering whose site will hold every edition.
ALL_EDITIONS = "PRESS_ALL_EDITIONS"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERDICT_FIELDS = ("chapter", "verdict", "measures", "because", "rows")


@dataclass(frozen=True)
class Edition:
    """One row of the table ``editions``: what was known by ``as_of`` (ISO date)."""

    id: str
    as_of: str
    title: str


def load_editions(package: Package) -> list[Edition]:
    """Return the editions, earliest first; the last one is the site's front. None if the package has no such table."""
    if "editions" not in package.resources:
        return []
    for number, row in enumerate(package.rows("editions"), 2):
        if not _ID.fullmatch(row["id"]):  # it becomes the name of a file and of a folder of the site
            path = package.resource("editions")["path"]
            raise DataError(
                f"data/{path}, row {number}, field id: found '{row['id']}', expected letters, digits, '.', '_' and '-'"
            )
    return [Edition(row["id"], row["as_of"], row["title"]) for row in package.by_day("editions", "as_of")]


def results_path(root: Path, edition: str) -> Path:
    """Where the accepted results of an earlier edition stand (those of the latest stand in the notebooks)."""
    return root / "editions" / f"{edition}.json"


def results(records: Iterable[Record]) -> dict[str, Any]:
    """Return verdicts and facts by chapter, in a form whose changes read well in a diff."""
    chapters: dict[str, Any] = {}
    for record in records:
        if record["kind"] == "chapter":
            chapters[record["name"]] = {"verdicts": {}, "facts": {}}
        elif record["kind"] == "verdict":
            kept = {field: record[field] for field in _VERDICT_FIELDS}
            chapters[record["chapter"]]["verdicts"][record["id"]] = kept
        elif record["kind"] == "fact":
            chapters[record["chapter"]]["facts"][record["name"]] = f"{record['value']} {record['unit']}"
    return chapters


def write_results(path: Path, chapters: dict[str, Any]) -> bool:
    """Write results with one stable layout, keeping chapters that were not run; returns whether the file changed."""
    before = path.read_text("utf-8") if path.exists() else "{}"
    text = json.dumps({**json.loads(before), **chapters}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.parent.mkdir(exist_ok=True)
    write_whole(path, text)
    return text != before


def read_results(root: Path, edition: str) -> dict[str, Any]:
    """Return the results of an earlier edition by chapter. Raises DataError if they are missing or damaged."""
    path = results_path(root, edition)
    try:
        found = json.loads(path.read_text("utf-8"))
        if not all(isinstance(chapter[kind], dict) for chapter in found.values() for kind in ("verdicts", "facts")):
            raise TypeError
    except FileNotFoundError:
        raise DataError(
            f"editions/{path.name}: the results of this edition are missing; 'press accept' makes them"
        ) from None
    except json.JSONDecodeError as error:
        raise DataError(f"editions/{path.name}, line {error.lineno}: not JSON: {error.msg}") from None
    except OSError as error:
        raise DataError(f"editions/{path.name}: cannot be read ({error.strerror}), expected a file") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError(
            f"editions/{path.name}: is damaged, expected verdicts and facts by chapter; 'press accept' writes them"
        ) from None
    return dict(found)


def read_verdicts(root: Path, edition: str) -> dict[str, Record]:
    """Return the verdicts of an earlier edition by claim (``read_results``)."""
    chapters = read_results(root, edition)
    return {claim: verdict for chapter in chapters.values() for claim, verdict in chapter["verdicts"].items()}
