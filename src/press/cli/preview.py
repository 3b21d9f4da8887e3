"""The verb for authors at work: preview."""

from __future__ import annotations

import click

from press.cli.common import say
from press.places import find_root


@click.command()
@click.option("--port", default=8001, show_default=True)
def preview(port: int) -> None:
    """Serve the book on this machine and keep it current while you edit."""
    from press.preview import run

    try:
        run(find_root(), port, say)
    except KeyboardInterrupt:
        click.echo()


VERBS = (preview,)
