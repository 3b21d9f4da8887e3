"""A chapter in JupyterLab: the .md opens as a notebook with its figures, and saving writes both halves in step."""

from __future__ import annotations

import difflib
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from click.testing import CliRunner
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from conftest import CHAPTER, ROOT, write_tiny
from press.cli import main
from press.notebooks import find_chapter, pair_problem

#: JupyterLab has an environment of its own. 'make test' sets it up; tests that are run without may go without it.
LAB = ROOT / ".venv-lab"
MD, IPYNB = "notebooks/01_hens.md", "notebooks/01_hens.ipynb"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny book, accepted, with the book's own settings for jupytext."""
    if not (LAB / ".ready").exists():
        message = "found no environment for JupyterLab; 'make .venv-lab/.ready' sets it up"
        pytest.fail(message, pytrace=False) if os.environ.get("CI") else pytest.skip(message)
    root = write_tiny(tmp_path)
    header = (ROOT / "notebooks/01_deal.md").read_text("utf-8").split("---\n")[1]
    (root / MD).write_text("---\n".join(["", header, CHAPTER.split("---\n", 2)[2]]), "utf-8")
    shutil.copy(ROOT / "notebooks/jupytext.toml", root / "notebooks/jupytext.toml")
    monkeypatch.chdir(root)
    assert CliRunner().invoke(main, ["accept"]).exit_code == 0
    return root


@pytest.fixture
def lab(book: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """JupyterLab, opened on the book: asks its server for a path, or sends it a body, and returns the answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    port = address.rpartition(":")[2]
    options = [
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=hens",
        "--no-browser",
    ]
    command = [str(LAB / "bin/jupyter"), "lab", "--notebook-dir=.", "--allow-root", *options]
    server = subprocess.Popen(command, cwd=book, env=os.environ | own, stderr=(tmp_path / "lab.log").open("w"))
    session = requests.Session()
    session.mount(address, HTTPAdapter(max_retries=Retry(60, backoff_factor=0.1, backoff_max=1)))

    def ask(path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": "token hens"}
        answer = session.request("PUT" if body else "GET", f"{address}/api/{path}", json=body, headers=headers)
        assert answer.ok, answer.text
        return answer.json()

    try:
        yield ask
    finally:
        server.terminate()
        server.wait()


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [x for x in lines if x[:1] in "+-" and x[:3] not in ("+++", "---")]


def test_saving_writes_both_halves_and_keeps_the_outputs(book: Path, lab: Callable[..., Any]) -> None:
    before = {name: (book / name).read_text("utf-8") for name in (MD, IPYNB)}
    notebook = lab(f"contents/{MD}?type=notebook&content=1")["content"]
    figures = [
        output["data"]["image/svg+xml"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(figures) == 1 and "".join(figures[0]).startswith("<svg")
    prose = notebook["cells"][0]
    prose["source"] = prose["source"].replace("They laid", "Last year they laid")
    lab(f"contents/{MD}", {"type": "notebook", "content": notebook, "format": "json"})
    assert pair_problem(find_chapter(book, "hens")) is None
    told = changed(before[MD], (book / MD).read_text("utf-8"))
    assert told == ["-They laid {fact}`laid; .0f; eggs`.", "+Last year they laid {fact}`laid; .0f; eggs`."]
    assert CliRunner().invoke(main, ["sync"]).exit_code == 0
    after = changed(before[IPYNB], (book / IPYNB).read_text("utf-8"))
    assert [line for line in after if "They laid" not in line and "they laid" not in line and '"id"' not in line] == []


def test_running_and_saving_leaves_no_trace_of_the_run(book: Path, lab: Callable[..., Any]) -> None:
    notebook = nbformat.from_dict(lab(f"contents/{MD}?type=notebook&content=1")["content"])
    # With the kernel that JupyterLab starts, the Python of the chapters; no papermill.
    kernels = KernelSpecManager(kernel_dirs=[str(LAB / "share/jupyter/kernels")])
    spec = lab("kernelspecs")["kernelspecs"]["python3"]["spec"]
    assert spec["argv"] == kernels.get_kernel_spec("python3").argv
    notebook.metadata["kernelspec"]["display_name"] = spec["display_name"]  # as JupyterLab notes it down
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    NotebookClient(notebook, km=manager, resources={"metadata": {"path": str(book / "notebooks")}}).execute()
    before = {name: (book / name).read_text("utf-8") for name in (MD, IPYNB)}
    lab(f"contents/{MD}", {"type": "notebook", "content": notebook, "format": "json"})
    CliRunner().invoke(main, ["sync"])
    for name in (MD, IPYNB):
        told = [
            line for line in changed(before[name], (book / name).read_text("utf-8")) if "format_version" not in line
        ]
        assert told == [], name
