"""What a person is told: how far it is, and where it failed, in the author's own lines and in a report."""

from __future__ import annotations

import functools
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from press import blame, execute, report
from press.errors import ChapterError, DataError, SiteError
from press.execute import run_all
from press.jobs import Job
from press.notebooks import find_chapter
from press.progress import Progress, Reporter
from press.site import build

CHAPTER = "notebooks/01_hens.md"
FAR = "def far(x):\n    # the way\n    return 1 / x\n"


def edit(root: Path, old: str, new: str) -> int:
    """Change the chapter and return the line on which the new text starts."""
    text = (root / CHAPTER).read_text("utf-8")
    assert old in text
    (root / CHAPTER).write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def failing(root: Path, **parameters: str) -> list[str]:
    """Run the chapter and return the lines of its error."""
    with pytest.raises(ChapterError) as caught:
        run_all([Job(find_chapter(root, "hens"), root / "_build/out.ipynb", parameters)])
    return str(caught.value).splitlines()


def test_the_authors_own_lines(
    tiny: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a function of another cell and of a module, with a parameter's cell put in, and pandas in between."""
    modules = tmp_path_factory.mktemp("modules")
    (modules / "roads.py").write_text(FAR, "utf-8")
    monkeypatch.syspath_prepend(str(modules))
    monkeypatch.setenv("PYTHONPATH", str(modules))
    first = edit(
        tiny, "hens = Chapter(", "import roads\n\n\ndef walk(x):\n    return roads.far(x)\n\n\nhens = Chapter("
    )
    last = edit(tiny, 'laid = hens.fact("laid"', 'eggs.value.map(lambda x: walk(0))\nlaid = hens.fact("laid"')
    place = f"{CHAPTER}, line {last}"
    told = failing(tiny, as_of="2026-01-31")
    assert told[0] == f"{place} (code cell 3): ZeroDivisionError: division by zero"
    assert (
        told[1:]
        == [
            f"    {place}: eggs.value.map(lambda x: walk(0))",
            f"    {place}: eggs.value.map(lambda x: walk(0))",  # the lambda in it
            f"    {CHAPTER}, line {first + 4}: return roads.far(x)",
            f"    {'/'.join((modules / 'roads.py').parts[-3:])}, line 3: return 1 / x",
        ]
    )


def test_a_syntax_error(tiny: Path) -> None:
    line = edit(tiny, 'laid = hens.fact("laid"', 'x = = 1\nlaid = hens.fact("laid"')
    assert failing(tiny)[0] == f"{CHAPTER}, line {line} (code cell 3): SyntaxError: invalid syntax"


def test_the_count_of_a_cell_is_that_of_the_md(tiny: Path) -> None:
    chapter = find_chapter(tiny, "hens")
    assert blame.executed(chapter, False) == [1, 2, 3]
    assert blame.executed(chapter, True) == [1, None, 2, 3]
    assert blame.place(chapter, True, 3) == f"{CHAPTER}, line 23 (code cell 2)"
    assert blame.place(chapter, True, 2) == blame.place(chapter, True, 9) == CHAPTER


def test_a_worker_that_is_killed_is_a_message(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "run", lambda job: os._exit(9))
    assert failing(tiny) == [f"{CHAPTER}: the process that runs chapters was killed"]


class Manager:
    """Stands for papermill's manager of a notebook: three code cells and one of prose."""

    class nb:
        cells: ClassVar = [type("Cell", (), {"cell_type": kind}) for kind in ("code", "markdown", "code", "code")]

    def __init__(self) -> None:
        self.started: list[int] = []

    def cell_start(self, cell: object, cell_index: int | None = None) -> None:
        self.started.append(cell_index or 0)


def test_progress_in_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("press.progress._EVERY", -1)
    said: list[str] = []
    progress = Progress(tmp_path / "notes", ["hens", "yard"], said.append)
    progress.look()
    manager, reporter = Manager(), Reporter(tmp_path / "notes", 1)
    reporter.watch(manager)
    for index, cell in enumerate(Manager.nb.cells[:3]):
        manager.cell_start(cell, index)
        progress.look()
    assert manager.started == [0, 1, 2] and reporter.cell == 2
    progress.end(1, "ran")
    progress.close()
    assert said == [
        "yard cell 1 of 3; 2 of 2 chapters left",
        "yard cell 1 of 3; 2 of 2 chapters left",
        "yard cell 2 of 3; 2 of 2 chapters left",
        "yard ran, 1 of 2",
    ]


@pytest.mark.parametrize(("ci", "live"), [("", True), ("true", False)])
def test_progress_on_a_terminal(tmp_path: Path, ci: str, live: bool) -> None:
    """A bar that is drawn anew on a terminal; lines in CI, which may have one."""
    script = (
        "import sys; from pathlib import Path; from press.progress import Progress\n"
        f"notes = Path({str(tmp_path / 'notes')!r})\n"
        "p = Progress(notes, ['hens'], lambda text: print('line', text, file=sys.stderr))\n"
        "notes.write_text('0 2 3\\n'); p.look(); p.end(0, 'ran'); p.close()"
    )
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 100))
    environment = {**os.environ, "CI": ci, "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", script], stderr=theirs, env=environment, check=True, timeout=120)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert (b"hens cell 2 of 3" in shown and b"\r" in shown) == live
    assert (b"line hens ran, 1 of 1" in shown) != live


