"""What is wrong with a chapter before it is run: file, line, found, expected. Read from the text alone, in a moment.

What a cell stated when it was last accepted is known from its outputs. Of a cell that is new or changed since, the
names in it are taken as they stand: a name that it puts together is believed rather than called unknown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from press.claims import Claim, load_claims
from press.contents import reading_minutes
from press.editions import read_results, results_path
from press.errors import PressError, nearest
from press.myst import kernel
from press.notebooks import (
    KERNEL,
    ChapterFile,
    chapters,
    code_cells,
    pair_problem,
    parse,
)
from press.package import Package
from press.parameters import check_parameters, declared_parameters
from press.places import below
from press.prose import EXCEPTIONS, bare_numbers, is_draft, load_exceptions, prose, words
from press.reading import Reading, first_text, texts_in, unnamed
from press.scenarios import SCENARIO, load_scenarios
from press.updates import check_updates

WORDS_A_MINUTE = 200
#: What a figure must be told, and the keyword that tells it.
_TOLD = {
    "id": "an id",
    "title": "a title",
    "subtitle": "unit and period",
    "alt": "what the chart shows",
    "rows": "rows",
}
FACT = re.compile(r"\{fact\}`([^`;]*)(?:;([^`;]*))?[^`]*`")
CARD = re.compile(r"^(`{3,}|:{3,})\{chapter-card\} *(\S+)\n((?:[ \t]*:.*\n)*)", re.M)
_LITERAL = re.compile(r"``.+?``", re.S)


class Book:
    """All chapters of a publication as they can be read without running them."""

    def __init__(self, root: Path) -> None:
        self.root, self.package = root, Package(root)
        self.claims: dict[str, Claim] = load_claims(self.package)
        self.exceptions = load_exceptions(root)
        self.readings: dict[str, Reading] = {}
        #: What keeps a chapter from being read, by its place.
        self.unread: dict[str, str] = {}
        earlier = _earlier_facts(self.package)
        for chapter in chapters(root):
            try:
                reading = Reading.read(chapter, earlier)
            except PressError as error:
                self.unread[chapter.place] = str(error)
            else:
                self.readings[reading.name] = reading

    @cached_property
    def minutes(self) -> list[float]:
        """The least and the most minutes of reading of a chapter; empty if the publication sets none."""
        return reading_minutes(self.root)

    def problems(self, only: Iterable[ChapterFile] | None = None) -> Iterator[str]:
        """Yield what is wrong with chapters (default: all, and the other pages), a line each."""
        wanted = {chapter.place for chapter in (chapters(self.root) if only is None else only)}
        for place, problem in self.unread.items():
            if only is None or place in wanted:  # one may have vanished since it was read
                yield problem
        for reading in self.readings.values():
            if reading.chapter.place in wanted:
                yield from self._chapter_problems(reading)
        if only is None:
            for page in below(self.root / "book", ".md"):
                yield from self._unknown_facts(page.read_text("utf-8"), page.relative_to(self.root).as_posix(), "")
            names = {*self.readings}
            if not self.unread:
                try:
                    check_updates(self.package, names)
                except PressError as error:
                    yield str(error)
            for number, row in enumerate(self.package.rows("claims") if self.claims else (), 2):
                if row["chapter"] not in names and not self.unread:
                    yield (
                        f"data/claims.csv, row {number}, field chapter: found '{row['chapter']}', expected a chapter"
                        f"{nearest(row['chapter'], names)}"
                    )

    def _chapter_problems(self, reading: Reading) -> Iterator[str]:
        place = reading.chapter.place
        try:
            asked = SCENARIO in declared_parameters(reading.chapter)
            known = load_scenarios(Package(reading.chapter.root)).parameters if asked else {}
            check_parameters(reading.chapter, {name: parameter.central for name, parameter in known.items()})
            problem = pair_problem(reading.chapter)
            if problem:
                yield problem
        except PressError as error:
            yield str(error)
        yield from _not_python(reading.chapter)
        found_kernel = kernel(reading.text)
        if found_kernel != KERNEL:
            yield f"{place}: found the kernel '{found_kernel or 'none'}', expected {KERNEL} in its front matter"
        for table in reading.tables:
            if table not in self.package.resources:
                yield f"{place}: declares the table '{table}', expected one of the package" + nearest(
                    table, self.package.resources
                )
        yield from _undeclared_tables(reading)
        yield from self._unknown_facts(reading.text, place, reading.name)
        yield from _untold_figures(reading)
        yield from self._untested_claims(reading)
        for line, digits in bare_numbers(reading.text, self.exceptions):
            expected = f"expected a {{fact}}, or its phrase in {EXCEPTIONS}"
            yield f"{place}, line {line}: found the bare number {digits}, {expected}"
        if self.minutes:
            least, most = self.minutes
            count = words(reading.text)
            minutes = count / WORDS_A_MINUTE
            if minutes > most or (minutes < least and not is_draft(reading.text)):
                yield f"{place}: found {minutes:.1f} minutes of reading ({count} words), expected {least} to {most}"

    def _unknown_facts(self, text: str, place: str, here: str) -> Iterator[str]:
        """Yield the facts that a page shows and no chapter states, and cards of what there is not."""
        plain = _LITERAL.sub(lambda match: re.sub(r"\S", " ", match[0]), prose(text))
        found = [(plain.count("\n", 0, m.start()) + 1, m[1].strip()) for m in FACT.finditer(plain)]
        for match in FACT.finditer(plain):
            spec = (match[2] or "").strip()
            try:
                format(1.5, spec)
            except ValueError:
                line = plain.count("\n", 0, match.start()) + 1
                yield f"{place}, line {line}: found the format '{spec}', expected one as in ',.1f'"
        for match in CARD.finditer(text):
            for option in re.finditer(r":fact: *(\S+)", match[3]):
                line = text.count("\n", 0, match.start(3) + option.start()) + 1
                found.append((line, f"{match[2]}.{option[1]}"))
        for line, name in found:
            chapter, dot, fact = name.rpartition(".")
            reading = self.readings.get(chapter if dot else here)
            if reading is None and (self.unread or (here and not dot)):
                continue  # the chapter that would state it cannot be read, which is told already
            if reading is None:
                yield f"{place}, line {line}: found the fact '{name}', expected chapter.name" + nearest(
                    chapter, self.readings
                )
            elif not reading.states(fact):
                known = {record["name"] for record in reading.records if record["kind"] == "fact"}
                close = nearest(fact, known) if len(known) < 500 else ""
                hint = close if "did you mean" in close else ""
                yield (
                    f"{place}, line {line}: found the fact '{name}', "
                    f"expected one that {reading.chapter.place} states{hint}"
                )

    def _untested_claims(self, reading: Reading) -> Iterator[str]:
        """Yield claims of the chapter that no cell judges, and judged ones that are not the chapter's."""
        judged = {record["id"] for record in reading.records if record["kind"] == "verdict"}
        place = reading.chapter.place
        for line, call in reading.calls_of("judge"):
            called = first_text(call, "claim_id")
            if called is None:
                continue
            judged.add(called)
            if called not in self.claims:
                yield (
                    f"{place}, line {line}: found the claim '{called}', "
                    f"expected one of data/claims.csv{nearest(called, self.claims)}"
                )
            elif self.claims[called].chapter != reading.name:
                yield (
                    f"{place}, line {line}: found the claim {called}, which belongs to the chapter "
                    f"'{self.claims[called].chapter}', expected one of '{reading.name}'"
                )
        for _, tree in reading.fresh:
            if unnamed(tree, ("judge",)):
                judged |= texts_in(tree)
        for number, claim in enumerate(self.claims.values(), 2):
            if claim.chapter == reading.name and claim.id not in judged:
                yield (
                    f"data/claims.csv, row {number}, claim {claim.id}: found no verdict, "
                    f'expected .judge("{claim.id}", ...) in {place}'
                )


