"""Results of chapters: those that were made before are kept by what they depend on, the others are made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import nbformat

from press.errors import ChapterError, DataError
from press.jobs import Job, kernels
from press.keys import Parts, differences, digest, environment_parts, key_of, module_parts
from press.notebooks import ChapterFile, chapter_call, plain, read_md, with_outputs
from press.package import Package
from press.store import Say, Store
from press.whole import write_whole

KIND, LAST = "chapters", "_build/last.json"


def chapter_parts(chapter: ChapterFile, parameters: Mapping[str, Any], package: Package) -> Parts:
    """Return what the results of a chapter depend on: code, parameters, tables, modules, lock file, Python.

    Rows that the edition does not know (``known_from`` later than the parameter ``as_of``) are no part of it, nor are
    claims of other chapters, nor sources that no row of its tables has.
    """
    return _shared_parts(package, chapter, _known_by(parameters)) | parameter_parts(parameters)


def _known_by(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("as_of", "9999"))


def _shared_parts(package: Package, chapter: ChapterFile, known_by: str) -> Parts:
    """Return what the results of all runs of a chapter depend on that know the same."""
    code = [cell for cell in read_md(chapter).cells if cell.cell_type == "code"]
    parts: Parts = {
        f"code cell {number}": digest(json.dumps([cell.source, cell.metadata.get("tags", [])]))
        for number, cell in enumerate(code, 1)
    }
    name, tables = chapter_call(chapter)
    sources: set[str] = set()
    try:
        paths = {table: f"data/{package.resource(table)['path']}" for table in tables}
    except DataError as error:
        raise ChapterError(f"{chapter.place}: {error}") from None
    for table, path in paths.items():
        rows = package.rows(table, known_by)
        sources |= {row["source_id"] for row in rows if "source_id" in row}
        parts[path] = _digest_rows(package, table, rows)
    if "sources" in package.resources:
        rows = [row for row in package.rows("sources") if row["id"] in sources]
        parts["data/sources.csv"] = _digest_rows(package, "sources", rows)
    if "claims" in package.resources:
        rows = [row for row in package.rows("claims") if row["chapter"] == name]
        parts["data/claims.csv"] = _digest_rows(package, "claims", rows)
    parts |= module_parts(cell.source for cell in code)
    return parts | environment_parts(package.root)


def parameter_parts(parameters: Mapping[str, Any]) -> Parts:
    """Return what a result depends on by its parameters."""
    return {f"parameter {name}": digest(repr(value)) for name, value in parameters.items()}


def _digest_rows(package: Package, table: str, rows: list[dict[str, str]]) -> str:
    return digest(json.dumps([package.resource(table)["schema"], rows]))


@dataclass(frozen=True)
class State:
    """Whether a chapter's result is there for these parameters, and if not, why it has to be made."""

    chapter: ChapterFile
    parameters: Mapping[str, Any]
    parts: Parts
    why: tuple[str, ...]

    @property
    def key(self) -> str:
        return key_of(self.parts)

    @property
    def name(self) -> str:
        """The run as messages name it: ``01_hens (as_of=2025-12-15)``."""
        given = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return self.chapter.stem + (f" ({given})" if given else "")


def job_parts(job: Job, package: Package) -> Parts:
    """Return what the result of a job depends on."""
    return _own_parts(job, _shared_parts(package, job.chapter, _known_by(job.parameters)))


def _own_parts(job: Job, shared: Parts) -> Parts:
    return shared | parameter_parts(job.parameters) | ({} if job.figures else {"figures": "not drawn"})


def look(jobs: Iterable[Job], store: Store, last: Mapping[str, Parts], package: Package) -> Iterator[State]:
    """Yield for each job whether its result is kept. ``last`` has the parts of earlier runs by name (``read_last``).

    What the runs of one chapter share is read once.
    """
    shared = cache(partial(_shared_parts, package))
    for job in jobs:
        parts = _own_parts(job, shared(job.chapter, _known_by(job.parameters)))
        found = State(job.chapter, job.parameters, parts, ())
        if not store.has(KIND, found.key):
            before = last.get(found.name)
            why = differences(before, found.parts) if before else ["it was not run before"]
            found = replace(found, why=tuple(why) or ("its result is no longer kept",))
        yield found


def read_last(root: Path) -> dict[str, Parts]:
    """Return the parts of the last run of each chapter by name; none if the note of them is missing or unreadable."""
    try:
        found = json.loads((root / LAST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and all(isinstance(parts, dict) for parts in found.values()) else {}


def obtain(jobs: Iterable[Job], store: Store, say: Say, workers: int = 2) -> list[Path]:
    """Write the result of each job to its output: kept ones from the store, the others by running the chapter.

    Raises ChapterError that names every failure; what succeeded is kept all the same.
    """
    jobs = list(jobs)
    if not jobs:
        return []
    root = jobs[0].chapter.root
    last, package = read_last(root), Package(root)
    states = {job.output: known for job, known in zip(jobs, look(jobs, store, last, package), strict=True)}

    def keep(job: Job) -> None:
        made = states[job.output]
        notebook = nbformat.read(job.output, as_version=4)
        if job_parts(job, Package(root)) != made.parts:
            say(f"{made.name}: changed while it ran; its result is not kept")
            return
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        store.put(KIND, made.key, plain(notebook).encode())
        last[made.name] = made.parts

    try:
        # What kernels are forked from loads for seconds: it begins before kept results are written.
        with kernels() if any(known.why for known in states.values()) else nullcontext():
            fresh = [job for job in jobs if not _restore(job, states[job.output], store)]
            if len(jobs) > len(fresh):
                say(f"{len(jobs) - len(fresh)} of {len(jobs)} results are kept")
            if fresh:
                from press.execute import run_all  # papermill, which a build with nothing to run does without

                run_all(fresh, workers, say, keep)
    finally:
        last |= {made.name: made.parts for made in states.values() if store.has(KIND, made.key)}
        note = root / LAST
        note.parent.mkdir(exist_ok=True)
        write_whole(note, json.dumps(last, indent=1, sort_keys=True))
    return [job.output for job in jobs]


def _restore(job: Job, known: State, store: Store) -> bool:
    """Write a kept result to the job's output; say whether there was one."""
    kept = store.get(KIND, known.key)
    if kept is None:
        return False
    job.output.parent.mkdir(parents=True, exist_ok=True)
    notebook = with_outputs(job.chapter, nbformat.reads(kept.decode(), as_version=4))
    write_whole(job.output, plain(notebook))
    return True
