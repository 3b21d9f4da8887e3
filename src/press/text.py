"""Text stays text: what no field may hold, and what a spreadsheet would take for more than text."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from press.errors import ChapterError

#: Control characters, and those that turn the direction of what follows; tab and line feed are text.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
#: Columns that hold addresses, which pages link to.
ADDRESSES = ("url", "archived")
#: What spreadsheets run as a formula, at the start of a cell or after what they skip there.
_FORMULA = re.compile(r"[\s\u00a0]*[=@＝＠]|[\s\u00a0]*[+\-＋－]|[\t\r\n]")
#: A signed number, alone or before words: ``+5.2%, record`` runs nothing, ``-2+3`` would.
_SIGNED = re.compile(r"[+-]\d[\d.,]*%?(?:[ ,;][^+*/=<>&^|!'\"]*)?")


def runs(cell: str) -> bool:
    """Say whether a spreadsheet would run a cell as a formula."""
    return bool(_FORMULA.match(cell)) and not _SIGNED.fullmatch(cell)


def as_cell(text: str) -> str:
    """Return a text for a cell of a CSV file: what would run starts with an apostrophe."""
    return f"'{text}" if runs(text) else text


def as_markdown(text: str) -> str:
    """Return a text as Markdown shows it: what would be markup, a link, a formula or a role is escaped."""
    return re.sub(r"([\\`*_\[\]<>{}$|&])", r"\\\1", text)


def is_address(text: Any) -> bool:
    """Say whether a text is an address on the web, and so may be a link."""
    try:
        parts = urlsplit(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("https", "http") and bool(parts.netloc)


def require_plain(text: str, place: str) -> str:
    """Return a text that a chapter gives. Raises ChapterError if it holds a control character."""
    if found := CONTROL.search(text):
        raise ChapterError(f"{place}: found the control character U+{ord(found[0]):04X}, expected plain text")
    return text
