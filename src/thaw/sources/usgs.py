"""Mineral Commodity Summaries of the US Geological Survey: the data release, one table for all commodities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from press.errors import SourceError
from press.refresh import Loaded
from press.refresh.formats import read_table

COLUMNS = ("MCS chapter", "Section", "Commodity", "Country", "Statistics", "Statistics_detail", "Unit", "Year", "Value")
_SECTION = "World Mine Production"
_YEAR = re.compile(r"(\d{4})(_estimated|e)?")
_NUMBER = re.compile(r"([\d,]+(?:\.\d+)?)\s*(e?)")
#: Withheld, not available, not applicable, zero or too small to be shown.
_NO_NUMBER = ("W", "NA", "XX", "—", "-", "--", "")


def world_production(content: bytes, settings: Mapping[str, Any], day: date) -> Loaded:
    """Read mine production by country and year.

    ``settings``: ``chapter``; ``unit``, how its unit starts; ``published`` (the day of the release); ``countries``, our
    names for the survey's; ``fields`` that every row gets. The survey writes Windows-1252.
    """
    lines = read_table(content, "cp1252")
    header = [name.strip().removeprefix("ï»¿") for name in lines[0]] if lines else []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise SourceError(f"header: found {', '.join(header[:12]) or 'nothing'}; expected a column '{missing[0]}'")
    found, chapters = [], set()
    for number, cells in enumerate(lines[1:], 2):
        if not any(cells):
            continue
        if len(cells) < len(header):
            raise SourceError(f"line {number}: found {len(cells)} columns, expected {len(header)}; is it cut off?")
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        chapters.add(row["MCS chapter"])
        if row["MCS chapter"] != settings["chapter"] or row["Statistics"] != "Production":
            continue
        if not row["Section"].startswith(_SECTION) or row["Value"] in _NO_NUMBER:
            continue
        year, value = _YEAR.fullmatch(row["Year"]), _NUMBER.fullmatch(row["Value"])
        if not row["Unit"].startswith(settings["unit"]):
            raise SourceError(f"line {number}: found the unit '{row['Unit']}', expected '{settings['unit']}'")
        if year is None or value is None:
            raise SourceError(
                f"line {number}: found '{row['Value']}' for '{row['Year']}', expected a number and a year"
            )
        estimated = bool(year[2] or value[2] or "estimate" in row["Statistics_detail"].lower())
        found.append(
            {
                **settings["fields"],
                "country": settings["countries"].get(row["Country"], row["Country"]),
                "period": year[1],
                "value": value[1].replace(",", ""),
                "status": "estimate" if estimated else "reported",
                "locator": f"chapter {row['MCS chapter']}, {row['Section']}, {row['Statistics_detail']}, {row['Year']}",
            }
        )
    if settings["chapter"] not in chapters:
        raise SourceError(f"found {len(chapters)} chapters, none of them '{settings['chapter']}'; expected it")
    return Loaded(date.fromisoformat(settings["published"]), found)
