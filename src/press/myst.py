"""MyST pages at a glance: their cells and their kernel, without jupytext, which takes seconds to import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

_FENCE = re.compile(r"^(`{3,}|~{3,})\s*(\{code-cell\})?")


def kernel(text: str) -> str:
    """Return the kernel that a chapter's front matter names; "" for none, or a front matter that is no YAML."""
    lines = text.splitlines()
    if lines[:1] != ["---"] or "---" not in lines[1:]:
        return ""
    try:
        told = yaml.safe_load("\n".join(lines[1 : lines.index("---", 1)]))
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    found = told.get("kernelspec") if isinstance(told, dict) else None
    return str(found.get("name", "")) if isinstance(found, dict) else ""


@dataclass(frozen=True)
class MdCell:
    """A cell as it stands in the ``.md``; ``line`` is that of its first line of source, counted from 1."""

    kind: str
    source: str
    tags: tuple[str, ...]
    line: int


@cache
def md_cells(text: str) -> tuple[MdCell, ...]:
    """Split a MyST page into its cells: what stands between code cells is prose. Options that are no YAML are none."""
    lines = text.splitlines()
    first = lines.index("---", 1) + 1 if "---" in lines[1:] and lines[0] == "---" else 0
    cells, fence, start, is_code = [], "", first, False
    for number, line in enumerate([*lines[first:], None], first):
        match = _FENCE.match(line or "")
        if line is None or (not fence and match and match[2]):
            cells.append(_md_cell("markdown", lines[start:number], start))
        if line is None:
            continue
        if fence and line.rstrip() == fence:
            if is_code:
                cells.append(_md_cell("code", lines[start:number], start))
                start = number + 1
            fence, is_code = "", False
        elif not fence and match:
            fence, is_code = match[1], bool(match[2])
            start = number + 1 if is_code else start
    return tuple(cell for cell in cells if cell.source or cell.kind == "code")


def _md_cell(kind: str, lines: list[str], start: int) -> MdCell:
    """Make a cell of lines that begin at index ``start`` of the page; options of a code cell stand at its head."""
    head, options = 0, ""
    if kind == "code" and lines[:1] == ["---"] and "---" in lines[1:]:
        head = lines.index("---", 1) + 1
        options = "\n".join(lines[1 : head - 1])
    elif kind == "code":
        while head < len(lines) and lines[head].startswith(":"):
            options += lines[head].removeprefix(":") + "\n"
            head += 1
    while head < len(lines) and not lines[head].strip():
        head += 1
    return MdCell(kind, "\n".join(lines[head:]).strip("\n"), _told_tags(options), start + head + 1)


@cache
def _told_tags(options: str) -> tuple[str, ...]:
    try:
        told = yaml.safe_load(options) if options else {}
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()
    tags = told.get("tags") if isinstance(told, dict) else None
    return tuple(map(str, tags)) if isinstance(tags, list) else ()
