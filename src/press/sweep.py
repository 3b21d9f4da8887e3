"""Sweeps: one scenario chapter run by papermill at many points, here or on a cluster; a run keeps its facts alone.

A run's key is that of ``results.chapter_parts``. What has a key in the store is not run again, so a sweep that was
killed goes on where it was, and a larger one takes what a smaller one made.
"""

from __future__ import annotations

import errno
import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from press.errors import ChapterError, PressError, SweepError
from press.execute import Ready, execute, prepare, readable, without_figures
from press.jobs import TIME_LIMIT, kernels
from press.keys import LOCK, Parts, differences, key_of, own_files
from press.notebooks import ChapterFile
from press.package import Package
from press.points import Point
from press.records import records_of
from press.results import chapter_parts, parameter_parts
from press.store import Store

#: Entries of the store: the facts of one run, by name.
KIND = "runs"
DIED = "its worker died"
#: Errors of the system that no other run would be spared.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

#: A fact as a run keeps it: value and unit.
Facts = dict[str, tuple[float | int | str | None, str]]


@dataclass(frozen=True)
class Sweep:
    """What is to be run: a chapter, parameters that all runs share, and the points (all with the same names)."""

    chapter: ChapterFile
    fixed: Mapping[str, Any]
    points: Sequence[Point]
    time_limit: int = TIME_LIMIT

    @cached_property
    def parts(self) -> Parts:
        """What every run depends on."""
        return chapter_parts(self.chapter, self.fixed, Package(self.chapter.root))

    def key(self, point: Point) -> str:
        """Return the key of one run."""
        return key_of(self.parts | parameter_parts(point))


@dataclass(frozen=True)
class Task:
    """One run, as a worker gets it. ``key`` is that of the parts that all runs share."""

    chapter: ChapterFile
    fixed: Mapping[str, Any]
    point: Point
    key: str
    time_limit: int


@dataclass(frozen=True)
class Outcome:
    """What a worker gives back: facts, or why there are none, or the parts that it has instead of ours."""

    facts: Facts | None = None
    failure: str = ""
    other: Parts | None = None
    host: str = ""


@dataclass
class Progress:
    """How far a sweep is. ``failures`` are by key."""

    total: int
    kept: int = 0
    ran: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        """Return how many runs need nothing more."""
        return self.kept + self.ran + len(self.failures)

    @property
    def told(self) -> str:
        """What is safe, for a message of a sweep that ends early."""
        return f"{self.kept + self.ran} of {self.total} runs are kept; the same command goes on from there"


