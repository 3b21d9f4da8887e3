"""Begin a publication: a small example with two tables, three claims and one chapter, which builds as it is."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from press import __version__
from press.errors import PressError
from press.notebooks import chapters, read_ipynb, write

#: The example as a package can carry it: names that begin with a dot would be left out.
_STARTER, _HIDDEN = Path(__file__).parent / "starter", ("gitignore", "github")


def begin(folder: Path) -> Path:
    """Write the example into ``folder``, which is new or empty, with the accepted results of its chapter.

    Raises PressError for a folder that holds something; a beginning that fails leaves nothing behind.
    """
    from press.execute import run_all
    from press.jobs import Job

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PressError(f"{folder.name}: holds something already, expected a new or an empty folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".press-", dir=folder.parent) as place:
        fresh = Path(place) / folder.name
        shutil.copytree(_STARTER, fresh, ignore=shutil.ignore_patterns("__pycache__"))
        for name in _HIDDEN:
            (fresh / name).rename(fresh / f".{name}")
        (fresh / "requirements.txt").write_text(f"press-for-claims[test]=={__version__}\n", "utf-8")
        found = chapters(fresh)
        outputs = run_all([Job(chapter, Path(place) / "runs" / chapter.ipynb.name, {}) for chapter in found])
        for chapter, output in zip(found, outputs, strict=True):
            write(read_ipynb(output, chapter.place), chapter.ipynb)
        if folder.exists():
            folder.rmdir()
        fresh.rename(folder)
    return folder
