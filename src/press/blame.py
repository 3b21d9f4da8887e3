"""Where a chapter's error comes from: its cell, the line of its ``.md``, and the author's own lines on the way."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from press.notebooks import ChapterFile, code_lines, read_md

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: IPython's heads of frames: of a cell, and of a module.
_FRAME = re.compile(r"^(?:Cell In\[(\d+)\],? line (\d+)|File (.+?):(\d+)(?:, in |$))", flags=re.M)
_PRESS = Path(__file__).parent


def executed(chapter: ChapterFile, given: bool) -> list[int | None]:
    """Return for each code cell as executed its number in the ``.md``, counted from 1; None for given parameters."""
    numbers: list[int | None] = []
    for number, cell in enumerate((c for c in read_md(chapter).cells if c.cell_type == "code"), 1):
        numbers.append(number)
        if given and "parameters" in cell.metadata.get("tags", []):
            numbers.append(None)
    return numbers


def place(chapter: ChapterFile, given: bool, count: int, inside: int = 1) -> str:
    """Name line ``inside`` of the cell that was executed as the ``count``-th, both counted from 1."""
    cells = executed(chapter, given)
    number = cells[count - 1] if 0 < count <= len(cells) else None
    if number is None:
        return chapter.place
    return f"{chapter.place}, line {code_lines(chapter)[number - 1] + inside - 1} (code cell {number})"


def first_line(traceback: Iterable[str]) -> int:
    """Return the line of its cell, counted from 1, at which a cell that failed stood."""
    return next((int(found[1]) for found in _FRAME.findall(_plain(traceback)) if found[0]), 1)


def frames(chapter: ChapterFile, given: bool, traceback: Iterable[str]) -> list[str]:
    """Return the author's own frames, the innermost last: ``file, line N: code``. The framework's are left out."""
    found = []
    for count, inside, file, line in _FRAME.findall(_plain(traceback)):
        if count:
            where = place(chapter, given, int(count), int(inside)).partition(" (")[0]
            path, number = chapter.md, int(where.rpartition(" ")[2]) if ", line " in where else 0
        else:
            path, number = Path(file).expanduser(), int(line)
            if not _own(path):
                continue
            where = f"{_short(path, chapter.root)}, line {number}"
        if number:
            found.append(f"{where}: {_line(path, number)}")
    return found


def _plain(traceback: Iterable[str]) -> str:
    return _ANSI.sub("", "\n".join(traceback))


def _own(path: Path) -> bool:
    text = str(path)
    theirs = ("site-packages", "dist-packages", f"{_PRESS}/", f"{sys.base_prefix}/", f"{sys.prefix}/", "<")
    return path.is_absolute() and not any(part in text for part in theirs)


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else "/".join(path.parts[-3:])


def _line(path: Path, number: int) -> str:
    try:
        return path.read_text("utf-8").splitlines()[number - 1].strip()
    except (OSError, IndexError, UnicodeDecodeError):
        return "?"
