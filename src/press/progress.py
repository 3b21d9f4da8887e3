"""How far the chapters are: live on a terminal, a line now and then elsewhere. Runs tell it through a file."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from press.store import Say

#: Seconds between two lines where there is no terminal.
_EVERY = 5.0


class Reporter:
    """In a process that runs chapters: notes the cell that begins. A line this short is written whole or not at all."""

    def __init__(self, path: Path | None = None, job: int = 0) -> None:
        self._path, self._job = path, job
        #: The code cell that began last, counted from 1 and with the one that holds given parameters; 0 before.
        self.cell = 0

    def watch(self, manager: Any) -> None:
        """Follow papermill's manager of the notebook that is about to be executed."""
        code = [index for index, cell in enumerate(manager.nb.cells) if cell.cell_type == "code"]
        begin = manager.cell_start

        def cell_start(cell: Any, cell_index: int | None = None, **rest: Any) -> Any:
            if cell_index in code:
                self.cell = code.index(cell_index) + 1
                self._write(f"{self._job} {self.cell} {len(code)}\n")
            return begin(cell, cell_index, **rest)

        manager.cell_start = cell_start

    def _write(self, line: str) -> None:
        if self._path:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            os.write(file, line.encode())
            os.close(file)


class Progress:
    """In the process that waits: reads what runs note, and tells a person. ``names`` are the runs by number."""

    def __init__(self, path: Path, names: Sequence[str], say: Say) -> None:
        path.touch()
        self._file, self._names, self._say = path.open(encoding="utf-8"), names, say
        live = sys.stderr.isatty() and not os.environ.get("CI")
        form = "press: {desc} {bar:20} {n_fmt} of {total_fmt} chapters, {elapsed}"
        self._bar = tqdm(total=len(names), bar_format=form, leave=False, dynamic_ncols=True) if live else None
        self._cells: dict[int, tuple[str, str]] = {}
        self._ended, self._told = 0, time.monotonic()

    def look(self) -> None:
        """Tell what began since the last look."""
        for line in self._file.readlines():
            job, cell, cells = line.split()
            self._cells[int(job)] = cell, cells
        if self._bar is not None:
            self._bar.set_description_str(self._where())
        elif self._cells and time.monotonic() > self._told + _EVERY:
            left = len(self._names) - self._ended
            self._tell(f"{self._where()}; {left} of {len(self._names)} chapters left")

    def end(self, job: int, how: str) -> None:
        """Tell that a run ended."""
        self._cells.pop(job, None)
        self._ended += 1
        text = f"{self._names[job]} {how}, {self._ended} of {len(self._names)}"
        if self._bar is not None:
            self._bar.update()
        else:
            self._tell(text)

    def _where(self) -> str:
        return ", ".join(f"{self._names[job]} cell {cell} of {of}" for job, (cell, of) in sorted(self._cells.items()))

    def _tell(self, text: str) -> None:
        self._say(text)
        self._told = time.monotonic()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._file.close()
        if self._bar is not None:
            self._bar.close()
