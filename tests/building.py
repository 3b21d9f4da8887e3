"""A build that ends, or whose disk is full, at a chosen moment: run in a process of its own, forked from a warm one.

A moment is a number: what would change a file for the N-th time is not done. ``mode`` says what happens instead: the
process group is killed (``kill``), or the write fails, as all after it (``full``); ``count`` only counts them. With
``pages``, a folder of rendered pages, Jupyter Book is not asked: its pages are copied from there, and so the moments of
publishing cost little.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import press.check_site
import press.execute
import press.results  # noqa: F401  what a build imports is there before the fork
from press import cli, site

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "shutil.rmtree", "os.chmod", "os.truncate")


def is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    """Say whether an audit event is about to change the book's folder."""
    path = str(arguments[0] if event != "os.symlink" else arguments[1]) if arguments else ""
    if "_build" not in path and event not in ("os.rmdir", "os.remove"):
        return False
    return event in CHANGING or (event == "open" and bool(arguments[2] and arguments[2] & WRITING))


def main(root: Path, output: Path, mode: str, moment: int, pages: Path) -> None:
    """Build the book under ``root`` and write what is said, and the last change, into ``output``."""
    os.setsid()
    os.chdir(root)
    os.environ.pop("PRESS_STORE", None)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    count, this = 0, os.getpid()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if os.getpid() != this or not is_change(event, arguments):
            return
        count += 1
        if count < moment or mode == "count":
            return
        if mode == "kill":
            os.write(1, f"{event} {arguments[0]}\n".encode())
            os.killpg(0, signal.SIGKILL)
        if event in ("open", "os.mkdir", "os.symlink"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    @contextmanager
    def start(source: Path, output: Path, environment: Mapping[str, str]) -> Iterator[Path]:
        yield output

    def finish(output: Path, source: Path, say: object) -> None:
        shutil.copytree(pages, output / "_build/html")
        os.write(1, b"pages are staged\n")

    site.start, site.finish = start, finish  # type: ignore[assignment]
    sys.addaudithook(audit)
    try:
        cli.main(["build"])
    finally:
        if mode == "count":
            os.write(1, f"{count} moments\n".encode())
