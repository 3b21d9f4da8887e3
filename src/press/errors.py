"""Errors meant for people: one message that says where, what was found and what was expected."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path


class PressError(Exception):
    """Something an author can mend. ``exit_code`` is what the command line ends with."""

    exit_code = 1


class DataError(PressError):
    """A table, its descriptor or a source is wrong."""

    exit_code = 3


class ChapterError(PressError):
    """A chapter's code, parameters or results are wrong."""

    exit_code = 4


class SiteError(PressError):
    """The built site is not fit to be published."""

    exit_code = 5


class SourceError(PressError):
    """An outside source cannot be reached, or does not publish what it used to."""

    exit_code = 6


class SweepError(PressError):
    """A sweep ended early: not by a chapter's fault, but by a full disk, a lost scheduler or a changed book."""

    exit_code = 7


def kind_of(place: str) -> type[PressError]:
    """Return the kind of error that a file of the book gives, by its place."""
    return {"data": DataError, "notebooks": ChapterError}.get(place.partition("/")[0], SiteError)


def of_system(error: OSError, root: Path) -> PressError:
    """Turn what the system would not do into a message that names the file, seen from ``root``."""
    why = error.strerror or type(error).__name__
    if not isinstance(error.filename, str | bytes):
        return SiteError(f"the system would not go on ({why}); what was published before is as it was")
    place = os.fspath(Path.cwd() / os.fsdecode(error.filename)).removeprefix(f"{root}{os.sep}")
    return kind_of(place)(f"{place}: cannot be read or written ({why}), expected a file that can")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, or the known names when none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(names)}" if names else ""
