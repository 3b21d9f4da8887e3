"""Numbers in prose come from code: find digits that are neither facts, dates, ids, citations nor stated exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

#: One phrase a line, such as the name of a law: a number in it is a name.
EXCEPTIONS = "book/numbers-that-are-names.txt"

_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_ALLOWED = re.compile(
    r"\{[\w-]+\}`[^`]*`"  # roles
    r"|`[^`]*`"  # code
    r"|\]\([^)]*\)"  # targets of links
    r"|https?://\S+"
    rf"|\b\d{{1,2}}(?:(?:,\s+\d{{1,2}})*\s+(?:and|to|or)\s+\d{{1,2}}|[–-]\d{{1,2}})?\s+{_MONTH}\b"  # 12 and 13 December
    r"|\b(?:19|20)\d\d(?:s|[–/-]\d\d(?:\d\d)?)?\b"  # years and spans of years
    r"|\b[A-Z]{1,4}\d{1,4}\b"  # ids of claims and rows
    r"|\b[A-Z]\w*2[A-Z]\w*\b|\bK2O\b"
)
_ROLE = re.compile(r"\{[\w-]+\}`[^`]*`")
_DRAFT = re.compile(r"^:class: draft$", re.M)
_FENCE = re.compile(r"^(`{3,}|:{3,}|~{3,})\s*(\{[\w-]+\})?")
_OPTION = re.compile(r"^(:[\w-]+:|\s*#|---)")


def load_exceptions(root: Path) -> list[str]:
    """Return the stated exceptions, longest first."""
    path = root / EXCEPTIONS
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return sorted((line for line in lines if line and not line.startswith("#")), key=len, reverse=True)


def prose(text: str, headings: bool = False) -> str:
    """Return a MyST page with front matter, code and the heads of directives blanked; lines stay where they are."""
    lines = text.splitlines()
    first = lines.index("---", 1) + 1 if lines[:1] == ["---"] and "---" in lines[1:] else 0
    code = ""
    kept = [""] * first
    for line in lines[first:]:
        fence = _FENCE.match(line)
        prosaic = not code and not fence and (not _OPTION.match(line) or (headings and line.startswith("#")))
        if code:
            code = "" if line.startswith(code) else code
        elif fence and fence[1].startswith(("`", "~")):
            code = fence[1]
        kept.append(line if prosaic else "")
    return "\n".join(kept)


def bare_numbers(text: str, exceptions: list[str]) -> Iterator[tuple[int, str]]:
    """Yield line number and digits of every number in prose that no code computed."""
    named = [re.sub(r"\\? ", r"\\s+", re.escape(phrase)) for phrase in exceptions]
    rest = prose(text)
    for pattern in (*map(re.compile, named), _ALLOWED):
        rest = pattern.sub(lambda match: re.sub(r"\S", " ", match[0]), rest)
    for match in re.finditer(r"\d[\d,.]*", rest):
        yield rest.count("\n", 0, match.start()) + 1, match[0].rstrip(".,")


def is_draft(text: str) -> bool:
    """Say whether a page tells its readers, in a box of the class ``draft``, that it is not finished."""
    return bool(_DRAFT.search(text))


def words(text: str) -> int:
    """Count the words that a reader of a page reads; a number that a role shows is one."""
    return len(re.findall(r"[\w'’-]+", _ROLE.sub("x", prose(text))))
