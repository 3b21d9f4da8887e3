"""Never stale, never twice: what is kept is not run again, and each reason to run is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from conftest import write_tiny
from press import execute, results
from press.cli import main
from press.jobs import Job
from press.notebooks import chapters, read_ipynb, write
from press.records import read_records
from press.store import open_store

MD, CSV = "notebooks/01_hens.md", "data/hens.csv"
SECOND = """---
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# The yard

```{code-cell} python
:tags: [parameters]

as_of: str = "2026-01-31"
```

```{code-cell} python
from press import Chapter

yard = Chapter("yard", as_of=as_of, tables=[])
```
"""


def edit(path: Path, old: str, new: str) -> str:
    """Change a file and return what it was."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text


class Runs:
    """Obtains the results of all chapters, and tells which of them were run."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.said, self.ran = root, list[str](), list[str]()
        truly = execute.run_all

        def run_all(jobs: list[Job], *rest: object) -> list[Path]:
            self.ran = [job.chapter.stem for job in jobs]
            return truly(jobs, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(execute, "run_all", run_all)

    def __call__(self) -> list[str]:
        self.ran, self.said = [], []
        store = open_store(self.root, self.said.append)
        jobs = [Job(c, self.root / f"_build/runs/{c.stem}.ipynb", {}) for c in chapters(self.root)]
        for job in jobs:
            job.output.unlink(missing_ok=True)
        results.obtain(jobs, store, self.said.append)
        assert all(job.output.is_file() for job in jobs)
        return self.ran

    def explain(self) -> list[str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root)
            told = CliRunner().invoke(main, ["explain"])
        assert told.exit_code == 0, told.output
        return told.output.splitlines()[:2]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    root = tmp_path / "book"
    root.mkdir()
    write_tiny(root)
    (root / "notebooks/02_yard.md").write_text(SECOND, "utf-8")
    monkeypatch.delenv("PRESS_STORE", raising=False)
    return Runs(root, monkeypatch)


KEPT = ["01_hens: kept", "02_yard: kept"]


def test_kernels_load_while_kept_results_are_written(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs()
    done: list[str] = []
    serve, restore = results.kernels, results.with_outputs

    @contextmanager
    def kernels() -> Iterator[None]:
        done.append("kernels load")
        with serve():
            yield

    def with_outputs(*given: Any) -> Any:
        done.append("a result is written")
        return restore(*given)

    monkeypatch.setattr(results, "kernels", kernels)
    monkeypatch.setattr(results, "with_outputs", with_outputs)
    assert runs() == []
    assert done == ["a result is written"] * 2  # nobody waits for kernels
    done.clear()
    edit(runs.root / CSV, "H002,2025,18", "H002,2025,20")
    assert runs() == ["01_hens"]
    assert done == ["kernels load", "a result is written"]


def test_never_stale_and_never_twice(runs: Runs) -> None:
    root, output = runs.root, runs.root / "_build/runs/01_hens.ipynb"
    assert runs.explain() == [f"{stem}: run, because it was not run before" for stem in ("01_hens", "02_yard")]
    assert runs() == ["01_hens", "02_yard"]
    first = output.read_bytes()
    assert runs() == [] and runs.said == ["2 of 2 results are kept"] and runs.explain() == KEPT
    assert output.read_bytes() == first

    # Prose runs nothing and is in the result all the same.
    edit(root / MD, "They laid", "Every one of them laid")
    assert runs.explain() == KEPT and runs() == []
    assert "Every one of them laid" in output.read_text("utf-8")

    # A table runs the chapters that read it, and no other.
    before = edit(root / CSV, "H002,2025,18", "H002,2025,20")
    assert runs.explain() == ["01_hens: run, because data/hens.csv changed", "02_yard: kept"]
    assert runs() == ["01_hens"] and runs.explain() == KEPT
    assert [r["value"] for r in read_records(output) if r["kind"] == "fact"] == [20, 8]

    # A cell runs its chapter; the explanation names it.
    edit(root / "notebooks/02_yard.md", "tables=[])", "tables=[])  # nothing")
    assert runs.explain() == ["01_hens: kept", "02_yard: run, because code cell 2 changed"]

    # An earlier state finds its results again.
    (root / CSV).write_text(before, "utf-8")
    edit(root / "notebooks/02_yard.md", "tables=[])  # nothing", "tables=[])")
    assert runs.explain() == KEPT and runs() == []
    assert [r["value"] for r in read_records(output) if r["kind"] == "fact"] == [18, 6]

    # A damaged entry is dropped, with a line that says so, and made anew.
    for path in (root / "_build/store/chapters").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert runs() == ["01_hens", "02_yard"]
    assert sum("is damaged; it is made anew" in line for line in runs.said) == 2
    assert runs() == [] and runs.explain() == KEPT

    # Results that went are made again, and that is the reason given.
    for path in (root / "_build/store/chapters").iterdir():
        path.unlink()
    assert runs.explain() == [f"{stem}: run, because its result is no longer kept" for stem in ("01_hens", "02_yard")]


def test_a_failure_keeps_what_succeeded_and_is_run_again(runs: Runs) -> None:
    good = edit(runs.root / MD, 'laid = hens.fact("laid"', '1 / 0\nlaid = hens.fact("laid"')
    for _ in range(2):
        with pytest.raises(Exception, match="ZeroDivisionError"):
            runs()
    assert runs.ran == ["01_hens"]
    (runs.root / MD).write_text(good, "utf-8")
    assert runs() == ["01_hens"]


def test_an_undeclared_read_is_an_error(runs: Runs) -> None:
    line = edit(runs.root / "notebooks/02_yard.md", "tables=[])", "tables=[])\nopen('../data/hens.csv')")
    line_number = line[: line.index("yard = Chapter")].count("\n") + 2
    with pytest.raises(Exception, match=r"reads data/hens.csv, which Chapter\(..., tables=\[...\]\)") as caught:
        runs()
    assert f"notebooks/02_yard.md, line {line_number} " in str(caught.value)


def test_what_changes_while_it_runs_is_not_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def changing(jobs: list[Job], workers: int, say: object, done: object) -> None:
        for job in jobs:
            job.output.parent.mkdir(parents=True, exist_ok=True)
            write(read_ipynb(runs.root / "ran.ipynb", ""), job.output)
        edit(runs.root / CSV, "H002,2025,18", "H002,2025,19")
        for job in jobs:
            done(job)  # type: ignore[operator]

    write(nbformat.v4.new_notebook(), runs.root / "ran.ipynb")
    monkeypatch.setattr(execute, "run_all", changing)
    store = open_store(runs.root, runs.said.append)
    jobs = [Job(c, runs.root / f"_build/runs/{c.stem}.ipynb", {}) for c in chapters(runs.root)]
    results.obtain(jobs, store, runs.said.append)
    assert "01_hens: changed while it ran; its result is not kept" in runs.said
    assert len(list((store.folder / "chapters").iterdir())) == 1  # the yard's
