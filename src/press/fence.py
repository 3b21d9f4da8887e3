"""A fence around a running chapter: it reads what it declares, writes in temporary folders, asks no other machine.

Its memory and what it prints have limits too.
It is a fence against accidents and stale inputs and no sandbox: code that means to get out, in C or through another
program, gets out. Loaded into the kernel as an IPython extension (``--ext=press.fence``); the environment variable
``PRESS_FENCE`` holds the book's root, the files that the chapter may read there, and those of our own modules that its
key knows of.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from press.errors import ChapterError

VARIABLE = "PRESS_FENCE"
#: What a chapter may take: bytes of memory, and characters that it prints.
MOST_MEMORY, MOST_PRINTED = 4_000_000_000, 2_000_000
#: What holds data rather than a program: outside the book's root, only these are kept from a chapter.
_DATA = (".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".parquet", ".feather", ".db", ".sqlite", ".xml", ".txt")
#: Environment variables that say where things are; a kernel sees no others, since its key has none.
_NEEDED = (
    *("PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"),
    *("XDG_RUNTIME_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def environment(root: Path, tables: Iterable[str], own: Iterable[Path]) -> dict[str, str]:
    """Return the environment of a fenced kernel.

    Its chapter may read ``tables`` (paths under ``root``) and ``own``: the modules that it imports and their data.
    """
    readable = sorted({*(os.path.join(root, path) for path in tables), *map(str, own)})
    told = {"root": os.path.realpath(root), "readable": [os.path.realpath(path) for path in readable]}
    return {VARIABLE: json.dumps(told)}


def surroundings(given: Mapping[str, str], home: str) -> dict[str, str]:
    """Return the environment variables of a kernel: what it needs to start, and nothing that its results hang on.

    ``home`` is an empty folder in place of the person's own settings of Jupyter and IPython.
    """
    kept = {name: value for name, value in given.items() if name in _NEEDED or name.startswith("PRESS_")}
    own = dict.fromkeys(("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"), home)
    return {**kept, **own, "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}


def load_ipython_extension(shell: Any) -> None:
    """Raise the fence in this kernel (IPython calls this)."""
    told = json.loads(os.environ.pop(VARIABLE))
    fence = Fence(told["root"], told["readable"])
    _limit_memory()
    for stream in (sys.stdout, sys.stderr):
        _limit_output(stream)
    logging.getLogger("IPKernelApp").addFilter(_is_news)
    sys.addaudithook(fence.audit)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out of a build's own output that a kernel was ended, which is how each run ends."""
    return "KeyboardInterrupt caught" not in record.getMessage()


def _limit_memory() -> None:
    """Let a chapter that asks for too much end in a MemoryError, where the system keeps such limits."""
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    except (ImportError, ValueError, OSError):
        return


def _limit_output(stream: Any) -> None:
    """Let a chapter that prints without end be told so."""
    write, printed = stream.write, 0

    def limited(text: str) -> Any:
        nonlocal printed
        printed += len(text)
        if printed > MOST_PRINTED:
            raise ChapterError(f"prints more than {MOST_PRINTED:,} characters; a chapter shows what its readers read")
        return write(text)

    stream.write = limited


class Fence:
    """Decides about what a chapter asks of the system. Raises ChapterError that names it."""

    def __init__(self, root: str, readable: Iterable[str]) -> None:
        self._root = root + os.sep
        self._readable = frozenset(readable)
        programs = _folders(sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(_installed, sys.path))
        self._inner = tuple(form for form in programs if form.startswith(self._root))  # as .venv is
        self._programs = programs
        sources = {p for p in sys.path if p and not _installed(p) and not os.path.realpath(p).startswith(self._root)}
        self._sources = tuple(
            form for form in _folders(os.path.join(root, "src"), *sources) if not form.startswith(self._programs)
        )
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
        if not writing and plain.startswith(self._inner if plain.startswith(self._root) else self._programs):
            return
        real = os.path.realpath(plain)
        inside = real.startswith(self._root) and not real.startswith(self._inner)
        ours = real.startswith(self._sources)
        name = real.removeprefix(self._root)
        if writing:
            if not ((real.startswith(self._own) and not inside) or "__pycache__" in real):
                raise ChapterError(f"writes {name}; a chapter may write in temporary folders alone")
        elif real in self._readable or (real.endswith(".pyc") and _source(real) in self._readable):
            return
        elif (ours or inside) and real.endswith((".py", ".pyc")):
            module = os.path.basename(_source(real).removesuffix("/__init__.py")).removesuffix(".py")
            raise ChapterError(
                f"imports {module} in a way that the press does not see; expected an import, by its name, of a module "
                "that the press can import too"
            )
        elif (real.startswith((*self._own, *self._programs)) and not inside and not ours) or (
            ours and f".egg-info{os.sep}" in real  # libraries ask every package what it offers
        ):
            return
        elif inside or ours or real.endswith(_DATA):
            raise ChapterError(f"reads {name}, which Chapter(..., tables=[...]) does not declare")

    def _connect(self, address: Any) -> None:
        if isinstance(address, tuple) and not _loopback(str(address[0])):
            raise ChapterError(f"connects to {address[0]}, port {address[1]}; a chapter may reach this machine alone")


def _folders(*paths: str) -> tuple[str, ...]:
    return tuple({f"{form(path)}{os.sep}" for path in paths for form in (os.path.abspath, os.path.realpath)})


def _installed(path: str) -> bool:
    """Say whether an entry of the import path holds other people's modules."""
    prefixes = (sys.prefix + os.sep, sys.base_prefix + os.sep)
    return bool(path) and (path.startswith(prefixes) or "site-packages" in path or "dist-packages" in path)


def _source(path: str) -> str:
    """Return the module's file of a compiled one."""
    try:
        return importlib.util.source_from_cache(path) if path.endswith(".pyc") else path
    except ValueError:
        return path


def _text(host: str | bytes) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _loopback(host: str) -> bool:
    if host in ("localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
