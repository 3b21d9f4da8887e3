"""The press alone: its wheel, in an environment without this book, begins a publication that builds and passes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from press import __version__
from press.begin import begin
from press.errors import PressError

ALONE = ROOT / "packaging/press/pyproject.toml"


def project(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def test_the_press_alone_needs_what_the_book_needs() -> None:
    book, alone = project(ROOT / "pyproject.toml"), project(ALONE)
    assert alone["project"]["dependencies"] == book["project"]["dependencies"]
    for name in ("scripts", "entry-points"):
        own = {k: v for k, v in book["project"][name].items() if "thaw" not in str(v)}
        assert alone["project"][name] == own
    data = book["tool"]["setuptools"]["package-data"]
    assert alone["tool"]["setuptools"]["package-data"] == {"press": data["press"]}


def test_where_a_publication_may_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine", "utf-8")
    with pytest.raises(PressError, match="full: holds something already, expected a new or an empty folder"):
        begin(tmp_path / "full")
    monkeypatch.setattr("press.execute.run_all", lambda jobs: (_ for _ in ()).throw(PressError("the kernel died")))
    with pytest.raises(PressError, match="the kernel died"):
        begin(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["full"] and len(list((tmp_path / "full").iterdir())) == 1


def test_a_second_publication_from_the_wheel_alone(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    for name in ("packaging", "src"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.egg-info", "build", "thaw"))
    quiet = {**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(wheels)]
    subprocess.run([*pip, str(tmp_path / "packaging/press")], check=True, env=quiet)
    # An environment with the locked packages and without this repository: its own site-packages hold the wheel alone,
    # and a path to the others, whose links to sources are not followed there.
    home = tmp_path / "environment"
    venv.create(home, symlinks=True)
    python = home / "bin/python"
    own = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    (own / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    (wheel,) = wheels.glob("*.whl")
    into = ["--no-deps", "--no-index", "--target", str(own), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", *into], check=True, env=quiet)
    for name in ("jupyter-book", "press"):
        program = home / "bin" / name
        module = {"jupyter-book": "jupyter_book.cli.main", "press": "press.cli"}[name]
        program.write_text(f"#!{python}\nimport sys\nfrom {module} import main\nsys.exit(main())\n", "utf-8")
        program.chmod(0o755)
    (home / ".ready").touch()

    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PRESS_", "PYTEST"))}

    def run(*command: str, folder: Path = tmp_path) -> str:
        done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    assert run(str(python), "-c", "import press, importlib.util as u; print(press.__file__, u.find_spec('thaw'))") == (
        f"{own / 'press/__init__.py'} None\n"
    )
    run(str(home / "bin/press"), "init", "hens")
    book = tmp_path / "hens"
    os.utime(home / ".ready", ns=(2**62, 2**62))  # newer than requirements.txt: nothing is to be installed
    assert "The site is in _build/site/" in run("make", "book", f"VENV={home}", folder=book)
    assert "chapters: 1 pairs" in run("make", "test", f"VENV={home}", folder=book)
    ledger = (book / "_build/site/book/ledger.html").read_text("utf-8")
    for verdict in ("supported", "contradicted", "open"):
        assert verdict in ledger
    assert f"press-for-claims[test]=={__version__}" in (book / "requirements.txt").read_text("utf-8")
