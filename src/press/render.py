"""Render a folder of pages and executed notebooks with Jupyter Book, the same on every machine and day."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from press import orphans
from press.errors import SiteError
from press.store import Say

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: Environment variables that would show in the pages.
_HIDDEN = ("SOURCE_DATE_EPOCH", "LANG", "LANGUAGE")
#: Jupyter Book's own program, when it is told to begin. The collector of cycles looks less often: almost everything
#: that a rendering makes is kept to its end, where it is not taken apart, which takes a second.
_PROGRAM = """
import atexit, gc, os, sys
import jupyter_book.cli.main, myst_nb.sphinx_ext, press.sphinx_ext
gc.freeze()
gc.set_threshold(50_000, 20, 50)
if sys.stdin.readline():
    try:
        jupyter_book.cli.main.main()
    except SystemExit as ended:
        if ended.code:
            raise
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)
"""


def render(source: Path, output: Path, environment: Mapping[str, str], say: Say = print) -> None:
    """Render a book folder with Jupyter Book under ``output``; a warning is an error.

    ``environment`` tells the extension what it cannot see: where drawings of earlier builds are kept by content,
    and whether other editions will stand beside these pages. The day and the place of the build are kept out.
    """
    with start(source, output, environment) as process:
        finish(process, source, say)


def start(source: Path, output: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start what ``render`` runs: it loads its modules, which takes seconds, and waits until ``finish`` is called.

    It reads nothing of the book before. Left as a context without ``finish``, it ends.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, *arguments(source, output), "--all"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=source,
        env=surroundings(environment),
    )


def finish(process: subprocess.Popen[str], source: Path, say: Say = print) -> None:
    """Let a started rendering go on, and wait for it. Raises SiteError with what Jupyter Book said."""
    out, err = process.communicate("go\n")
    for line in err.splitlines():
        if line.startswith("press: "):
            say(line.removeprefix("press: "))
    if process.returncode:
        raise fault(err + out, source)


def arguments(source: Path, output: Path) -> list[str]:
    """Return what Jupyter Book is told: any warning is an error, and all of them are told."""
    return ["build", str(source), "--path-output", str(output), "-W", "--keep-going", "-q"]


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a rendering, with ``more``: whose day, time zone and seed are always one."""
    inherited = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    own = {"PYTHONWARNINGS": "ignore", "PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    return {**inherited, **own, orphans.VARIABLE: str(os.getpid()), **more}


def fault(output: str, source: Path) -> SiteError:
    """Return what Jupyter Book said, without what it says to its own authors."""
    if any(os.strerror(number) in output for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)):
        return SiteError("the disk is full; what was published before is as it was")
    lines = _ANSI.sub("", output).replace(f"{source}/", "").splitlines()
    told = dict.fromkeys(line for line in lines if re.search(r"WARNING|ERROR|[a-z]Error: .|^Extension error", line))
    return SiteError("Jupyter Book did not render the book:\n" + "\n".join(told or lines[-15:]))
