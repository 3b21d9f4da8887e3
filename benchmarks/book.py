"""The press against plain Jupyter Book that executes the same chapters: five kinds of change, side by side in one run.

usage: python benchmarks/book.py [PAIRS [CASE …]]     writes benchmarks/results/book.csv and prints it as a table

In each pair both sides start from the same state. Plain Jupyter Book (``build --all`` with ``execute_notebooks:
force``) is what a reader of its manual would run, after any change; it builds one edition, so the press is timed for
one edition (``--as-of``) and, as ``make book`` does it, for all.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import BIN, ROOT, copy_book, seconds, write_results

PLAIN = [str(BIN / "jupyter-book"), "build", ".", "--all", "-q"]
ALL = [str(BIN / "press"), "build"]


def latest_day() -> str:
    """Return the day of the latest edition, which is the chapters' own default."""
    return sorted(re.findall(r"\d{4}-\d\d-\d\d", (ROOT / "data/editions.csv").read_text("utf-8")))[-1]


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first ``old``, which must be there."""
    text = path.read_text("utf-8")
    if old not in text:
        sys.exit(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}: found no {old!r}")
    path.write_text(text.replace(old, new, 1), "utf-8")


def nothing(book: Path) -> None:
    """Change nothing."""


def prose(book: Path) -> None:
    """Change one word of a chapter."""
    edit(book / "notebooks/03_prisoners.md", "## What the commentary claims", "## What the commentary claims,")


def table(book: Path) -> None:
    """Change the note of one row of a table that one chapter reads."""
    path = book / "data/balloons.csv"
    edit(path, "article text,,", "article text,counted,")


def code(book: Path) -> None:
    """Change one code cell."""
    edit(book / "notebooks/04_border.md", "import altair as alt", "import altair as alt  # charts")


#: What is changed after a build, and what it is called; None is a clean build.
CASES: dict[str, Callable[[Path], None] | None] = {
    "clean build": None,
    "nothing changed": nothing,
    "prose edit": prose,
    "one table changed": table,
    "one code cell changed": code,
}


def time_case(change: Callable[[Path], None] | None) -> tuple[float, float, float]:
    """Return seconds of the press for one edition, for all editions, and of plain Jupyter Book."""
    one = [*ALL, "--as-of", latest_day()]
    taken = []
    for command in (one, ALL, PLAIN):
        with tempfile.TemporaryDirectory() as folder:
            book = copy_book(Path(folder), executing=command is PLAIN)
            if change:
                if command is not PLAIN:  # plain Jupyter Book with --all does the same work with and without a past
                    subprocess.run(command, cwd=book, check=True, capture_output=True)
                change(book)
            taken.append(seconds(command, book))
    return taken[0], taken[1], taken[2]


def main(pairs: int, names: list[str]) -> None:
    rows = []
    for name in names or list(CASES):
        one, every, plain = zip(*(time_case(CASES[name]) for _ in range(pairs)), strict=True)
        middle = [statistics.median(values) for values in (one, every, plain)]
        rows.append(
            {
                "case": name,
                "press, one edition (s)": f"{middle[0]:.2f}",
                "press, all editions (s)": f"{middle[1]:.2f}",
                "plain Jupyter Book (s)": f"{middle[2]:.2f}",
                "ratio, one edition": f"{middle[0] / middle[2]:.2f}",
                "ratio, all editions": f"{middle[1] / middle[2]:.2f}",
            }
        )
        print(rows[-1], file=sys.stderr, flush=True)
    write_results("book", rows, f"medians of {pairs} pairs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, sys.argv[2:])
