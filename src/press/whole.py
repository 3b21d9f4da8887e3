"""A file is written whole or not at all: on a full disk an author's file is as it was."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Put content, a text as UTF-8, in a file's place in one step.

    Raises OSError that names the file if that cannot be done; what stood there then stands there still.
    """
    target = path.resolve()  # a link stays one
    half = target.with_name(f".{target.name}.new")
    try:
        half.write_bytes(content.encode() if isinstance(content, str) else content)
        if target.exists():
            shutil.copymode(target, half)
        half.replace(target)
    except OSError as error:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def put_back(path: Path, content: bytes | None) -> str:
    """Let a file be as it was (None: there was none), and return "", or what to tell if that cannot be done."""
    try:
        if content is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_bytes() != content:
            write_whole(path, content)
    except OSError as error:
        return f"{path.parent.name}/{path.name}: could not be put back as it was ({error.strerror})"
    return ""
