"""Run chapters with papermill: typed parameters, two at a time, errors by chapter, cell and line."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from press import blame, fence, orphans
from press.amendments import TABLES as AMENDING
from press.errors import ChapterError, nearest
from press.keys import own_files
from press.notebooks import ChapterFile, chapter_call, read_md, strip_run, write
from press.package import Package
from press.places import DESCRIPTOR
from press.progress import Progress, Reporter
from press.store import Say

#: Seconds that one cell may take before its chapter is ended.
TIME_LIMIT = 120

_TYPES = {"str": str, "int": int, "float": float, "bool": bool}
#: What Python adds to a SyntaxError: a file name that IPython makes up.
_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
#: Seconds between two looks at how far the runs are.
_LOOK = 0.25


class IpcEngine(NBClientEngine):
    """papermill's own engine, with kernels on a socket file each: TCP ports race when chapters run in parallel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="press-") as folder:
            config = Config()
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = f"{folder}/kernel"
            fenced = ["--ext=press.fence"]
            _reporter.watch(nb_man)
            return super().execute_managed_notebook(
                nb_man, kernel_name, config=config, extra_arguments=fenced, **kwargs
            )


papermill_engines.register("press-ipc", IpcEngine)

#: Follows the run of this process; a process runs one chapter at a time.
_reporter = Reporter()


@dataclass(frozen=True)
class Job:
    """One run of one chapter."""

    chapter: ChapterFile
    output: Path
    parameters: Mapping[str, Any]
    time_limit: int = TIME_LIMIT


def check_parameters(chapter: ChapterFile, given: Mapping[str, Any]) -> None:
    """Raise ChapterError for a parameter that the chapter does not declare, or whose type is not the declared one."""
    with tempfile.TemporaryDirectory(prefix="press-") as folder:
        path = Path(folder) / "chapter.ipynb"
        write(read_md(chapter), path)
        declared = papermill.inspect_notebook(str(path))
    if not declared:
        raise ChapterError(
            f"{chapter.place}: found no cell tagged 'parameters', expected one that declares at least as_of: str"
        )
    for name, parameter in declared.items():
        if parameter["inferred_type_name"] not in _TYPES:
            raise ChapterError(
                f"{chapter.place}: the parameter '{name}' is declared without a type; "
                f"expected one of {', '.join(_TYPES)}"
            )
    for name, value in given.items():
        if name not in declared:
            raise ChapterError(f"{chapter.place}: there is no parameter '{name}'{nearest(name, declared)}")
        expected = declared[name]["inferred_type_name"]
        fits = isinstance(value, _TYPES[expected]) or (expected == "float" and isinstance(value, int))
        if not fits or (isinstance(value, bool) and expected != "bool"):
            raise ChapterError(
                f"{chapter.place}: the parameter '{name}' is {value!r}; expected a value of type {expected}"
            )


def readable(chapter: ChapterFile) -> list[str]:
    """Return the files under the root that a chapter may read: its tables, and what every chapter needs.

    Raises DataError for a table that the package does not have.
    """
    package = Package(chapter.root)
    shared = [table for table in ("claims", "sources", *AMENDING) if table in package.resources]
    tables = [*chapter_call(chapter)[1], *shared]
    return [DESCRIPTOR, *(f"data/{package.resource(table)['path']}" for table in tables)]


def run(job: Job) -> Path:
    """Run one chapter into ``job.output``; the committed files are not touched.

    Raises ChapterError with chapter, cell, line of the ``.md`` and the error.
    """
    check_parameters(job.chapter, job.parameters)
    job.output.parent.mkdir(parents=True, exist_ok=True)
    source = job.output.with_suffix(".source.ipynb")
    write(read_md(job.chapter), source)
    try:
        with _surroundings(job.chapter):
            papermill.execute_notebook(
                str(source),
                str(job.output),
                parameters=dict(job.parameters),
                engine_name="press-ipc",
                kernel_name="python3",
                cwd=str(job.chapter.md.parent),
                progress_bar=False,
                log_output=False,
                execution_timeout=job.time_limit,
                start_timeout=60,
            )
    except PapermillExecutionError as error:
        raise _explain(job, error) from None
    except (CellTimeoutError, DeadKernelError) as error:
        place = blame.place(job.chapter, bool(job.parameters), _reporter.cell)
        limit = f"ended after its time limit of {job.time_limit} s a cell"
        raise ChapterError(f"{place}: {limit if isinstance(error, CellTimeoutError) else 'its kernel died'}") from None
    finally:
        source.unlink(missing_ok=True)
    notebook = strip_run(nbformat.read(job.output, as_version=4))
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata["tags"].append("hide-input")
    write(notebook, job.output)
    return job.output


@contextmanager
def _surroundings(chapter: ChapterFile) -> Iterator[None]:
    """Let kernels start behind the fence, in an environment that is the same on every machine."""
    code = [cell.source for cell in read_md(chapter).cells if cell.cell_type == "code"]
    told = fence.environment(chapter.root, readable(chapter), own_files(code).values())
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="press-") as home:
        os.environ.clear()
        os.environ |= {**fence.surroundings(before, home), **told}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ |= before


def _explain(job: Job, error: PapermillExecutionError) -> ChapterError:
    """Turn papermill's error into one message with cell and line of the ``.md``, and the author's lines below it."""
    given = bool(job.parameters)
    inside = blame.first_line(error.traceback)
    place = blame.place(job.chapter, given, error.exec_count or _reporter.cell, inside)
    said = _CELL_FILE.sub("", error.evalue)
    value = said if error.ename in ("ChapterError", "DataError") else f"{error.ename}: {said}"
    frames = blame.frames(job.chapter, given, error.traceback)
    return ChapterError("".join([f"{place}: {value}", *(f"\n    {frame}" for frame in frames)]))


def _settle() -> None:
    """Prepare a process that runs chapters: it ends with its parent, which alone hears Ctrl-C."""
    orphans.end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of processes; if it is left by an error, what they do is ended."""
    pool = ProcessPoolExecutor(workers, initializer=_settle)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown()


def _run(job: Job, reporter: Reporter) -> None:
    global _reporter
    _reporter = reporter
    run(job)


def run_all(
    jobs: Iterable[Job],
    workers: int = 2,
    say: Say = lambda text: None,
    done: Callable[[Job], None] = lambda job: None,
) -> list[Path]:
    """Run chapters in parallel processes (papermill changes the working directory of its process).

    ``done`` is called with each job as it ends well. All chapters are run; if any failed, one ChapterError names each
    failure. If this process is interrupted or ended, the runs end too.
    """
    jobs = list(jobs)
    failures: dict[int, str] = {}
    with tempfile.TemporaryDirectory(prefix="press-") as folder, _pool(workers) as pool:
        notes = Path(folder) / "progress"
        with closing(Progress(notes, [job.chapter.stem for job in jobs], say)) as progress:
            futures = {pool.submit(_run, job, Reporter(notes, number)): number for number, job in enumerate(jobs)}
            waiting = set(futures)
            while waiting:
                ended, waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
                progress.look()
                for future in ended:
                    number = futures[future]
                    try:
                        future.result()
                    except ChapterError as error:
                        failures[number] = str(error)
                    except BrokenProcessPool:
                        failures[number] = f"{jobs[number].chapter.place}: the process that runs chapters was killed"
                    else:
                        done(jobs[number])
                    progress.end(number, "failed" if number in failures else "ran")
    if failures:
        raise ChapterError("\n".join(dict.fromkeys(text for _, text in sorted(failures.items()))))
    return [job.output for job in jobs]
