"""The list of specially designated nationals that the US Treasury's OFAC keeps: entries by programme."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from press.errors import SourceError
from press.refresh import Loaded
from press.refresh.formats import read_table

#: The columns of sdn.csv, which has no header: number, name, type, programme, title, and seven about ships and remarks.
_COLUMNS, _TYPE, _PROGRAM = 12, 2, 3
#: Fewer entries are a list that is cut off: the whole has had more than 5,000 for years.
_LEAST = 1000
_NULL = "-0-"


def entries_by_program(content: bytes, settings: Mapping[str, Any], day: date) -> Loaded:
    """Count the entries of which a programme starts with ``settings["program"]``, by kind.

    ``settings``: ``program``; ``tagged``, a programme that is counted too, with its ``tagged_metric``; ``fields`` that
    every row gets; ``least``, below which the whole list is taken for cut off. The file is not dated: a count is of
    the day on which it was fetched.
    """
    lines = [line for line in read_table(content, "utf-8-sig") if line and line != ["\x1a"]]  # an old end-of-file mark
    for number, line in enumerate(lines, 1):
        if len(line) != _COLUMNS or not line[0].strip().isdigit():
            raise SourceError(
                f"line {number}: found {len(line)} columns that start with '{line[0][:20]}', "
                f"expected {_COLUMNS} columns that start with a number"
            )
    least = settings.get("least", _LEAST)
    if len(lines) < least:
        raise SourceError(f"found {len(lines)} entries on the whole list, expected {least:,} at least")
    listed = [(line[_TYPE].strip(), _programs(line[_PROGRAM])) for line in lines]
    ours = [(kind, found) for kind, found in listed if any(p.startswith(settings["program"]) for p in found)]
    if not ours:
        known = sorted({program for _, found in listed for program in found})
        raise SourceError(
            f"found no entry of a programme '{settings['program']}' among {len(known)} programmes, expected some"
        )
    kinds = Counter(kind if kind in ("individual", _NULL) else "other" for kind, _ in ours)
    counts = {
        "total": len(ours),
        "individuals": kinds["individual"],
        "entities": kinds[_NULL],
        "aircraft_and_other": kinds["other"],
        settings["tagged_metric"]: sum(settings["tagged"] in found for _, found in ours),
    }
    rows = [
        {
            **settings["fields"],
            "metric": metric,
            "period": str(day),
            "value": str(count),
            "locator": f"sdn.csv, {len(lines)} entries on the whole list",
        }
        for metric, count in counts.items()
    ]
    return Loaded(day, rows)


def _programs(cell: str) -> list[str]:
    """Split ``"SDGT] [BELARUS-EO14038"`` as the list writes several programmes."""
    return [program.strip(" []") for program in re.split(r"\]\s*\[", cell)]
