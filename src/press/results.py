"""Results of chapters: those that were made before are kept by what they depend on, the others are made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from press.errors import ChapterError, DataError
from press.jobs import Job
from press.keys import Parts, differences, digest, environment_parts, key_of, module_parts
from press.notebooks import ChapterFile, chapter_call, read_md, with_outputs, write
from press.package import Package
from press.store import Say, Store
from press.whole import write_whole

KIND, LAST = "chapters", "_build/last.json"


def chapter_parts(chapter: ChapterFile, parameters: Mapping[str, Any], package: Package) -> Parts:
    """Return what the results of a chapter depend on: code, parameters, tables, modules, lock file, Python.

    Rows that the edition does not know (``known_from`` later than the parameter ``as_of``) are no part of it, nor are
    claims of other chapters, nor sources that no row of its tables has.
    """
    code = [cell for cell in read_md(chapter).cells if cell.cell_type == "code"]
    parts: Parts = {
        f"code cell {number}": digest(json.dumps([cell.source, cell.metadata.get("tags", [])]))
        for number, cell in enumerate(code, 1)
    }
    parts |= parameter_parts(parameters)
    name, tables = chapter_call(chapter)
    known_by = str(parameters.get("as_of", "9999"))
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
    parts = chapter_parts(job.chapter, job.parameters, package)
    return parts if job.figures else parts | {"figures": "not drawn"}


def state(store: Store, job: Job, last: Mapping[str, Parts], package: Package) -> State:
    """Look whether a job's result is kept. ``last`` has the parts of earlier runs by their name (``read_last``)."""
    found = State(job.chapter, job.parameters, job_parts(job, package), ())
    if store.has(KIND, found.key):
        return found
    before = last.get(found.name)
    why = differences(before, found.parts) if before else ["it was not run before"]
    return replace(found, why=tuple(why) or ("its result is no longer kept",))


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
    states = {job.output: state(store, job, last, package) for job in jobs}
    fresh = [job for job in jobs if not _restore(job, states[job.output], store)]
    if len(jobs) > len(fresh):
        say(f"{len(jobs) - len(fresh)} of {len(jobs)} results are kept")

    def keep(job: Job) -> None:
        made = states[job.output]
        notebook = nbformat.read(job.output, as_version=4)
        if job_parts(job, Package(root)) != made.parts:
            say(f"{made.name}: changed while it ran; its result is not kept")
            return
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        store.put(KIND, made.key, nbformat.writes(notebook).encode())
        last[made.name] = made.parts

    try:
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
    write(with_outputs(job.chapter, nbformat.reads(kept.decode(), as_version=4)), job.output)
    return True
