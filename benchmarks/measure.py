"""What benchmarks share: a copy of the book, timing, and the tables that the page on reproducibility shows."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: Where the tables stand; the site's page reads them from there.
RESULTS = ROOT / "book" / "benchmarks"
_NAMES = ("_config.yml", "_toc.yml", "requirements.lock", "book", "data", "editions", "notebooks")
#: What would make a build unlike an author's: results kept outside of the copy, modules compiled by each process anew.
_NOT_INHERITED = ("PRESS_STORE", "PYTHONDONTWRITEBYTECODE")


def copy_book(folder: Path, *, executing: bool = False) -> Path:
    """Copy what a build needs; with ``executing`` Jupyter Book itself runs the notebooks."""
    for name in _NAMES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    if executing:
        config = folder / "_config.yml"
        text = config.read_text("utf-8")
        config.write_text(text.replace('execute_notebooks: "off"', 'execute_notebooks: "force"'), "utf-8")
    return folder


def seconds(command: Sequence[str], folder: Path, **environment: str) -> float:
    """Run a command and return how long it took; if it fails, end with what it printed."""
    begun = time.perf_counter()
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**inherited, "PYTHONWARNINGS": "ignore", **environment},
    )
    taken = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return taken


class Memory(threading.Thread):
    """Looks at this process's children, the press among them, until told to stop; ``most`` is in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self._ended = 0, threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.2):
            held = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    held += child.memory_full_info().pss
                except psutil.Error:
                    continue
            self.most = max(self.most, held)

    def stop(self) -> None:
        self._ended.set()
        self.join()


def machine() -> str:
    """Say what a figure was measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def write_results(name: str, rows: Sequence[Mapping[str, str]], caption: str) -> None:
    """Write rows as ``book/benchmarks/NAME.txt``, a table that a page includes; print it too.

    Columns of numbers are set flush right. Below the table stand the machine and the day.
    """
    day = datetime.date.today()
    columns = {head: [row[head] for row in rows] for head in rows[0]}
    numbers = [all(re.fullmatch(r"[\d.,]*", cell) for cell in cells) for cells in columns.values()]
    lines = [list(columns), ["---:" if number else "---" for number in numbers], *(row.values() for row in rows)]
    table = (
        f"```{{table}} {caption}\n:align: left\n\n"
        + "\n".join(f"| {' | '.join(line)} |" for line in lines)
        + f"\n```\n\nMeasured on {day.day} {day:%B %Y}: {machine()}.\n"
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(table, "utf-8")
    print(table, flush=True)