def _not_python(chapter: ChapterFile) -> Iterator[str]:
    """Yield where a cell is no Python; one that begins with a magic may be anything."""
    for cell in code_cells(chapter):
        if cell.source.startswith("%%"):
            continue
        try:
            parse(cell.source)
        except SyntaxError as error:
            line = cell.line + (error.lineno or 1) - 1
            yield f"{chapter.place}, line {line}: found what is no Python ({error.msg}), expected code that runs"
        except (ValueError, RecursionError, MemoryError) as error:
            yield f"{chapter.place}, line {cell.line}: found what is no Python ({error}), expected code that runs"


def _earlier_facts(package: Package) -> dict[str, set[str]]:
    """Return the facts of the accepted results of earlier editions, by chapter."""
    facts: dict[str, set[str]] = {}
    for edition in _edition_ids(package):
        if not results_path(package.root, edition).exists():
            continue
        for chapter, found in read_results(package.root, edition).items():
            facts.setdefault(chapter, set()).update(found["facts"])
    return facts


def _edition_ids(package: Package) -> list[str]:
    return [row["id"] for row in package.rows("editions")] if "editions" in package.resources else []


def _undeclared_tables(reading: Reading) -> Iterator[str]:
    """Yield the tables that the chapter reads and does not declare."""
    receivers = {
        target.id
        for _, tree in reading.cells
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(getattr(node.value, "func", None), "id", "") == "Chapter"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for line, call in reading.calls_of("table"):
        name = first_text(call, "name")
        if name is not None and getattr(call.func.value, "id", "") in receivers and name not in reading.tables:  # type: ignore[attr-defined]
            yield (
                f"{reading.chapter.place}, line {line}: found the table '{name}', "
                f"expected one of Chapter(tables=[...]){nearest(name, reading.tables)}"
            )


def _untold_figures(reading: Reading) -> Iterator[str]:
    """Yield figures that lack what readers must be told."""
    for line, call in reading.calls_of("figure"):
        given = {word.arg: word.value for word in call.keywords}
        name = given.get("id")
        place = f"{reading.chapter.place}, line {line}: figure"
        place += f" '{name.value!s}'" if isinstance(name, ast.Constant) else ""
        texts = {key: node.value for key, node in given.items() if isinstance(node, ast.Constant)}
        for key, expected in _TOLD.items():
            if key not in given and None not in given:
                yield f"{place}: found no {key}, expected {key}=... with {expected}"
            elif key in texts and not str(texts[key]).strip():
                yield f"{place}: found an empty {key}, expected {expected}"
        alt = str(texts.get("alt", "")).strip()
        if alt and alt in (str(texts.get("title", "")).strip(), str(texts.get("subtitle", "")).strip()):
            yield f"{place}: found an alt that repeats the title, expected {_TOLD['alt']}"
