"""Whatever stands in a file, the press's own parsers end with a value or with an error of the press's."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import CHAPTER, CLAIMS, HENS, REFRESH, SOURCES, write_tiny
from press.checks import CARD, FACT
from press.claims import check_conditions, parse_measures, parse_rule
from press.contents import require_files, require_pages
from press.errors import PressError
from press.myst import kernel, md_cells
from press.notebooks import ChapterFile, chapter_call, code_lines, parsed_cells
from press.package import Package
from press.parameters import declared_parameters
from press.periods import bounds
from press.prose import bare_numbers, words
from press.records import read_records
from press.refresh.sources import load_sources
from press.review import HEADER, SHEET, read_sheet
from press.scenarios import load_scenarios
from press.seal import SEALS, read_seals
from press.supply import licence_faults, locked
from whatif import FILES, RESOURCES

fuzz = settings(
    max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def mutated(*good: str) -> st.SearchStrategy[bytes]:
    """Texts near a good one: a piece cut out, doubled, or replaced by anything; and anything at all."""
    anything = st.sampled_from([*";:,\n\"'`{}[]()#-=/\0\ufeff\u202e", "---", "```", "\xff", "9" * 5000, "(" * 300])

    @st.composite
    def near(draw: st.DrawFn) -> bytes:
        text = draw(st.sampled_from(good))
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, min(start + 40, len(text))))
            middle = draw(st.sampled_from(["", text[start:end] * 2]) | anything | st.text(max_size=5))
            text = text[:start] + middle + text[end:]
        return text.encode("utf-8", "surrogatepass")

    return near() | st.binary(max_size=60)


def ends(parse: Callable[[], Any]) -> None:
    try:
        parse()
    except PressError as error:
        assert str(error).strip()


def in_tiny(name: str, content: bytes, parse: Callable[[Path], Any]) -> None:
    """Put a content into the small book and parse it."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_tiny(Path(folder))
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
        ends(lambda: parse(root))


@fuzz
@given(st.text(max_size=24) | st.from_regex(r"\d{4}(-\d\d){0,2}(/\d{4}(-\d\d){0,2})?", fullmatch=True))
def test_periods(text: str) -> None:
    ends(lambda: bounds(text))


@fuzz
@given(mutated("supported if growth > 0; contradicted otherwise", "open if a ** b < 'x' and f(c); open otherwise"))
def test_rules(content: bytes) -> None:
    def parse() -> None:
        clauses = parse_rule(content.decode("utf-8", "replace"), "claim C1")
        check_conditions(clauses, ["growth"], "claim C1")

    ends(parse)


@fuzz
@given(mutated("growth: eggs; laid: eggs a year"))
def test_measures(content: bytes) -> None:
    ends(lambda: parse_measures(content.decode("utf-8", "replace"), "claim C1"))


@fuzz
@given(mutated(CHAPTER, "A {fact}`laid; .0f; eggs` of 3\n\n```{chapter-card} hens\n:fact: laid\n```\n"))
def test_pages(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    md_cells(text), kernel(text), list(bare_numbers(text, ["Article 5"])), words(text)
    list(FACT.finditer(text)), list(CARD.finditer(text))


@fuzz
@given(mutated(CHAPTER))
def test_chapters(content: bytes) -> None:
    def parse(root: Path) -> None:
        chapter = ChapterFile(root, "01_hens")
        code_lines(chapter), list(parsed_cells(chapter)), declared_parameters(chapter), chapter_call(chapter)

    in_tiny("notebooks/01_hens.md", content, parse)


def read_all(root: Path) -> None:
    package = Package(root)
    for name in package.resources:
        package.rows(name), package.table(name)


@fuzz
@given(JSON.map(lambda found: json.dumps(found).encode()) | mutated('{"resources": [{"name": "a", "path": "a.csv"}]}'))
def test_descriptors(content: bytes) -> None:
    in_tiny("data/datapackage.json", content, read_all)


@fuzz
@given(st.sampled_from(["hens", "sources", "claims"]), mutated(HENS, SOURCES, CLAIMS))
def test_tables(name: str, content: bytes) -> None:
    in_tiny(f"data/{name}.csv", content, read_all)


@fuzz
@given(st.sampled_from(sorted(FILES)), mutated(*FILES.values()))
def test_scenarios(name: str, content: bytes) -> None:
    def parse(root: Path) -> None:
        path = root / "data/datapackage.json"
        package = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**package, "resources": [*package["resources"], *RESOURCES]}), "utf-8")
        for other, text in FILES.items():
            if other != name:
                (root / f"data/{other}.csv").write_text(text, "utf-8")
        load_scenarios(Package(root))

    in_tiny(f"data/{name}.csv", content, parse)


RECORD = {"kind": "fact", "name": "laid"}
OUTPUT = {"data": {"application/vnd.press+json": RECORD, "application/vnd.vegalite.v6+json": {}, "image/svg+xml": ""}}
NOTEBOOK = json.dumps({"nbformat": 4, "cells": [{"outputs": [OUTPUT]}]})


@fuzz
@given(JSON.map(lambda found: json.dumps({"nbformat": 4, "cells": found}).encode()) | mutated(NOTEBOOK))
def test_records(content: bytes) -> None:
    in_tiny("notebooks/01_hens.ipynb", content, lambda root: list(read_records(root / "notebooks/01_hens.ipynb")))


TOC = "format: jb-book\nroot: book/index\nparts:\n  - caption: A\n    chapters: &a\n      - file: notebooks/01_hens\n"
CONFIG = "title: Hens\nexecute:\n  execute_notebooks: 'off'\nsphinx:\n  config:\n    press_reading_minutes: [1, 2]\n"


@fuzz
@given(st.sampled_from(["_toc.yml", "_config.yml"]), mutated(TOC, CONFIG, "a: &a [*a]", "2025-13-45", "? [a]: 1"))
def test_contents(name: str, content: bytes) -> None:
    def parse(root: Path) -> None:
        require_files(root)
        require_pages(root)

    in_tiny(name, content, parse)


@pytest.mark.parametrize(
    ("name", "good", "parse"),
    [
        ("refresh.toml", REFRESH, load_sources),
        ("requirements.lock", "click==8.3.1 \\\n    --hash=sha256:" + "a" * 64 + "\n", locked),
        ("book/dependencies.csv", "package,version,licence,for\nclick,8.3.1,BSD-3-Clause,\n", licence_faults),
        (SHEET, ",".join(HEADER) + "\n" + "a," * (len(HEADER) - 1) + "\n", read_sheet),
        (
            f"{SEALS}/1.json",
            '{"files": {}, "commit": "a", "day": "2026-01-01", "updates": [], "review": {}}',
            read_seals,
        ),
    ],
)
def test_what_a_publisher_keeps(name: str, good: str, parse: Callable[[Path], Any]) -> None:
    @fuzz
    @given(mutated(good))
    def each(content: bytes) -> None:
        in_tiny(name, content, parse)

    each()