HOSTILE = '<script>alert(1)</script> & "more"'


@pytest.fixture
def failed(tiny: Path) -> Path:
    """The report of a build with faults of three kinds."""
    line = edit(tiny, 'laid = hens.fact("laid"', f'# {HOSTILE}\n1 / 0\nlaid = hens.fact("laid"') + 1
    (tiny / "_build").mkdir()
    report.write(
        tiny,
        ChapterError(
            f"{CHAPTER}, line {line} (code cell 3): ZeroDivisionError: {HOSTILE}\n    src/a.py, line 3: {HOSTILE}\n"
            f"data/hens.csv, row 3, field value: found 'many', expected a number\n{'long' * 60}"
        ),
    )
    return tiny / report.PLACE


def test_the_report_says_what_where_and_what_to_do(failed: Path) -> None:
    page = BeautifulSoup(failed.read_text("utf-8"), "html.parser")
    assert not page.find_all(["script", "link", "img"]) and HOSTILE in page.get_text()
    chapter, data, other = page.select("section")
    marked = chapter.select_one("code.here")
    assert marked is not None and "1 / 0" in marked.get_text() and marked["aria-current"] == "true"
    assert (
        chapter.h2.get_text().startswith(f"{CHAPTER}, line ")
        and chapter.li.get_text() == f"src/a.py, line 3: {HOSTILE}"
    )
    assert "H002,2025,18" in data.select_one("code.here").get_text()
    assert not other.select("pre, h2") and "press run" in page.p.get_text()


@pytest.mark.parametrize(
    ("error", "file", "line"),
    [
        (SiteError("Jupyter Book did not render the book:\ndata/hens.csv:2: WARNING: x"), "data/hens.csv", 2),
        (DataError("data/datapackage.json, line 1: not JSON"), "data/datapackage.json", 1),
        (DataError("data/gone.csv, row 7: x"), "data/gone.csv", 7),
        (SiteError("The built site has faults"), "", 0),
    ],
)
def test_the_places_in_messages(tiny: Path, error: Exception, file: str, line: int) -> None:
    fault = report.faults(tiny, error)[-1]
    assert (fault.file, fault.line) == (file, line)
    assert bool(fault.code) == (bool(file) and "gone" not in file)


@pytest.fixture
def opened(failed: Path, browser: Browser) -> Iterator[functools.partial]:
    pages = []

    def show(width: int, scheme: str):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.goto(failed.as_uri())
        pages.append(page)
        return page

    yield show
    for page in pages:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_can_be_read(opened, width: int, scheme: str) -> None:
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_failed_build_leaves_a_report_and_the_next_good_one_none(tiny_book: Path) -> None:
    good = (tiny_book / CHAPTER).read_text("utf-8")
    edit(tiny_book, 'laid = hens.fact("laid"', '1 / 0\nlaid = hens.fact("laid"')
    with pytest.raises(ChapterError):
        build(tiny_book, {}, lambda text: None)
    assert "ZeroDivisionError" in (tiny_book / report.PLACE).read_text("utf-8")
    (tiny_book / CHAPTER).write_text(good, "utf-8")
    build(tiny_book, {}, lambda text: None)
    assert not (tiny_book / report.PLACE).exists()
