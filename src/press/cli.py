"""The command line: ``press <verb>``. Exit codes: 0 done, 2 wrong usage, 3 data, 4 chapter, 5 site.

What a verb needs is imported in the verb: one that has nothing to do should not wait for pandas and Sphinx.
"""

from __future__ import annotations

import ast
import functools
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from press.errors import ChapterError, DataError, PressError, SiteError
from press.places import find_root
from press.site import SITE, build

if TYPE_CHECKING:
    from press.notebooks import ChapterFile


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
    from press.execute import Job, run_all
    from press.notebooks import find_chapter

    root = find_root()
    chapter = find_chapter(root, name)
    target = (output or root / "_build" / "runs" / f"{chapter.stem}.ipynb").resolve()
    run_all([Job(chapter, target, parameters)], 1)
    click.echo(f"{chapter.place} ran; its results are in {target}")


@main.command()
@_parameters
def explain(parameters: dict[str, Any]) -> None:
    """Say for each chapter, and for the site, whether its result is kept or has to be made, and why."""
    from press.editions import load_editions
    from press.keys import differences, site_parts
    from press.notebooks import chapters
    from press.package import Package
    from press.results import read_last, state
    from press.site import read_inputs, unchanged
    from press.store import open_store

    root = find_root()
    store, last = open_store(root, _say), read_last(root)
    editions = [] if parameters else load_editions(Package(root))[:-1]
    for given in [parameters, *({"as_of": edition.as_of} for edition in editions)]:
        for chapter in chapters(root):
            found = state(store, chapter, given, last)
            click.echo(f"{found.name}: {'run, because ' + ', '.join(found.why) if found.why else 'kept'}")
    if unchanged(root, parameters):
        click.echo("site: kept")
    else:
        before = read_inputs(root)
        why = differences(before, site_parts(root, parameters)) if before else ["there is none"]
        click.echo(f"site: rendered, because {', '.join(why or ['its files are not as they were built'])}")


@main.command("verify")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def verify_command(folder: Path | None) -> None:
    """Check the built site (or the site in FOLDER) file by file against its manifests."""
    from press.manifest import read_manifest, verify

    site = folder or find_root() / SITE
    faults = verify(site)
    if faults:
        raise SiteError(f"{len(faults)} files differ:\n" + "\n".join(faults))
    manifest = read_manifest(site)
    editions = ", ".join([manifest["edition"], *manifest["editions"]])
    click.echo(f"{len(manifest['files'])} files are as they were built; editions: {editions}")


@main.command()
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
    from press.notebooks import chapter_call, pair_problem
    from press.package import Package
    from press.prose import EXCEPTIONS, bare_numbers, load_exceptions

    try:
        for table in chapter_call(chapter)[1]:
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
    return list(zip(chosen, obtain(jobs, open_store(root, _say), _say), strict=True))


def _tell_changes(chapter: ChapterFile, output: Path) -> int:
    from press.changes import changes
    from press.records import read_records

    before = read_records(chapter.ipynb) if chapter.ipynb.exists() else []
    lines = list(changes(before, read_records(output)))
    for line in lines:
        click.echo(line)
    return len(lines)


@main.command()
@click.argument("names", nargs=-1)
def diff(names: tuple[str, ...]) -> None:
    """Run chapters (default: all) and print what would change: facts, figures and verdicts, from what to what."""
    count = sum(_tell_changes(chapter, output) for chapter, output in _results(names, {}))
    click.echo(f"{count} changes; 'press accept' keeps them" if count else "nothing changed")


@main.command()
@click.argument("names", nargs=-1)
def accept(names: tuple[str, ...]) -> None:
    """Run chapters (default: all), print what changes, and keep the results as the accepted outputs."""
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


@main.command()
@click.option("--port", default=8000, show_default=True)
def serve(port: int) -> None:
    """Show the built site on this machine."""
    import http.server

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
