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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from press import blame, fence, orphans, records, warm
from press.amendments import TABLES as AMENDING
from press.errors import ChapterError
from press.jobs import TIME_LIMIT, Job, kernels
from press.keys import own_files
from press.notebooks import ChapterFile, chapter_call, plain, read_md, strip_run
from press.package import Package
from press.parameters import check_parameters
from press.places import DESCRIPTOR, MOST_BYTES
from press.progress import Progress, Reporter
from press.store import Say
from press.whole import write_whole

#: What Python adds to a SyntaxError: a file name that IPython makes up.
_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)$")
#: Seconds between two looks at how far the runs are.
_LOOK = 0.25


class IpcEngine(NBClientEngine):
    """papermill's own engine, with warm kernels where they are served.

    Kernels have a socket file each: TCP ports race when chapters run in parallel.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="press-") as folder:
            config = Config()
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = f"{folder}/kernel"
            arguments = ["--ext=press.fence"]
            if warm.known():
                kernel_name = warm.KERNEL
                arguments.append("--HistoryManager.hist_file=:memory:")  # nbclient's default for the name python3
            _reporter.watch(nb_man)
            return super().execute_managed_notebook(
                nb_man,
                kernel_name,
                config=config,
                extra_arguments=arguments,
                coalesce_streams=True,  # into how many pieces a text is cut depends on the clock
                shutdown_kernel="immediate",  # the outputs are in hand: nothing waits for threads or exit handlers
                **kwargs,
            )


papermill_engines.register("press-ipc", IpcEngine)

#: Follows the run of this process; a process runs one chapter at a time.
_reporter = Reporter()


def readable(chapter: ChapterFile) -> list[str]:
    """Return the files under the root that a chapter may read: its tables, and what every chapter needs.

    Raises DataError for a table that the package does not have.
    """
    package = Package(chapter.root)
    shared = [table for table in ("claims", "sources", *AMENDING) if table in package.resources]
    tables = [*chapter_call(chapter)[1], *shared]
    return [DESCRIPTOR, *(f"data/{package.resource(table)['path']}" for table in tables)]


@dataclass(frozen=True)
class Ready:
    """A chapter as it was read, to be run any number of times."""

    chapter: ChapterFile
    source: nbformat.NotebookNode
    environment: Mapping[str, str]


def prepare(chapter: ChapterFile) -> Ready:
    """Read a chapter for ``execute``."""
    source = read_md(chapter)
    own = own_files(cell.source for cell in source.cells if cell.cell_type == "code")
    return Ready(chapter, source, fence.environment(chapter.root, readable(chapter), own.values()))


def without_figures(ready: Ready) -> Ready:
    """Return a chapter whose runs keep its facts alone."""
    return replace(ready, environment={**ready.environment, records.WITHOUT_FIGURES: "1"})


def execute(ready: Ready, parameters: Mapping[str, Any], time_limit: int = TIME_LIMIT) -> nbformat.NotebookNode:
    """Run a chapter and return the notebook without what tells of the run. Parameters must have been checked.

    Raises ChapterError with chapter, cell, line of the ``.md`` and the error. The process's environment and working
    directory are changed while it runs.
    """
    try:
        with _surroundings(ready):
            notebook = papermill.execute_notebook(
                ready.source,
                None,
                parameters=dict(parameters),
                engine_name="press-ipc",
                kernel_name="python3",
                cwd=str(ready.chapter.md.parent),
                progress_bar=False,
                log_output=False,
                execution_timeout=time_limit,
                start_timeout=60,
            )
    except PapermillExecutionError as error:
        raise _explain(ready, bool(parameters), error) from None
    except (CellTimeoutError, DeadKernelError) as error:
        place = blame.place(ready.chapter, bool(parameters), _reporter.cell)
        limit = f"ended after its time limit of {time_limit} s a cell"
        raise ChapterError(f"{place}: {limit if isinstance(error, CellTimeoutError) else 'its kernel died'}") from None
    size = len(nbformat.writes(notebook))
    if size > MOST_BYTES:
        raise ChapterError(f"{ready.chapter.place}: its outputs take {size:,} bytes, expected at most {MOST_BYTES:,}")
    strip_run(notebook)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata["tags"].append("hide-input")
            cell["id"] = "injected-parameters"  # papermill gives another one to each run
    return notebook


def run(job: Job) -> Path:
    """Run one chapter into ``job.output``; the committed files are not touched. Raises ChapterError (``execute``)."""
    check_parameters(job.chapter, job.parameters)
    ready = prepare(job.chapter)
    notebook = execute(ready if job.figures else without_figures(ready), job.parameters, job.time_limit)
    job.output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(job.output, plain(notebook))
    return job.output


@contextmanager
def _surroundings(ready: Ready) -> Iterator[None]:
    """Let kernels start behind the fence, in an environment that is the same on every machine."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="press-") as home:
        os.environ.clear()
        os.environ |= {**fence.surroundings(before, home), **ready.environment}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ |= before


def _explain(ready: Ready, given: bool, error: PapermillExecutionError) -> ChapterError:
    """Turn papermill's error into one message with cell and line of the ``.md``, and the author's lines below it.

    ``given`` says whether papermill put a cell of parameters in.
    """
    inside = blame.first_line(error.traceback)
    place = blame.place(ready.chapter, given, error.exec_count or _reporter.cell, inside)
    said = _CELL_FILE.sub("", error.evalue)
    value = said if error.ename in ("ChapterError", "DataError") else f"{error.ename}: {said}"
    frames = blame.frames(ready.chapter, given, error.traceback)
    return ChapterError("".join([f"{place}: {value}", *(f"\n    {frame}" for frame in frames)]))


def _settle() -> None:
    """Prepare a process that runs chapters: it ends with its parent, which alone hears Ctrl-C."""
    orphans.end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)


def _end(*_: object) -> None:
    """End this process, which cleans up as it goes; what it meets half made would tell of itself to nobody's use."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(1)


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
    with tempfile.TemporaryDirectory(prefix="press-") as folder, kernels(), _pool(workers) as pool:
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
