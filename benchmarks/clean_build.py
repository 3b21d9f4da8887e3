"""A clean build by the press against plain Jupyter Book executing the same chapters, side by side in one run.

usage: python benchmarks/clean_build.py [PAIRS]     prints a Markdown table of medians in seconds and their ratio
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NAMES = ("_config.yml", "_toc.yml", "book", "data", "notebooks")


def book(folder: Path, *, executing: bool) -> Path:
    """Copy the book; with ``executing`` Jupyter Book runs the notebooks itself, from notebooks without outputs."""
    for name in NAMES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    if executing:
        config = folder / "_config.yml"
        config.write_text(
            config.read_text("utf-8").replace('execute_notebooks: "off"', 'execute_notebooks: "force"'), "utf-8"
        )
    return folder


def seconds(command: list[str], folder: Path) -> float:
    """Run a command and return how long it took; its output is shown only if it fails."""
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    taken = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return taken


def main(pairs: int) -> None:
    ours, theirs = [], []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            ours.append(seconds([str(BIN / "press"), "build"], book(Path(first), executing=False)))
            plain = [str(BIN / "jupyter-book"), "build", ".", "--all", "-q"]
            theirs.append(seconds(plain, book(Path(second), executing=True)))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, medians of {pairs} pairs\n"
    )
    print("| case | press build | jupyter-book build --all | ratio |")
    print("| --- | --- | --- | --- |")
    count = len(list((ROOT / "notebooks").glob("*.md")))
    print(f"| clean build, {count} chapters | {a:.1f} s | {b:.1f} s | {a / b:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
