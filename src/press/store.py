"""A folder of results by key, that builds and machines may share: written in one step, checked when read."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

#: Where results are kept, seen from the root, unless the environment names another folder.
STORE, STORE_VARIABLE = "_build/store", "PRESS_STORE"
#: What a store may hold before its oldest entries go: some ten states of a book this size.
MOST_BYTES = 1_000_000_000
#: Tells a person, in one line, what happens.
Say = Callable[[str], None]
#: Seconds after which a half-written entry is one that nobody writes any more.
_LEFT = 3600
_HASH = hashlib.sha256().digest_size


def open_store(root: Path, say: Say) -> Store:
    """Return the store of the book under ``root``, or the one that the environment names."""
    return Store(Path(os.environ.get(STORE_VARIABLE) or root / STORE), say)


class Store:
    """Entries are files ``<kind>/<key>``: the SHA-256 of the content, then the content.

    Any number of processes may read and write at once: an entry appears whole or not at all, and two that write the
    same key write the same bytes.
    """

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder, self._say = folder, say

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / key

    def has(self, kind: str, key: str) -> bool:
        """Say whether there is an entry, damaged or not."""
        return self._path(kind, key).is_file()

    def get(self, kind: str, key: str) -> bytes | None:
        """Return an entry, or None. A damaged one is dropped, with a line that says so."""
        path = self._path(kind, key)
        try:
            whole = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._say(f"the kept result {kind}/{key[:12]} cannot be read ({error.strerror}); it is made anew")
            return None
        content = whole[_HASH:]
        if hashlib.sha256(content).digest() != whole[:_HASH]:
            self._say(f"the kept result {kind}/{key[:12]} is damaged; it is made anew")
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # another build may just have pruned it
            os.utime(path)  # the oldest entries are those unused for longest
        return content

    def put(self, kind: str, key: str, content: bytes) -> bool:
        """Keep an entry and say whether it could be kept.

        A store that cannot be written costs time later, not this result: it is told, not raised.
        """
        path = self._path(kind, key)
        fresh = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                fresh = Path(file.name)
                file.write(hashlib.sha256(content).digest() + content)
            fresh.replace(path)
            return True
        except OSError as error:
            self._say(f"a result could not be kept ({error.strerror}); the next build makes it again")
            with suppress(OSError):
                if fresh:
                    fresh.unlink(missing_ok=True)
            return False

    def prune(self, most: int = MOST_BYTES) -> int:
        """Remove what interrupted writers left, then the entries unused for longest beyond ``most`` bytes.

        Returns how many entries went. Builds of other books, or on other machines, may be writing meanwhile; what
        cannot be looked at, or removed, stays.
        """
        entries = []
        try:
            paths = list(self.folder.glob("*/*"))
        except OSError:
            return 0
        for path in paths:
            with suppress(OSError):
                told = path.stat()
                if not path.name.startswith("."):
                    entries.append((told.st_mtime_ns, told.st_size, path))
                elif told.st_mtime < time.time() - _LEFT:
                    path.unlink(missing_ok=True)
        entries.sort()
        total, gone = sum(size for _, size, _ in entries), 0
        for _, size, path in entries:
            if total <= most:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
                total, gone = total - size, gone + 1
        return gone