def sweep(
    plan: Sweep,
    store: Store,
    executor: Callable[[], Executor],
    window: int,
    done: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Run every point that the store does not have; failures are collected, not raised.

    ``executor`` gives a pool, and another one when that broke; ``window`` is how many runs it is given at a time.
    ``done`` is called after each run. Raises SweepError when going on makes no sense (no room on the disk, no
    scheduler, a book that changed); what was computed is kept.
    """
    waiting = {plan.key(point): point for point in plan.points}
    progress = Progress(len(waiting))
    for key in [key for key in waiting if store.has(KIND, key)]:
        progress.kept += 1
        del waiting[key]
    done(progress)
    suspects: dict[str, Point] = {}
    while waiting or suspects:
        # A worker that died takes its neighbours' runs along; one at a time shows which run it was.
        alone = bool(suspects)
        batch = dict([suspects.popitem()]) if alone else waiting
        lost = _drain(plan, batch, store, executor, 1 if alone else window, progress, done)
        if alone and lost:
            progress.failures |= dict.fromkeys(lost, DIED)
            done(progress)
        else:
            suspects |= lost
    return progress


def _drain(
    plan: Sweep,
    waiting: dict[str, Point],
    store: Store,
    executor: Callable[[], Executor],
    window: int,
    progress: Progress,
    done: Callable[[Progress], None],
) -> dict[str, Point]:
    """Run what waits, taking it out; return the runs that were under way when a worker of the pool died."""
    running: dict[Future[Outcome], tuple[str, Point]] = {}
    base = key_of(plan.parts)
    lost: dict[str, Point] = {}
    pool, broken = executor(), False
    try:
        while running or (waiting and not broken):
            while waiting and len(running) < window and not broken:
                key, point = next(iter(waiting.items()))
                try:
                    future = pool.submit(run_point, Task(plan.chapter, plan.fixed, point, base, plan.time_limit))
                except BrokenProcessPool:
                    broken = True
                else:
                    running[future] = (key, waiting.pop(key))
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                key, point = running.pop(future)
                try:
                    _keep(plan, key, future, store, progress)
                except BrokenProcessPool:
                    broken, lost[key] = True, point
                else:
                    done(progress)
    except KeyboardInterrupt:
        raise SweepError(f"stopped; {progress.told}") from None
    finally:
        for future in running:
            future.cancel()
        pool.shutdown(wait=False)
    return lost


def _keep(plan: Sweep, key: str, future: Future[Outcome], store: Store, progress: Progress) -> None:
    """Take in what a worker gave back."""
    try:
        outcome = future.result()
    except BrokenProcessPool:
        raise
    except CancelledError:
        raise SweepError(f"the scheduler is gone; {progress.told}") from None
    except OSError as error:
        if error.errno not in _NO_ROOM:
            outcome = Outcome(failure=f"{type(error).__name__}: {error}")
        else:
            raise SweepError(f"a worker has no room to write: {error.strerror}; {progress.told}") from None
    except (ImportError, AttributeError) as error:
        raise SweepError(f"a worker has another press than this one: {error}; {progress.told}") from None
    except Exception as error:
        died = type(error).__name__ == "KilledWorker"  # Dask gave it to several workers
        outcome = Outcome(failure=DIED if died else f"{type(error).__name__}: {error}")
    if outcome.other is not None:
        why = outcome.failure or ", ".join(differences(plan.parts, outcome.other))
        raise SweepError(f"on {outcome.host} the book is not what it was here at the start: {why}; {progress.told}")
    if outcome.facts is None:
        progress.failures[key] = outcome.failure
    elif store.put(KIND, key, json.dumps(outcome.facts, sort_keys=True).encode()):
        progress.ran += 1
    else:
        raise SweepError(f"{store.folder} cannot be written; {progress.told}")


@dataclass(frozen=True)
class _Book:
    """What a worker holds of the book from run to run, with the state of the files that it was read from."""

    ready: Ready
    files: tuple[Path, ...]
    states: tuple[tuple[int, int], ...]


_BOOKS: dict[str, _Book] = {}
_WARM = ExitStack()
#: papermill changes the working directory and the environment of its process.
_ONE_AT_A_TIME = threading.Lock()


def run_point(task: Task) -> Outcome:
    """Run one point, in a worker."""
    with _ONE_AT_A_TIME:
        try:
            book, other = _book(task)
            if other is not None:
                return Outcome(other=other, host=socket.gethostname())
            try:
                notebook = execute(book.ready, {**task.fixed, **task.point}, task.time_limit)
            except ChapterError as error:
                return Outcome(failure=str(error))
            _, other = _book(task)  # the same, unless a file changed while it ran
        except PressError as error:
            return Outcome(failure=str(error), other={}, host=socket.gethostname())
        facts = {r["name"]: (r["value"], r["unit"]) for r in records_of(notebook) if r["kind"] == "fact"}
        return Outcome(facts=facts, other=other, host=socket.gethostname())


def _book(task: Task) -> tuple[_Book, Parts | None]:
    """Return the book as it is at hand; with its parts, if they are not those that the sweep began with.

    Its files are read again only when one of them changed. Raises PressError if the book cannot be read.
    """
    known = _BOOKS.get(task.key)
    if known and known.states == _states(known.files):
        return known, None
    ready, root = prepare(task.chapter), task.chapter.root
    modules = own_files(cell.source for cell in ready.source.cells if cell.cell_type == "code")
    names = (LOCK, *readable(task.chapter))
    files = (task.chapter.md, *(root / name for name in names), *modules.values())
    states = _states(files)
    parts = chapter_parts(task.chapter, task.fixed, Package(root))
    book = _Book(without_figures(ready), files, states)
    if key_of(parts) != task.key:
        return book, parts
    _BOOKS.clear()  # a worker of a cluster outlives the sweep, and has kernels of its own, warm with the code of now
    _WARM.close()
    _WARM.enter_context(kernels())
    _BOOKS[task.key] = book
    return book, None


def _states(files: Iterable[Path]) -> tuple[tuple[int, int], ...]:
    """Return time and size of each file."""
    found = (path.stat() if path.exists() else None for path in files)
    return tuple((state.st_mtime_ns, state.st_size) if state else (0, 0) for state in found)
