"""The command line: ``press <verb>``.

Exit codes: 0 done, 2 wrong usage, 3 data, 4 chapter, 5 site, 6 outside source, 7 sweep ended early, 130 interrupted.

Verbs stand in a module for each kind of work. What a verb needs is imported in the verb: one that has nothing to do
should not wait for pandas and Sphinx.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from press import __version__
from press.cli import authors, book, chapters, preview, publication, refresh, runs, sources
from press.errors import PressError, of_system
from press.places import find_root


class _Main(click.Group):
    """Turns errors meant for people into one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PressError as error:
            _end(error)
        except BrokenPipeError:  # the reader of our output has gone
            raise
        except OSError as error:
            _end(of_system(error, _here()))
        except KeyboardInterrupt:
            click.echo("press: interrupted; what was published before is as it was", err=True)
            sys.exit(130)


def _here() -> Path:
    try:
        return find_root()
    except PressError:
        return Path.cwd()


def _end(error: PressError) -> NoReturn:
    click.echo(f"press: {error}", err=True)
    sys.exit(error.exit_code)


@click.group(cls=_Main)
@click.version_option(__version__)
def main() -> None:
    """Print a publication whose claims are tested against data."""


for verb in (
    *authors.VERBS,
    *book.VERBS,
    *chapters.VERBS,
    *preview.VERBS,
    *publication.VERBS,
    *refresh.VERBS,
    *runs.VERBS,
    *sources.VERBS,
):
    main.add_command(verb)
