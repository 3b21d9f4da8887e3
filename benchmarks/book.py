"""The press against plain Jupyter Book that executes the same chapters: five kinds of change, side by side in one run.

usage: python benchmarks/book.py [PAIRS]     writes book/benchmarks/book.txt and prints it as a table

Plain Jupyter Book (``build --all`` with ``execute_notebooks: force``) is what a reader of its manual would run, after
any change. It does the same work after each, so it is timed once in a pair; the press is timed for each change in turn,
on the book as the change before left it. Plain Jupyter Book builds one edition, so the press is timed for one
(``--as-of``); it also runs the last chapter once for each scenario, which plain Jupyter Book does not.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import BIN, ROOT, copy_book, seconds, write_results

PLAIN = [str(BIN / "jupyter-book"), "build", ".", "--all", "-q"]


def latest_day() -> str:
    """Return the day of the latest edition, which is the chapters' own default."""
    return sorted(re.findall(r"\d{4}-\d\d-\d\d", (ROOT / "data/editions.csv").read_text("utf-8")))[-1]


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first ``old``, which must be there."""
    text = path.read_text("utf-8")
    if old not in text:
        sys.exit(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}: found no {old!r}")
    path.write_text(text.replace(old, new, 1), "utf-8")


def prose(book: Path) -> None:
    """Change one word of a chapter."""
    edit(book / "notebooks/03_prisoners.md", "## What the commentary claims", "## What the commentary claims,")


def table(book: Path) -> None:
    """Change the note of one row of a table that one chapter reads."""
    edit(book / "data/balloons.csv", "article text,,", "article text,counted,")


def code(book: Path) -> None:
    """Change one code cell."""
    edit(book / "notebooks/04_border.md", "import altair as alt", "import altair as alt  # charts")


#: What is changed before each build, in turn.
CASES: dict[str, Callable[[Path], None]] = {
    "clean build": lambda book: None,
    "nothing changed": lambda book: None,
    "prose edit": prose,
    "one table changed": table,
    "one code cell changed": code,
}


def pair() -> tuple[dict[str, float], float]:
    """Return the seconds of the press in each case, and those of plain Jupyter Book."""
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        book = copy_book(Path(folder))
        for case, change in CASES.items():
            change(book)
            taken[case] = seconds([str(BIN / "press"), "build", "--as-of", latest_day()], book)
    with tempfile.TemporaryDirectory() as folder:
        return taken, seconds(PLAIN, copy_book(Path(folder), executing=True))


def main(pairs: int) -> None:
    ours: dict[str, list[float]] = {case: [] for case in CASES}
    ratios: dict[str, list[float]] = {case: [] for case in CASES}
    plain: list[float] = []
    for number in range(pairs):
        taken, other = pair()
        print(f"pair {number + 1} of {pairs}: {taken}, plain {other:.1f}", file=sys.stderr, flush=True)
        plain.append(other)
        for case in CASES:
            ours[case].append(taken[case])
            ratios[case].append(taken[case] / other)
    rows = [
        {
            "case": case,
            "press (s)": f"{statistics.median(ours[case]):.2f}",
            "plain (s)": f"{statistics.median(plain):.2f}",
            "ratio": f"{statistics.median(ratios[case]):.3f}",
        }
        for case in CASES
    ]
    write_results("book", rows, f"The press against plain Jupyter Book, medians of {pairs} pairs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
