"""A chapter as it can be read without running it: its text, its cells, and what they gave when they were accepted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from press.errors import ChapterError
from press.myst import MdCell
from press.notebooks import ChapterFile, chapter_call, parsed_cells, read_text
from press.prose import prose
from press.records import Record, read_notebook, read_records

#: Keywords whose texts readers see.
_SHOWN = ("title", "subtitle", "alt", "caveat", "because", "would_change")


@dataclass(frozen=True)
class Reading:
    """A chapter as its text and its accepted outputs tell it."""

    chapter: ChapterFile
    name: str
    tables: list[str]
    text: str
    cells: list[tuple[MdCell, ast.Module]]
    #: What unchanged cells gave when they were run.
    records: list[Record]
    #: The cells that are new or changed since, or were never run.
    fresh: list[tuple[MdCell, ast.Module]]
    #: Facts of earlier editions.
    earlier: frozenset[str] = field(default=frozenset())

    @classmethod
    def read(cls, chapter: ChapterFile, earlier: dict[str, set[str]]) -> Reading:
        """Read a chapter. Raises ChapterError if it has no ``Chapter(...)`` call that can be read."""
        name, tables = chapter_call(chapter)
        ran, records = _accepted(chapter)
        cells = list(parsed_cells(chapter))
        fresh = [(cell, tree) for cell, tree in cells if cell.source not in ran]
        sources = {cell.source for cell, _ in cells}
        kept = [record for source, record in records if source in sources]
        loose = any(unnamed(tree, ("fact", "missing")) for _, tree in fresh)
        old = {record["name"] for _, record in records if record["kind"] == "fact"} if loose else set()
        known = frozenset(old | earlier.get(name, set()))
        return cls(chapter, name, tables, read_text(chapter), cells, kept, fresh, known)

    @cached_property
    def facts(self) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
        """The names of facts that the chapter may state, and the patterns of those that it puts together."""
        names = {record["name"] for record in self.records if record["kind"] == "fact"} | self.earlier
        patterns = []
        for _, tree in self.fresh:
            names |= texts_in(tree)
            patterns += [_pattern(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        return frozenset(names), tuple(pattern for pattern in patterns if pattern is not None)

    def states(self, fact: str) -> bool:
        """Say whether the chapter may state a fact of this name."""
        names, patterns = self.facts
        return fact in names or any(pattern.fullmatch(fact) for pattern in patterns)

    @cached_property
    def calls(self) -> list[tuple[int, ast.Call]]:
        """All calls of methods with their lines in the ``.md``."""
        return [
            (cell.line + node.lineno - 1, node)
            for cell, tree in self.cells
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]

    def calls_of(self, method: str) -> Iterator[tuple[int, ast.Call]]:
        """Yield the calls of a method with their lines."""
        return (found for found in self.calls if getattr(found[1].func, "attr", "") == method)

    def shown_texts(self) -> Iterator[tuple[int, str]]:
        """Yield what readers see, with its line: the prose, and the words of figures and verdicts."""
        for number, line in enumerate(prose(self.text, headings=True).splitlines(), 1):
            if line.strip():
                yield number, line
        for cell, tree in self.cells:
            for node in ast.walk(tree):
                if isinstance(node, ast.keyword) and node.arg in _SHOWN:
                    for part in ast.walk(node.value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            yield cell.line + part.lineno - 1, part.value


def _accepted(chapter: ChapterFile) -> tuple[set[str], list[tuple[str, Record]]]:
    """Return the sources of the code cells that were run, and what each gave; nothing if there is no notebook."""
    try:
        cells = read_notebook(chapter.ipynb)["cells"]
        sources = ["".join(cell["source"]) for cell in cells]
        ran = {s for s, cell in zip(sources, cells, strict=True) if cell.get("execution_count") is not None}
        return ran, [(sources[record["cell"]], record) for record in read_records(chapter.ipynb)]
    except (ChapterError, ValueError, KeyError, TypeError, AttributeError):
        return set(), []


def texts_in(tree: ast.Module) -> set[str]:
    """Return all texts that are written out in a cell."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _pattern(node: ast.JoinedStr) -> re.Pattern[str] | None:
    """Return what an f-string may give; None for one that may give anything."""
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values]
    return re.compile("".join(parts)) if set(parts) != {".+"} else None


def unnamed(tree: ast.Module, methods: tuple[str, ...]) -> bool:
    """Say whether one of these methods is called with a name that is not written out."""
    return any(
        isinstance(node, ast.Call) and getattr(node.func, "attr", "") in methods and first_text(node) is None
        for node in ast.walk(tree)
    )


def first_text(call: ast.Call, keyword: str = "") -> str | None:
    """Return the first argument of a call if it is a text that is written out."""
    named = [word.value for word in call.keywords if word.arg == keyword]
    node = next(iter([*call.args, *named]), None)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
