"""Spelling and house style: codespell's dictionary, a list of our own, and names as the publication spells them."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from press.checks import Book
from press.errors import DataError
from press.places import below
from press.prose import prose

#: Lines ``wrong->right``, as codespell takes them: single words of the house style.
STYLE = "book/style.txt"
#: A word a line that codespell would take for a mistake.
WORDS = "book/words.txt"
#: Lines ``wrong, wrong -> right``: names, of one word or more.
NAMES = "book/names.txt"

#: A text with its place: file, and line or row.
Text = tuple[str, str]
_FOUND = re.compile(r":(\d+): (.+) ==> (.+)$")


def load_names(root: Path) -> dict[str, str]:
    """Return the right spelling of each wrong one. Raises DataError for a line that is no ``wrong -> right``."""
    path = root / NAMES
    names: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines() if path.exists() else (), 1):
        if line.strip() and not line.startswith("#"):
            wrong, arrow, right = line.partition("->")
            if not arrow or not right.strip():
                raise DataError(f"{NAMES}, line {number}: found '{line}', expected 'wrong, wrong -> right'")
            names |= {word.strip(): right.strip() for word in wrong.split(",")}
    return names


def texts(root: Path, book: Book) -> Iterator[Text]:
    """Yield what readers see: chapters, the other pages, the words of claims and updates."""
    for reading in book.readings.values():
        for line, text in reading.shown_texts():
            yield f"{reading.chapter.place}, line {line}", text
    for page in [*below(root / "book", ".md"), *sorted(root.glob("*.md"))]:
        for line, text in enumerate(prose(page.read_text("utf-8"), headings=True).splitlines(), 1):
            yield f"{page.relative_to(root).as_posix()}, line {line}", text
    for table, fields in (("claims", ("claim", "reading")), ("updates", ("change",))):
        for row, cells in enumerate(book.package.rows(table) if table in book.package.resources else (), 2):
            for field in fields:
                yield f"data/{book.package.resource(table)['path']}, row {row}, field {field}", cells.get(field) or ""


def misspelt(root: Path, shown: Iterable[Text]) -> Iterator[str]:
    """Yield each wrong word with its place and the right one."""
    shown = list(dict.fromkeys(shown))
    names = load_names(root)
    if names:
        longest = sorted(map(re.escape, names), key=len, reverse=True)
        wrong = re.compile(rf"\b(?:{'|'.join(longest)})\b")
        for place, text in shown:
            for match in wrong.finditer(text):
                yield f"{place}: found the name '{match[0]}', expected '{names[match[0]]}'"
    for place, found, expected in _codespell(root, shown):
        yield f"{place}: found '{found}', expected {expected}"


def _codespell(root: Path, shown: list[Text]) -> Iterator[tuple[str, str, str]]:
    """Ask codespell about all texts at once, a line each. Code, addresses and roles are no words."""
    from codespell_lib import main

    with tempfile.TemporaryDirectory(prefix="press-") as folder:
        path = Path(folder) / "texts"
        lines = (re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+|\s+", " ", text) for _, text in shown)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        options = ["--dictionary", "-", "--quiet-level", "35"]
        options += [part for part in ("--dictionary", str(root / STYLE)) if (root / STYLE).exists()]
        options += [part for part in ("--ignore-words", str(root / WORDS)) if (root / WORDS).exists()]
        told = io.StringIO()
        # Its settings in pyproject.toml are for its own command line.
        with contextlib.chdir(folder), contextlib.redirect_stdout(told):
            main(*options, str(path))
    for line in told.getvalue().splitlines():
        match = _FOUND.search(line)
        if match:
            yield shown[int(match[1]) - 1][0], match[2], match[3]
