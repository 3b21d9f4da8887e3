"""After any sequence of edits the site is, byte for byte, what a clean build in another folder on another day gives."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import TABLE, write_tiny_book
from press.manifest import verify
from press.site import SITE

SEED, SEQUENCES, EDITS = 45, 3, 7
CONFIG, TOC, CHAPTER, CSV = "_config.yml", "_toc.yml", "notebooks/01_hens.md", "data/hens.csv"
YARD = """---
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# The yard

The hens laid {fact}`hens.laid; .0f; eggs`, and {term}`grain` is {fact}`grain; .0f; kg`. {data-file}`hens.csv`

```{code-cell} python
:tags: [parameters]

as_of: str = "2026-01-31"
```

```{code-cell} python
from press import Chapter

yard = Chapter("yard", as_of=as_of, tables=["hens"])
grain = yard.fact("grain", 4, unit="kg", rows=yard.table("hens").iloc[:1])
```
"""
GLOSSARY = "# Glossary\n\n```{glossary}\ngrain\n  What hens eat.\n\nroost\n  Where hens sleep.\n```\n"


def build(root: Path, **environment: str) -> str:
    """Run ``press build`` and return what it said."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("PRESS_STORE", "SITE_URL")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("press")), "build"],
        cwd=root,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def files(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def sources(root: Path, target: Path) -> Path:
    """Copy what a book is made from, and nothing that was built."""
    return shutil.copytree(root, target, ignore=shutil.ignore_patterns("_build"))


def differing(one: Path, other: Path) -> list[str]:
    ours, theirs = files(one), files(other)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


class Walk:
    """Edits of a book, at random; each leaves a book that builds."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self.root, self.dice, self.log, self.count = root, dice, list[str](), 0
        self.pages = ["book/glossary"]

    def replace(self, path: str, pattern: str, text: str) -> None:
        before = (self.root / path).read_text("utf-8")
        after, count = re.subn(pattern, text, before, count=1, flags=re.M)
        assert count == 1, (path, pattern)
        (self.root / path).write_text(after, "utf-8")

    def contents(self) -> None:
        """Write the table of contents: chapters, then pages in an order of chance."""
        chapters = [f"notebooks/{path.stem}" for path in sorted((self.root / "notebooks").glob("*.md"))]
        rest = ["book/data", "book/sources", *self.pages]
        self.dice.shuffle(rest)
        lines = "".join(f"  - file: {name}\n" for name in [*chapters, *rest])
        (self.root / TOC).write_text(f"format: jb-book\nroot: book/index\nchapters:\n{lines}", "utf-8")

    def word(self) -> str:
        self.count += 1
        return f"word{'abcdefghijklmnopqrstuvwxyz'[self.count % 26]}{self.dice.choice(['oo', 'ee', 'ii'])}"

    def prose(self) -> None:
        self.replace(CHAPTER, r"^(\w+ )?They laid", f"{self.word()} They laid")

    def table(self) -> None:
        """Changes a fact that the page of another chapter shows."""
        self.replace(CSV, r"^H002,2025,\d+", f"H002,2025,{self.dice.randint(15, 40)}")

    def code(self) -> None:
        self.replace(CHAPTER, r'title="[^"]*"', f'title="More eggs: {self.word()}"')

    def source(self) -> None:
        self.replace("data/sources.csv", r"^farm,The farm,[^,]*", f"farm,The farm,Hens counted {self.word()}")

    def term(self) -> None:
        """Changes the glossary, whose entries Sphinx forgets when it renders incrementally."""
        if "book/glossary" in self.pages:
            self.replace("book/glossary.md", r"Where hens [^.]*", f"Where hens {self.word()}")

    def chapter_comes_or_goes(self) -> None:
        yards = list((self.root / "notebooks").glob("*yard.md"))
        for path in yards:
            path.unlink()
        if not yards:
            (self.root / "notebooks/02_yard.md").write_text(YARD, "utf-8")
        self.contents()

    def chapter_is_renamed(self) -> None:
        for path in (self.root / "notebooks").glob("*yard.md"):
            path.rename(path.with_name("03_yard.md" if path.name.startswith("02") else "02_yard.md"))
        self.contents()

    def page_comes_goes_or_is_renamed(self) -> None:
        name = self.dice.choice(["book/one", "book/two"])
        if name in self.pages:
            self.pages.remove(name)
            (self.root / f"{name}.md").unlink()
        else:
            self.pages.append(name)
            (self.root / f"{name}.md").write_text(f"# {self.word()}\n\nOn {{fact}}`hens.laid; .0f`.\n", "utf-8")
        self.contents()

    def order(self) -> None:
        self.contents()

    def title(self) -> None:
        self.replace(CONFIG, r"^title: .*", f"title: Hens {self.word()}")

    def step(self, edits: list[Callable[[], None]]) -> None:
        edit = self.dice.choice(edits)
        edit()
        self.log.append(edit.__name__)


@pytest.fixture
def grown_book(tmp_path: Path) -> Path:
    """The tiny book with a second chapter, which shows a fact of the first, and a glossary."""
    root = tmp_path / "book"
    root.mkdir()
    write_tiny_book(root)
    (root / "notebooks/02_yard.md").write_text(YARD, "utf-8")
    (root / "book/glossary.md").write_text(GLOSSARY, "utf-8")
    Walk(root, random.Random(0)).contents()
    return root


def test_sequences_of_edits_end_where_a_clean_build_does(
    grown_book: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(SEED)
    walk = Walk(grown_book, dice)
    build(grown_book)
    edits = [
        *(walk.prose, walk.table, walk.code, walk.source, walk.term, walk.order, walk.title),
        *(walk.chapter_comes_or_goes, walk.chapter_is_renamed, walk.page_comes_goes_or_is_renamed),
    ]
    log = []
    for sequence in range(SEQUENCES):
        walk.log.clear()
        for _ in range(EDITS):
            walk.step(edits)
        dice.choice([walk.prose, walk.title])()
        build(grown_book)
        fresh = sources(grown_book, tmp_path / f"fresh{sequence}")
        build(fresh)
        log.append(f"{', '.join(walk.log)}: {len(files(fresh / SITE))} files")
        assert differing(grown_book / SITE, fresh / SITE) == [], log[-1]
    assert "nothing changed since the last build" in build(grown_book)
    request.node.add_report_section("call", TABLE, "\n".join(log))


def test_two_folders_two_days_two_machines(grown_book: Path, tmp_path: Path) -> None:
    """The same sources, with another day, time zone, language, hash seed, folder and settings of a person."""
    other = sources(grown_book, tmp_path / "another folder, with a longer name")
    build(grown_book, SOURCE_DATE_EPOCH="0", TZ="UTC", PYTHONHASHSEED="1", LC_ALL="C")
    build(
        other,
        **{"SOURCE_DATE_EPOCH": "1900000000", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8"},
        **{"COLUMNS": "40", "LANGUAGE": "de", "EGGS": "18", "PYTHONWARNINGS": "always"},
    )
    assert differing(grown_book / SITE, other / SITE) == []
    assert verify(grown_book / SITE) == []
    for name, content in files(other / SITE).items():
        assert str(tmp_path).encode() not in content, name
