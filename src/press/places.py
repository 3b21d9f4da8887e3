"""Where a publication is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from press.errors import DataError

DESCRIPTOR = "data/datapackage.json"
#: More than this in one file is an accident: no page loads what is made of it.
MOST_BYTES = 50_000_000


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder at or above ``start`` (default: the working directory) that holds a data package."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / DESCRIPTOR).is_file():
            return folder
    raise DataError(f"no {DESCRIPTOR} found in {here.name}/ or above it")


def below(folder: Path, suffix: str = "") -> list[Path]:
    """Return all that is below a folder and has a name that ends in ``suffix``; nothing for one that is not there.

    Raises OSError for a part that cannot be listed, which ``Path.rglob`` would leave out without a word.
    """

    def fail(error: OSError) -> NoReturn:
        raise error

    if not folder.exists():
        return []
    walk = os.walk(folder, onerror=fail)
    found = (Path(place, name) for place, folders, files in walk for name in (*folders, *files))
    return sorted(path for path in found if path.name.endswith(suffix))
