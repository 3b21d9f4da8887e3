"""Verbs for authors: check, new, remove."""

from __future__ import annotations

from pathlib import Path

import click

from press.cli.common import open_root, say
from press.errors import ChapterError


@click.command()
@click.argument("what", default="all", metavar="[all|data|pairs|chapters|spelling|NAME]")
def check(what: str) -> None:
    """Say what is wrong before anything is run: with all, with one kind of thing, or with the chapter NAME."""
    root = open_root()
    if what == "all":
        from press.contents import CONFIG, TOC, require_pages

        if (root / TOC).exists() or (root / CONFIG).exists():  # chapters alone are no site yet
            require_pages(root)
    kinds = {"data": _check_data, "pairs": _check_pairs, "chapters": _check_chapters, "spelling": _check_spelling}
    if what == "all":
        for kind in ("data", "chapters", "spelling"):  # a chapter that passes is a pair in step
            kinds[kind](root)
    elif what in kinds:
        kinds[what](root)
    else:
        _check_chapter(root, what)


def _fail(problems: list[str]) -> None:
    if problems:
        raise ChapterError("\n".join(problems))


def _check_data(root: Path) -> None:
    from press.keys import site_parts
    from press.package import Package
    from press.site import require_valid
    from press.store import open_store

    require_valid(root, open_store(root, say), site_parts(root, {}))
    package = Package(root)
    rows = {name: len(package.rows(name)) for name in package.resources}
    click.echo(f"data: {len(rows)} tables, {sum(rows.values())} rows, {rows.get('sources', 0)} sources: valid")


def _check_pairs(root: Path) -> None:
    from press.notebooks import chapters, pair_problem

    _fail([problem for chapter in chapters(root) if (problem := pair_problem(chapter))])
    click.echo(f"pairs: {len(chapters(root))} in step")


def _check_chapters(root: Path) -> None:
    from press.checks import Book

    book = Book(root)
    _fail(list(book.problems()))
    click.echo(
        f"chapters: {len(book.readings)} pairs: in step; tables, facts, figures, claims and numbers are in order"
    )


def _check_spelling(root: Path) -> None:
    from press.checks import Book
    from press.spelling import misspelt, texts

    shown = list(texts(root, Book(root)))
    _fail(list(misspelt(root, shown)))
    click.echo(f"spelling: {len(shown)} lines, no mistake found")


def _check_chapter(root: Path, name: str) -> None:
    from press.checks import Book
    from press.notebooks import find_chapter
    from press.spelling import misspelt, texts

    chapter, book = find_chapter(root, name), Book(root)
    shown = [(place, text) for place, text in texts(root, book) if place.startswith(chapter.place)]
    _fail([*book.problems([chapter]), *misspelt(root, shown)])
    click.echo(f"{chapter.place}: nothing wrong")


@click.command()
@click.argument("name")
@click.option("--title", default="", help="The finding, as the chapter's heading states it.")
def new(name: str, title: str) -> None:
    """Make the chapter NAME: a pair that runs, with its entry, a claim and a first figure."""
    from press.authoring import new_chapter
    from press.cli.chapters import accept_results

    chapter = new_chapter(open_root(), name, title, lambda made: accept_results([made.stem]))
    click.echo(f"{chapter.place} runs. Write in it, then 'press check {name}' and 'press accept {name}'.")


@click.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take the chapter NAME away: its pair, its entry, its claims and its accepted results."""
    from press.authoring import remove_chapter

    click.echo(f"{remove_chapter(open_root(), name).place} is gone, and what belonged to it")


VERBS = (check, new, remove)
