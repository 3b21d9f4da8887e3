"""Run chapters with papermill: typed parameters, two at a time, errors by chapter, cell and line."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from press import fence
from press.amendments import TABLES as AMENDING
from press.errors import ChapterError, nearest
from press.keys import own_files
from press.notebooks import ChapterFile, chapter_call, code_lines, read_md, strip_run, write
from press.package import Package
from press.places import DESCRIPTOR
from press.store import Say

#: Seconds that one cell may take before its chapter is ended.
TIME_LIMIT = 120

_TYPES = {"str": str, "int": int, "float": float, "bool": bool}
_CELL_LINE = re.compile(r"Cell In\[\d+\],? line (\d+)|<ipython-input[^>]*>:(\d+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class IpcEngine(NBClientEngine):
    """papermill's own engine, with kernels on a socket file each: TCP ports race when chapters run in parallel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="press-") as folder:
            config = Config()
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = f"{folder}/kernel"
            fenced = ["--ext=press.fence"]
            return super().execute_managed_notebook(
                nb_man, kernel_name, config=config, extra_arguments=fenced, **kwargs
            )


papermill_engines.register("press-ipc", IpcEngine)


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
    except CellTimeoutError:
        raise ChapterError(f"{job.chapter.place}: ended after its time limit of {job.time_limit} s a cell") from None
    except DeadKernelError:
        raise ChapterError(f"{job.chapter.place}: its kernel died") from None
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
    """Turn papermill's error into one message with cell and line of the ``.md``."""
    trace = _ANSI.sub("", "\n".join(error.traceback))
    place = job.chapter.place
    sources = [cell.source for cell in read_md(job.chapter).cells if cell.cell_type == "code"]
    if error.source in sources:
        cell = sources.index(error.source)
        hits = _CELL_LINE.findall(trace)
        inside = int(hits[0][0] or hits[0][1]) if hits else 1
        place += f", line {code_lines(job.chapter)[cell] + inside - 1} (code cell {cell + 1})"
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
    with ProcessPoolExecutor(max_workers=workers) as pool:
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
