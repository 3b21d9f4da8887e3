"""Verbs for whoever publishes: what the book is built with."""

from __future__ import annotations

import click

from press.errors import DataError
from press.places import find_root


@click.command()
def licences() -> None:
    """Write the licences of all locked packages, and say which may not be used."""
    from press.supply import LICENCES, licence_faults, locked, write_licences

    root = find_root()
    write_licences(root)
    faults = licence_faults(root)
    if faults:
        raise DataError("\n".join(faults))
    click.echo(f"{LICENCES}: {len(locked(root))} packages, each with a licence that may be used")


VERBS = (licences,)
