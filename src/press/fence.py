"""A fence around a running chapter: it reads what it declares, writes in temporary folders, asks no other machine.

It is a fence against accidents and stale inputs and no sandbox: code that means to get out, in C or through another
program, gets out. Loaded into the kernel as an IPython extension (``--ext=press.fence``); the environment variable
``PRESS_FENCE`` holds the book's root and the files that the chapter may read there.
"""

from __future__ import annotations

import ipaddress
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from press.errors import ChapterError

VARIABLE = "PRESS_FENCE"
#: What holds data rather than a program: outside the book's root, only these are kept from a chapter.
_DATA = (".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".parquet", ".feather", ".db", ".sqlite", ".xml", ".txt")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def environment(root: Path, tables: Iterable[str]) -> dict[str, str]:
    """Return the environment of a fenced kernel. ``tables`` are the paths under ``root`` that its chapter may read."""
    return {VARIABLE: json.dumps({"root": os.path.realpath(root), "readable": sorted(tables)})}


def load_ipython_extension(shell: Any) -> None:
    """Raise the fence in this kernel (IPython calls this)."""
    told = json.loads(os.environ.pop(VARIABLE))
    fence = Fence(told["root"], told["readable"])
    sys.addaudithook(fence.audit)


class Fence:
    """Decides about what a chapter asks of the system. Raises ChapterError that names it."""

    def __init__(self, root: str, readable: Iterable[str]) -> None:
        self._root = root + os.sep
        self._readable = {os.path.join(root, path) for path in readable}
        libraries = {path for path in sys.path if path and not os.path.realpath(path).startswith(self._root)}
        prefixes = {sys.prefix, sys.base_prefix, os.path.join(root, "src"), *libraries}
        self._programs = tuple({f"{form(p)}{os.sep}" for p in prefixes for form in (os.path.abspath, os.path.realpath)})
        homes = {tempfile.gettempdir(), os.environ.get("IPYTHONDIR", "~/.ipython"), "~/.jupyter", "/dev", "/proc"}
        homes |= {os.environ[name] for name in ("XDG_RUNTIME_DIR", "JUPYTER_RUNTIME_DIR") if os.environ.get(name)}
        homes |= {"~/.local/share/jupyter", "~/.cache"}
        self._own = tuple(os.path.realpath(os.path.expanduser(home)) + os.sep for home in sorted(homes))

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at one of the interpreter's audit events."""
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes | os.PathLike):
                self._open(os.fspath(path), bool(flags and flags & _WRITING))
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"):
            for path in arguments[: 2 if event in ("os.rename", "os.link", "os.symlink") else 1]:
                if isinstance(path, str | bytes | os.PathLike):
                    self._open(os.fspath(path), True)
        elif event in ("socket.connect", "socket.sendto"):
            self._connect(arguments[1])
        elif event == "socket.getaddrinfo" and not _loopback(_text(arguments[0] or "localhost")):
            raise ChapterError(f"asks for the address of {arguments[0]}; a chapter may reach this machine alone")

    def _open(self, path: str | bytes, writing: bool) -> None:
        plain = os.path.abspath(os.fsdecode(path))
        if not writing and plain.startswith(self._programs):
            return
        real = os.path.realpath(plain)
        inside = real.startswith(self._root)
        if real.startswith(self._own) and not inside:
            return
        name = real.removeprefix(self._root)
        if writing:
            if "__pycache__" not in real:
                raise ChapterError(f"writes {name}; a chapter may write in temporary folders alone")
        elif real.startswith(self._programs) or real in self._readable:
            return
        elif inside or real.endswith(_DATA):
            raise ChapterError(f"reads {name}, which Chapter(..., tables=[...]) does not declare")

    def _connect(self, address: Any) -> None:
        if isinstance(address, tuple) and not _loopback(str(address[0])):
            raise ChapterError(f"connects to {address[0]}, port {address[1]}; a chapter may reach this machine alone")


def _text(host: str | bytes) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _loopback(host: str) -> bool:
    if host in ("localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
