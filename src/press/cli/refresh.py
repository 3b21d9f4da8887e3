"""The verb that brings in what official sources publish."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from press.cli.common import open_root, say
from press.errors import DataError, PressError, SourceError, nearest

if TYPE_CHECKING:
    from press.package import Package
    from press.refresh.fetch import Patience
    from press.refresh.plan import Ids, Plan
    from press.refresh.sources import Source


@click.command()
@click.argument("names", nargs=-1)
@click.option("--accept-revisions", is_flag=True, help="Record changed values of a publisher as revisions.")
def refresh(names: tuple[str, ...], accept_revisions: bool) -> None:
    """Bring in what official sources publish (default: all of refresh.toml), and show what is new.

    All of it is written or nothing is. An accepted value is never overwritten: one that its publisher changed becomes
    a row of the table of revisions, once that is accepted.
    """
    from press.refresh.sources import DESCRIPTION, load_sources

    root = open_root()
    sources = load_sources(root)
    if not sources:
        raise DataError(f"{DESCRIPTION}: found no source, expected one at least")
    for name in names:
        if name not in sources:
            raise DataError(f"{DESCRIPTION}: there is no source '{name}'{nearest(name, sources)}")
    chosen = [sources[name] for name in names] or list(sources.values())
    run(root, chosen, datetime.now(UTC).date(), accept_revisions=accept_revisions)


def run(
    root: Path,
    sources: list[Source],
    day: date,
    *,
    accept_revisions: bool = False,
    patience: Patience | None = None,
) -> None:
    """Fetch, compare, show, and write all of it or nothing. Raises SourceError that names every source that failed."""
    from press.package import Package
    from press.refresh.plan import Ids
    from press.refresh.write import changed_tables, replace_all, require_valid_with

    package = Package(root)
    ids = Ids(package)
    plans: list[Plan] = []
    files: dict[str, bytes] = {}
    failures = []
    for source in sources:
        try:
            found, kept = _look(source, package, ids, day, patience)
        except PressError as error:
            failures.append(f"{source.name} ({source.title}): {error}")
            continue
        plans.append(found)
        files |= kept if found.changes else {}
        for line in found.lines():
            click.echo(line)
    if failures:
        raise SourceError("\n".join([*failures, "nothing was written"]))
    tables = changed_tables(plans, package)
    require_valid_with(root, tables)
    revised = sum(len(found.revisions) for found in plans)
    if not tables:
        say("nothing is new")
    elif revised and not accept_revisions:
        raise SourceError(
            f"found {revised} accepted {'value' if revised == 1 else 'values'} that the publisher changed (~); nothing "
            "was written. Run again with --accept-revisions to record them as revisions"
        )
    else:
        replace_all(root, tables | files)
        say(f"written: {', '.join(tables)}")


def _look(
    source: Source, package: Package, ids: Ids, day: date, patience: Patience | None
) -> tuple[Plan, dict[str, bytes]]:
    """Fetch a source and say what it would change, with the files to keep."""
    from press.refresh.fetch import Patience, fetch
    from press.refresh.formats import check_format
    from press.refresh.plan import plan
    from press.refresh.write import raw_files

    url = source.url.format(last_year=day.year - 1)
    fetched = fetch(url, source.most_bytes, source.hosts, patience or Patience())
    check_format(fetched.content, source.format, source.most_bytes)
    try:
        loaded = source.load_function()(fetched.content, source.settings, day)
    except KeyError as error:
        raise DataError(f"{source.place}: found no setting {error}, which the loader needs") from None
    return plan(source, loaded, package, ids, day), raw_files(source, fetched, day)


VERBS = (refresh,)
