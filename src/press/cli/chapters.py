"""Verbs for the results of chapters: sync, diff, accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from press.cli.common import open_root, say

if TYPE_CHECKING:
    from press.comparison import Comparison
    from press.notebooks import ChapterFile
    from press.records import Record


@click.command("sync")
def sync_command() -> None:
    """Bring prose edits of the Markdown into the notebooks; accepted outputs stay."""
    from press.notebooks import chapters, sync

    for chapter in chapters(open_root()):
        if sync(chapter):
            click.echo(f"notebooks/{chapter.stem}.ipynb: in step again")


def _results(names: Iterable[str], parameters: Mapping[str, Any]) -> list[tuple[ChapterFile, Path]]:
    """Bring the results of chapters (default: all) into the build folder: kept ones, or by running them."""
    from press.jobs import Job
    from press.notebooks import chapters, find_chapter
    from press.results import obtain
    from press.store import open_store

    root = open_root()
    chosen = [find_chapter(root, name) for name in names] or chapters(root)
    jobs = [Job(chapter, root / "_build" / "runs" / f"{chapter.stem}.ipynb", parameters) for chapter in chosen]
    return list(zip(chosen, obtain(jobs, open_store(root, say), say), strict=True))


def _tell_changes(chapter: ChapterFile, output: Path) -> int:
    from press.records import read_records

    return _tell(read_records(chapter.ipynb) if chapter.ipynb.exists() else [], read_records(output))


def _tell(before: Iterable[Record], after: Iterable[Record]) -> int:
    from press.changes import changes

    lines = list(changes(before, after))
    for line in lines:
        click.echo(line)
    return len(lines)


def _scenarios(names: Iterable[str]) -> tuple[Comparison, int]:
    """Bring the facts of each scenario of these chapters (default: all); print and count what changes."""
    from press.comparison import as_records, compare, read_comparison, scenario_jobs
    from press.notebooks import chapters, find_chapter
    from press.results import obtain
    from press.store import open_store

    root = open_root()
    stems = {find_chapter(root, name).stem for name in names} or {chapter.stem for chapter in chapters(root)}
    jobs = scenario_jobs(root, {}, root / "_build" / "runs" / "scenarios", stems)
    obtain(jobs, open_store(root, say), say)
    fresh = compare(jobs)
    before = {chapter: found for chapter, found in read_comparison(root).items() if chapter in fresh}
    return fresh, _tell(as_records(before), as_records(fresh))


@click.command()
@click.argument("names", nargs=-1)
def diff(names: tuple[str, ...]) -> None:
    """Run chapters (default: all) and print what would change: facts, figures and verdicts, from what to what."""
    count = sum(_tell_changes(chapter, output) for chapter, output in _results(names, {})) + _scenarios(names)[1]
    click.echo(f"{count} changes; 'press accept' keeps them" if count else "nothing changed")


@click.command()
@click.argument("names", nargs=-1)
def accept(names: tuple[str, ...]) -> None:
    """Run chapters (default: all), print what changes, and keep the results as the accepted outputs."""
    accept_results(names)


def accept_results(names: Iterable[str]) -> None:
    """Run chapters (default: all) for every edition and keep what they give. Raises PressError if one fails."""
    from press.comparison import RESULTS, write_comparison
    from press.editions import load_editions, results, results_path, write_results
    from press.notebooks import read_ipynb, write
    from press.package import Package
    from press.records import read_records

    names, root = list(names), open_root()
    for chapter, output in _results(names, {}):
        _tell_changes(chapter, output)
        changed = write(read_ipynb(output, chapter.place), chapter.ipynb)
        click.echo(f"notebooks/{chapter.stem}.ipynb: {'changed' if changed else 'as before'}")
    for edition in load_editions(Package(root))[:-1]:
        path = results_path(root, edition.id)
        kept: dict[str, Any] = {}
        for _, output in _results(names, {"as_of": edition.as_of}):
            kept |= results(read_records(output))
        click.echo(f"editions/{path.name}: {'changed' if write_results(path, kept) else 'as before'}")
    fresh, _ = _scenarios(names)
    if fresh:
        click.echo(f"{RESULTS}: {'changed' if write_comparison(root, fresh) else 'as before'}")


VERBS = (sync_command, diff, accept)
