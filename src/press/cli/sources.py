"""The verb that looks whether sources still stand where they stood."""

from __future__ import annotations

from collections import Counter

import click

from press.cli.common import open_root, say


@click.command()
def sources() -> None:
    """Look at the address of every source: dead links, moved pages, changed titles. Writes a report, changes nothing.

    What was found never fails: a source that is gone gets its day in the column 'gone' of the register, by hand.
    """
    from press.refresh.addresses import REPORT, STATES, Look, check_sources, write_report

    def tell(found: Look) -> None:
        if found.state != "fine":
            click.echo(f"{found.id}: {found.state}: {found.told}")

    root = open_root()
    looks = check_sources(root, tell)
    write_report(root, looks)
    counts = Counter(found.state for found in looks)
    say(", ".join(f"{counts[state]} {state}" for state in STATES) + f"; the report is {REPORT}")


VERBS = (sources,)
