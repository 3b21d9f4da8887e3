"""What authors wrote outlives a disk that is full: each verb that writes a file of theirs leaves it whole."""

from __future__ import annotations

import errno
import io
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import write_tiny_book
from press.cli import main
from press.errors import DataError
from press.refresh import write
from press.whole import write_whole


def fill_disk(patch: pytest.MonkeyPatch, folder: Path) -> list[str]:
    """Leave no room for content below a folder: a file opened to be written is emptied, what it is given refused.

    Returns the list of the files that will be tried.
    """
    opened, tried = io.open, []

    def open_on_a_full_disk(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        found = opened(file, mode, *arguments, **named)
        if "w" in mode and str(file).startswith(str(folder)) and "_build" not in str(file):
            tried.append(Path(file).name)
            with opened("/dev/full", "wb", buffering=0) as disk:
                os.dup2(disk.fileno(), found.fileno())
        return found

    patch.setattr(io, "open", open_on_a_full_disk)
    patch.setattr("builtins.open", open_on_a_full_disk)
    return tried


def files(root: Path) -> dict[str, bytes]:
    names = {str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith("_build")}


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path, other = tmp_path / "table.csv", tmp_path / "elsewhere.csv"
    path.symlink_to(other)
    other.write_text("before", "utf-8")
    other.chmod(0o640)
    with pytest.MonkeyPatch.context() as patch:
        fill_disk(patch, tmp_path)
        with pytest.raises(OSError, match="No space left on device") as raised:
            write_whole(path, "after")
    assert raised.value.filename == str(path) and other.read_text("utf-8") == "before"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["elsewhere.csv", "table.csv"]
    write_whole(path, "after")
    assert path.is_symlink() and path.read_text("utf-8") == "after" and other.stat().st_mode & 0o777 == 0o640


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book with a review sheet and a table of licences, its prose edited since it was accepted."""
    root = write_tiny_book(tmp_path_factory.mktemp("edited"))
    (root / "requirements.lock").write_text("", "utf-8")
    (root / "pyproject.toml").write_text("[tool.press]\nlicences = ['MIT']\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for verb in ("accept", "review", "licences"):
            assert (done := CliRunner().invoke(main, [verb])).exit_code == 0, done.output
    with (root / "notebooks/01_hens.md").open("a", encoding="utf-8") as file:
        file.write("\nMore words.\n")
    return root


@pytest.mark.parametrize("verb", ["accept", "sync", "review", "new ducks", "remove hens", "licences"])
def test_a_full_disk_costs_no_author_a_file(
    verb: str, edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(edited, tmp_path / "book"))
    before = files(root)
    monkeypatch.chdir(root)
    with pytest.MonkeyPatch.context() as patch:
        tried = fill_disk(patch, root)
        result = CliRunner().invoke(main, verb.split())
    assert tried and result.exit_code and "No space left on device" in result.output, result.output
    assert files(root) == before


def test_what_a_refresh_cannot_put_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text("before", "utf-8")
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target.name == "c.csv" or path.name == ".a.csv.new":  # the third comes not in, the first not back
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DataError) as raised:
        write.replace_all(tmp_path, dict.fromkeys(("a.csv", "b.csv", "c.csv"), b"after"))
    told = "a.csv: could not be put back as it was (Input/output error)"
    assert str(raised.value).endswith(told) and "c.csv: cannot be written" in str(raised.value)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        "a.csv": "after",
        "b.csv": "before",
        "c.csv": "before",
    }
