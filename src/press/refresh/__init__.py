"""Refreshing: bring in what official sources publish, show what would change, and write it all or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Loaded:
    """What a loader read: rows with the columns of the source's table, without those that the press fills in.

    ``published`` is the day from which it was public, as far as the file or the description says; else the day on
    which it was fetched.
    """

    published: date
    rows: list[dict[str, str]]


#: A loader makes rows of the bytes that were fetched on a day. It raises SourceError for what it did not expect.
Loader = Callable[[bytes, Mapping[str, Any], date], Loaded]
