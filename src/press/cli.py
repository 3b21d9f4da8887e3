"""The command line: ``press <verb>``. Exit codes: 0 done, 2 wrong usage, 3 data, 4 chapter, 5 site."""

from __future__ import annotations

import ast
import functools
import http.server
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from press.changes import changes
from press.editions import load_editions, results, results_path, write_results
from press.errors import ChapterError, DataError, PressError
from press.execute import Job, check_parameters, run_all
from press.notebooks import ChapterFile, chapters, declared_tables, find_chapter, pair_problem, sync
from press.notebooks import read_ipynb as _read_ipynb
from press.notebooks import write as write_notebook
from press.package import Package, find_root
from press.prose import EXCEPTIONS, bare_numbers, load_exceptions
from press.records import read_records
from press.site import SITE, build
from press.validate import validate


class _Main(click.Group):
    """Turns errors meant for people into one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PressError as error:
            click.echo(f"press: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Main)
@click.version_option(package_name="price-of-a-thaw")
def main() -> None:
    """Print a publication whose claims are tested against data."""


def _say(text: str) -> None:
    click.echo(f"press: {text}", err=True)


def _settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Read ``name=value`` pairs; a value that is no Python literal is a text."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise click.UsageError(f"found '{pair}', expected name=value")
        try:
            settings[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            settings[name] = text
    return settings


def _parameters(command: Callable[..., None]) -> Callable[..., None]:
    @click.option("--as-of", help="Build what was known by this day (ISO date).")
    @click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="Set a declared parameter.")
    @functools.wraps(command)
    def with_parameters(as_of: str | None, pairs: tuple[str, ...], **rest: Any) -> None:
        command(parameters={**_settings(pairs), **({"as_of": as_of} if as_of else {})}, **rest)

    return with_parameters


@main.command("build")
@_parameters
@click.option("--jobs", default=2, show_default=True, help="How many chapters run at a time.")
def build_command(parameters: dict[str, Any], jobs: int) -> None:
    """Run all chapters and build the site."""
    begun = time.monotonic()
    site = build(find_root(), parameters, _say, jobs)
    pages = len(list(site.rglob("*.html")))
    seconds = time.monotonic() - begun
    click.echo(f"The site is in {SITE}/ ({pages} pages, {seconds:.0f} s). Open {SITE}/index.html or run 'press serve'.")


@main.command()
@click.argument("name")
@_parameters
@click.option("--output", type=click.Path(path_type=Path), help="Where the executed notebook goes.")
def run(name: str, parameters: dict[str, Any], output: Path | None) -> None:
    """Run one chapter with its own parameters."""
    root = find_root()
    chapter = find_chapter(root, name)
    target = (output or root / "_build" / "runs" / f"{chapter.stem}.ipynb").resolve()
    run_all([Job(chapter, target, parameters)], 1)
    click.echo(f"{chapter.place} ran; its results are in {target}")


@main.command()
@click.argument("what", type=click.Choice(["all", "data", "chapters"]), default="all")
def check(what: str) -> None:
    """Say what is wrong before anything is run."""
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
    try:
        for table in declared_tables(chapter):
            Package(root).resource(table)
        check_parameters(chapter, {})
        problem = pair_problem(chapter)
        if problem:
            yield problem
    except PressError as error:
        yield str(error)
    for line, digits in bare_numbers(chapter.md.read_text("utf-8"), load_exceptions(root)):
        expected = f"expected a {{fact}}, or its phrase in {EXCEPTIONS}"
        yield f"{chapter.place}, line {line}: found the bare number {digits}, {expected}"


@main.command("sync")
def sync_command() -> None:
    """Bring prose edits of the Markdown into the notebooks; accepted outputs stay."""
    for chapter in chapters(find_root()):
        if sync(chapter):
            click.echo(f"notebooks/{chapter.stem}.ipynb: in step again")


def _rerun(names: tuple[str, ...], parameters: dict[str, Any]) -> list[tuple[ChapterFile, Path]]:
    """Run chapters (default: all) into the build folder."""
    root = find_root()
    chosen = [find_chapter(root, name) for name in names] or chapters(root)
    outputs = run_all([Job(c, root / "_build" / "runs" / f"{c.stem}.ipynb", parameters) for c in chosen])
    return list(zip(chosen, outputs, strict=True))


def _tell_changes(chapter: ChapterFile, output: Path) -> int:
    before = read_records(chapter.ipynb) if chapter.ipynb.exists() else []
    lines = list(changes(before, read_records(output)))
    for line in lines:
        click.echo(line)
    return len(lines)


@main.command()
@click.argument("names", nargs=-1)
def diff(names: tuple[str, ...]) -> None:
    """Run chapters (default: all) and print what would change: facts, figures and verdicts, from what to what."""
    count = sum(_tell_changes(chapter, output) for chapter, output in _rerun(names, {}))
    click.echo(f"{count} changes; 'press accept' keeps them" if count else "nothing changed")


@main.command()
@click.argument("names", nargs=-1)
def accept(names: tuple[str, ...]) -> None:
    """Run chapters (default: all), print what changes, and keep the results as the accepted outputs."""
    root = find_root()
    for chapter, output in _rerun(names, {}):
        _tell_changes(chapter, output)
        changed = write_notebook(_read_ipynb(output, chapter.place), chapter.ipynb)
        click.echo(f"notebooks/{chapter.stem}.ipynb: {'changed' if changed else 'as before'}")
    for edition in load_editions(Package(root))[:-1]:
        path = results_path(root, edition.id)
        kept: dict[str, Any] = {}
        for _, output in _rerun(names, {"as_of": edition.as_of}):
            kept |= results(read_records(output))
        click.echo(f"editions/{path.name}: {'changed' if write_results(path, kept) else 'as before'}")


@main.command()
@click.option("--port", default=8000, show_default=True)
def serve(port: int) -> None:
    """Show the built site on this machine."""
    site = find_root() / SITE
    if not site.is_dir():
        raise PressError(f"there is no {SITE}/; run 'press build' first")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    click.echo(f"http://127.0.0.1:{port}/ (Ctrl-C ends)")
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo()
