"""Verbs for authors of chapters: check, sync, diff, accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from press.cli.common import say
from press.errors import ChapterError, DataError, PressError
from press.places import find_root

if TYPE_CHECKING:
    from press.comparison import Comparison
    from press.notebooks import ChapterFile
    from press.records import Record


@click.command()
@click.argument("what", type=click.Choice(["all", "data", "chapters"]), default="all")
def check(what: str) -> None:
    """Say what is wrong before anything is run."""
    from press.notebooks import chapters
    from press.package import Package
    from press.validate import validate

    root = find_root()
    if what in ("all", "data"):
        problems = validate(root)
        if problems:
            raise DataError("\n".join(problems))
        package = Package(root)
        rows = {name: len(package.table(name)) for name in package.resources}
        click.echo(f"data: {len(rows)} tables, {sum(rows.values())} rows, {rows.get('sources', 0)} sources: valid")
    if what in ("all", "chapters"):
        problems = [problem for chapter in chapters(root) for problem in _chapter_problems(root, chapter)]
        if problems:
            raise ChapterError("\n".join(problems))
        click.echo(f"chapters: {len(chapters(root))} pairs: in step, no bare numbers")


def _chapter_problems(root: Path, chapter: ChapterFile) -> Iterator[str]:
    """Yield what is wrong with a chapter before it is run, a line each."""
    from press.execute import check_parameters
    from press.notebooks import chapter_call, pair_problem, parameter_types
    from press.package import Package
    from press.prose import EXCEPTIONS, bare_numbers, load_exceptions
    from press.scenarios import SCENARIO, load_scenarios

    try:
        for table in chapter_call(chapter)[1]:
            Package(root).resource(table)
        known = load_scenarios(Package(root)).parameters if SCENARIO in parameter_types(chapter) else {}
        check_parameters(chapter, {name: parameter.central for name, parameter in known.items()})
        problem = pair_problem(chapter)
        if problem:
            yield problem
    except PressError as error:
        yield str(error)
    for line, digits in bare_numbers(chapter.md.read_text("utf-8"), load_exceptions(root)):
        expected = f"expected a {{fact}}, or its phrase in {EXCEPTIONS}"
        yield f"{chapter.place}, line {line}: found the bare number {digits}, {expected}"


@click.command("sync")
def sync_command() -> None:
    """Bring prose edits of the Markdown into the notebooks; accepted outputs stay."""
    from press.notebooks import chapters, sync

    for chapter in chapters(find_root()):
        if sync(chapter):
            click.echo(f"notebooks/{chapter.stem}.ipynb: in step again")


def _results(names: Iterable[str], parameters: Mapping[str, Any]) -> list[tuple[ChapterFile, Path]]:
    """Bring the results of chapters (default: all) into the build folder: kept ones, or by running them."""
    from press.execute import Job
    from press.notebooks import chapters, find_chapter
    from press.results import obtain
    from press.store import open_store

    root = find_root()
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

    root = find_root()
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
    from press.comparison import RESULTS, write_comparison
    from press.editions import load_editions, results, results_path, write_results
    from press.notebooks import read_ipynb, write
    from press.package import Package
    from press.records import read_records

    root = find_root()
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


VERBS = (check, sync_command, diff, accept)
