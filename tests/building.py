"""Build the tiny book in a process of its own that ends, or whose disk is full, at a chosen moment.

``python building.py kill|full N [PAGES]``: what would change a file in this process for the N-th time is not done; the
process group is killed there, or the write fails as on a full disk from there on. With PAGES, a folder of rendered
pages, Jupyter Book is not asked: its pages are copied from there, and moments of publishing cost little.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "shutil.rmtree", "os.chmod", "os.truncate")


def is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    """Say whether an audit event is about to change the book's folder."""
    path = str(arguments[0] if event != "os.symlink" else arguments[1]) if arguments else ""
    if "_build" not in path and not (event == "os.rmdir" or event == "os.remove"):
        return False
    return event in CHANGING or (event == "open" and bool(arguments[2] and arguments[2] & WRITING))


def main(mode: str, moment: int, pages: str = "") -> None:
    count = 0
    this = os.getpid()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if os.getpid() != this or not is_change(event, arguments):
            return
        count += 1
        if count < moment:
            return
        if mode == "kill":
            print(f"{event} {arguments[0]}", flush=True)
            os.killpg(0, signal.SIGKILL)
        if mode == "full" and (event == "open" or event in ("os.mkdir", "os.symlink")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    from press import cli, site

    if pages:

        def render(source: Path, output: Path, environment: Mapping[str, str], say: object) -> None:
            shutil.copytree(pages, output / "_build/html")

        site.render = render
    sys.addaudithook(audit)
    try:
        cli.main(["build"])
    finally:
        if mode == "count":
            print(count, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
