"""What verbs share: telling a person, and reading parameters."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from press.places import find_root


def open_root() -> Path:
    """Return the root of the book. Raises PressError for files in it that no verb can work with."""
    from press.contents import require_files

    root = find_root()
    require_files(root)
    return root


def say(text: str) -> None:
    """Tell a person what happens, beside the output."""
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


def takes_parameters(command: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options ``--as-of`` and ``--set``; it gets them as ``parameters``."""

    @click.option("--as-of", help="Build what was known by this day (ISO date).")
    @click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="Set a declared parameter.")
    @functools.wraps(command)
    def with_parameters(as_of: str | None, pairs: tuple[str, ...], **rest: Any) -> None:
        if as_of is not None:
            try:
                date.fromisoformat(as_of)
            except ValueError:
                raise click.UsageError(f"--as-of: found '{as_of}', expected a day as in 2025-12-31") from None
        command(parameters={**_settings(pairs), **({"as_of": as_of} if as_of else {})}, **rest)

    return with_parameters
