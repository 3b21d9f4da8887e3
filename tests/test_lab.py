"""A chapter in JupyterLab: the .md opens as a notebook with its figures, and saving writes both halves in step."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

from conftest import CHAPTER, ROOT, write_tiny
from press.cli import main
from press.notebooks import find_chapter, pair_problem

# JupyterLab has an environment of its own (make lab); where its server is not installed there is nothing to try.
pytest.importorskip("jupyter_server")

MD, IPYNB = "notebooks/01_hens.md", "notebooks/01_hens.ipynb"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny book, accepted, with the book's own settings for jupytext."""
    root = write_tiny(tmp_path)
    header = (ROOT / "notebooks/01_deal.md").read_text("utf-8").split("---\n")[1]
    (root / MD).write_text("---\n".join(["", header, CHAPTER.split("---\n", 2)[2]]), "utf-8")
    shutil.copy(ROOT / "notebooks/jupytext.toml", root / "notebooks/jupytext.toml")
    monkeypatch.chdir(root)
    assert CliRunner().invoke(main, ["accept"]).exit_code == 0
    return root


@pytest.fixture
def contents(book: Path) -> Any:
    """What answers JupyterLab's requests for files: jupytext's contents manager, as its server extension makes it."""
    from jupyter_server.services.contents.largefilemanager import LargeFileManager
    from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)()
    manager.root_dir = str(book)
    return manager


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [x for x in lines if x[:1] in "+-" and x[:3] not in ("+++", "---")]


def test_saving_writes_both_halves_and_keeps_the_outputs(book: Path, contents: Any) -> None:
    before = {name: (book / name).read_text("utf-8") for name in (MD, IPYNB)}
    model = contents.get(MD, type="notebook", content=True)
    figures = [
        output.data["image/svg+xml"]
        for cell in model["content"]["cells"]
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(figures) == 1 and "".join(figures[0]).startswith("<svg")
    prose = model["content"]["cells"][0]
    prose["source"] = prose["source"].replace("They laid", "Last year they laid")
    contents.save({"type": "notebook", "content": model["content"], "format": "json"}, MD)
    assert pair_problem(find_chapter(book, "hens")) is None
    told = changed(before[MD], (book / MD).read_text("utf-8"))
    assert told == ["-They laid {fact}`laid; .0f; eggs`.", "+Last year they laid {fact}`laid; .0f; eggs`."]
    assert CliRunner().invoke(main, ["sync"]).exit_code == 0
    after = changed(before[IPYNB], (book / IPYNB).read_text("utf-8"))
    assert [line for line in after if "They laid" not in line and "they laid" not in line and '"id"' not in line] == []


def test_running_and_saving_leaves_no_trace_of_the_run(book: Path, contents: Any) -> None:
    model = contents.get(MD, type="notebook", content=True)
    notebook = nbformat.from_dict(model["content"])
    NotebookClient(notebook, resources={"metadata": {"path": str(book / "notebooks")}}).execute()  # no papermill
    before = {name: (book / name).read_text("utf-8") for name in (MD, IPYNB)}
    contents.save({"type": "notebook", "content": notebook, "format": "json"}, MD)
    CliRunner().invoke(main, ["sync"])
    for name in (MD, IPYNB):
        told = [
            line for line in changed(before[name], (book / name).read_text("utf-8")) if "format_version" not in line
        ]
        assert told == [], name
