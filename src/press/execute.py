"""Run chapters with papermill: typed parameters, two at a time, errors by chapter, cell and line."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from press import fence, warm
from press.amendments import TABLES as AMENDING
from press.errors import ChapterError
from press.notebooks import ChapterFile, chapter_call, code_lines, read_md, strip_run, write
from press.package import Package
from press.parameters import check_parameters
from press.places import DESCRIPTOR
from press.store import Say

#: Seconds that one cell may take before its chapter is ended.
TIME_LIMIT = 120

_CELL_LINE = re.compile(r"Cell In\[\d+\],? line (\d+)|<ipython-input[^>]*>:(\d+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


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


@dataclass(frozen=True)
class Job:
    """One run of one chapter."""

    chapter: ChapterFile
    output: Path
    parameters: Mapping[str, Any]
    time_limit: int = TIME_LIMIT


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
    return Ready(chapter, read_md(chapter), fence.environment(chapter.root, readable(chapter)))


def execute(ready: Ready, parameters: Mapping[str, Any], time_limit: int = TIME_LIMIT) -> nbformat.NotebookNode:
    """Run a chapter and return the notebook without what tells of the run. Parameters must have been checked.

    Raises ChapterError with chapter, cell, line of the ``.md`` and the error. The process's environment and working
    directory are changed while it runs.
    """
    os.environ |= ready.environment
    try:
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
        raise _explain(ready, error) from None
    except CellTimeoutError:
        raise ChapterError(f"{ready.chapter.place}: ended after its time limit of {time_limit} s a cell") from None
    except DeadKernelError:
        raise ChapterError(f"{ready.chapter.place}: its kernel died") from None
    finally:
        for name in ready.environment:
            os.environ.pop(name, None)
    strip_run(notebook)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata["tags"].append("hide-input")
            cell["id"] = "injected-parameters"  # papermill gives another one to each run
    return notebook


def run(job: Job) -> Path:
    """Run one chapter into ``job.output``; the committed files are not touched. Raises ChapterError (``execute``)."""
    check_parameters(job.chapter, job.parameters)
    notebook = execute(prepare(job.chapter), job.parameters, job.time_limit)
    job.output.parent.mkdir(parents=True, exist_ok=True)
    write(notebook, job.output)
    return job.output


def _explain(ready: Ready, error: PapermillExecutionError) -> ChapterError:
    """Turn papermill's error into one message with cell and line of the ``.md``."""
    trace = _ANSI.sub("", "\n".join(error.traceback))
    place = ready.chapter.place
    sources = [cell.source for cell in ready.source.cells if cell.cell_type == "code"]
    if error.source in sources:
        cell = sources.index(error.source)
        hits = _CELL_LINE.findall(trace)
        inside = int(hits[0][0] or hits[0][1]) if hits else 1
        place += f", line {code_lines(ready.chapter)[cell] + inside - 1} (code cell {cell + 1})"
    value = error.evalue if error.ename in ("ChapterError", "DataError") else f"{error.ename}: {error.evalue}"
    return ChapterError(f"{place}: {value}")


def run_all(
    jobs: Iterable[Job],
    workers: int = 2,
    say: Say = lambda text: None,
    done: Callable[[Job], None] = lambda job: None,
) -> list[Path]:
    """Run chapters in parallel processes (papermill changes the working directory of its process).

    ``done`` is called with each job as it ends well. All chapters are run; if any failed, one ChapterError names each
    failure.
    """
    jobs = list(jobs)
    failures: dict[Path, str] = {}
    with warm.kernels(), ProcessPoolExecutor(max_workers=workers) as pool:
        futures = {pool.submit(run, job): job for job in jobs}
        for count, future in enumerate(as_completed(futures), 1):
            job = futures[future]
            try:
                future.result()
            except ChapterError as error:
                failures[job.output] = str(error)
            else:
                done(job)
            say(f"{job.chapter.stem} {'failed' if job.output in failures else 'ran'}, {count} of {len(jobs)}")
    if failures:
        raise ChapterError("\n".join(dict.fromkeys(failures[j.output] for j in jobs if j.output in failures)))
    return [job.output for job in jobs]
