"""Verbs for whoever publishes: a beginning, licences, the review sheet, sealed editions."""

from __future__ import annotations

from pathlib import Path

import click

from press.cli.common import open_root
from press.errors import DataError, SiteError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Begin a publication in FOLDER, with an example that builds and passes its tests as it is."""
    from press.begin import begin

    begin(folder.absolute())
    click.echo(f"{folder}: a publication to begin with; 'make book' and 'make test' there, README.md says more")


@click.command()
def licences() -> None:
    """Write the licences of all locked packages, and say which may not be used."""
    from press.supply import LICENCES, allowed_licences, licence_faults, locked, write_licences

    root = open_root()
    allowed_licences(root)  # what cannot be read is told before anything is written
    write_licences(root)
    faults = licence_faults(root)
    if faults:
        raise DataError("\n".join(faults))
    click.echo(f"{LICENCES}: {len(locked(root))} packages, each with a licence that may be used")


@click.command()
def review() -> None:
    """Write the sheet of all numbers that readers see, for a second person to tick off; say what changed."""
    from press.review import SHEET, write_sheet

    lines = write_sheet(open_root())
    for line in lines:
        if line.before and not line.ticked:
            click.echo(f"{line.chapter}, {line.kind} {line.name}: was {line.before}, is {line.value}")
    click.echo(f"{SHEET}: {len(lines)} numbers, {sum(line.ticked for line in lines)} of them ticked")


@click.command("seal")
@click.argument("name")
def seal_command(name: str) -> None:
    """Seal the built site as the edition NAME: its commit, and the hash of each of its files."""
    from press.review import renew
    from press.seal import seal

    root = open_root()
    lines = renew(root)  # a tick for what has changed since is none
    path = seal(root, name, {"numbers": len(lines), "ticked": sum(line.ticked for line in lines)})
    click.echo(f"{path.relative_to(root)}: sealed; commit it, and tag its commit '{name}'")


@click.command("reproduce")
@click.argument("name")
def reproduce_command(name: str) -> None:
    """Make the sealed edition NAME again from its commit, in an environment of its own, and compare."""
    from press.seal import make_book, read_seals, reproduce

    root = open_root()
    faults = reproduce(root, name, make_book)
    if faults:
        raise SiteError(f"{len(faults)} files of the edition {name} are not as they were sealed:\n" + "\n".join(faults))
    click.echo(f"edition {name}: made again, {len(read_seals(root)[name]['files'])} files, each as it was sealed")


VERBS = (init, licences, review, seal_command, reproduce_command)
