"""The press's own pages: the reference tells what the press has, and the how-to uses verbs and options that it has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from bs4 import BeautifulSoup

from conftest import ROOT, write_tiny_book
from press import Chapter
from press.cli import main
from press.errors import PressError
from press.site import build
from press.sphinx_ext import all_directives

HOW_TO = ROOT / "book/press/index.md"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> BeautifulSoup:
    """The page of this book, printed in the tiny one with this book's settings of autodoc."""
    root = write_tiny_book(tmp_path_factory.mktemp("reference"))
    text = (ROOT / "book/press/reference.md").read_text("utf-8")
    (root / "book/reference.md").write_text(text, "utf-8")
    with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("  - file: book/reference\n")
    ours = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    config["sphinx"]["extra_extensions"] = ours["extra_extensions"]
    config["sphinx"]["config"] |= {k: v for k, v in ours["config"].items() if k.startswith(("autodoc", "napoleon"))}
    (root / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    site = build(root, {}, lambda text: None)
    return BeautifulSoup((site / "book/reference.html").read_text("utf-8"), "html.parser")


def test_what_a_chapter_calls_is_told(reference: BeautifulSoup) -> None:
    for name in (name for name in vars(Chapter) if not name.startswith("_") and callable(getattr(Chapter, name))):
        entry = reference.find(id=f"press.Chapter.{name}")
        assert entry is not None and entry.find_next_sibling("dd").get_text(strip=True), name
    figure = reference.find(id="press.Chapter.figure").find_next_sibling("dd").get_text(" ")
    assert "Parameters" in figure and "Unique in the chapter" in figure


def test_every_verb_directive_and_error_is_told(reference: BeautifulSoup) -> None:
    for name, verb in main.commands.items():
        term = reference.find(id=f"press-{name}")
        assert term is not None, name
        told = term.find_next_sibling("dd").get_text(" ")
        assert all(option.opts[0] in told for option in verb.params if isinstance(option, click.Option)), name
    text = " ".join(reference.select_one("article").get_text().split())
    for name in all_directives():
        assert f"{{{name}}}" in text, name
    for error in PressError.__subclasses__():
        assert f"{error.__name__} · {error.exit_code}" in text
    assert "``" not in text


def commands(page: Path) -> list[list[str]]:
    """Return the commands ``press ...`` of a page's code blocks, in words."""
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", page.read_text("utf-8"), flags=re.S | re.M)
    lines = [part for block in blocks for line in block.splitlines() for part in line.split("&&")]
    found = [shlex.split(line) for line in lines if re.match(r" *(?:\w+=\S+ )?press ", line)]
    return [words[words.index("press") + 1 :] for words in found]


def test_the_how_to_gives_commands_that_the_press_takes() -> None:
    found = commands(HOW_TO)
    assert {"init", "new", "run", "sweep", "refresh", "preview", "build", "verify", "review", "seal"} <= {
        words[0] for words in found
    }
    for words in found:
        verb = main.commands[words[0]]
        verb.make_context(words[0], words[1:])  # raises UsageError for an option or a value that it does not take
