"""Verbs for the whole book: build, explain, verify, serve."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path
from typing import Any

import click

from press.cli.common import open_root, say, takes_parameters
from press.errors import PressError, SiteError
from press.places import find_root
from press.site import SITE, build
from press.warm import COLD_VARIABLE


@click.command("build")
@takes_parameters
@click.option("--jobs", default=2, show_default=True, help="How many chapters run at a time.")
@click.option("--cold", is_flag=True, help="Start every kernel anew instead of forking it from a warm process.")
def build_command(parameters: dict[str, Any], jobs: int, cold: bool) -> None:
    """Run all chapters and build the site."""
    if cold:
        os.environ[COLD_VARIABLE] = "1"
    begun = time.monotonic()
    site = build(find_root(), parameters, say, jobs)
    pages = len(list(site.rglob("*.html")))
    seconds = time.monotonic() - begun
    click.echo(f"The site is in {SITE}/ ({pages} pages, {seconds:.0f} s). Open {SITE}/index.html or run 'press serve'.")


@click.command()
@takes_parameters
def explain(parameters: dict[str, Any]) -> None:
    """Say for each chapter, and for the site, whether its result is kept or has to be made, and why."""
    from press.comparison import scenario_jobs
    from press.editions import load_editions
    from press.jobs import Job
    from press.keys import differences, site_parts
    from press.notebooks import chapters
    from press.package import Package
    from press.results import look, read_last
    from press.site import read_inputs, unchanged
    from press.store import open_store

    root = open_root()
    store, last, package = open_store(root, say), read_last(root), Package(root)
    editions = [] if parameters else load_editions(package)[:-1]
    runs = [
        Job(chapter, chapter.ipynb, given)
        for given in [parameters, *({"as_of": edition.as_of} for edition in editions)]
        for chapter in chapters(root)
    ]
    for found in look([*runs, *scenario_jobs(root, parameters, root)], store, last, package):
        click.echo(f"{found.name}: {'run, because ' + ', '.join(found.why) if found.why else 'kept'}")
    if unchanged(root, parameters):
        click.echo("site: kept")
    else:
        before = read_inputs(root)
        why = differences(before, site_parts(root, parameters)) if before else ["there is none"]
        click.echo(f"site: rendered, because {', '.join(why or ['its files are not as they were built'])}")


@click.command("verify")
@click.argument("place", required=False)
def verify_command(place: str | None) -> None:
    """Check the built site, or the site at PLACE (a folder or an address), file by file against its manifests."""
    from press.manifest import read_manifest, verify, verify_address

    if place and place.startswith(("http://", "https://")):
        faults, told = verify_address(place), "every file is as it was built"
    else:
        site = Path(place) if place else find_root() / SITE
        faults, manifest = verify(site), read_manifest(site)
        editions = ", ".join([manifest["edition"], *manifest["editions"]])
        told = f"{len(manifest['files'])} files are as they were built; editions: {editions}"
    if faults:
        raise SiteError(f"{len(faults)} files differ:\n" + "\n".join(faults))
    click.echo(told)


@click.command()
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


VERBS = (build_command, explain, verify_command, serve)
