"""A chapter is a pair: content decides whether it is in step, and prose edits keep the accepted outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from press.cli import main
from press.errors import ChapterError
from press.notebooks import chapter_call, code_lines, find_chapter, pair_problem, read_md, sync


@pytest.fixture
def accepted(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny book with accepted outputs."""
    monkeypatch.chdir(tiny)
    result = CliRunner().invoke(main, ["accept"])
    assert result.exit_code == 0, result.output
    return tiny


def replace(root: Path, old: str, new: str) -> None:
    path = root / "notebooks/01_hens.md"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def test_accepting_twice_changes_nothing(accepted: Path) -> None:
    before = (accepted / "notebooks/01_hens.ipynb").read_bytes()
    result = CliRunner().invoke(main, ["accept", "hens"])
    assert "as before" in result.output
    assert (accepted / "notebooks/01_hens.ipynb").read_bytes() == before
    notebook = nbformat.read(accepted / "notebooks/01_hens.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "papermill" not in notebook.metadata


def test_a_prose_edit_is_synced_and_outputs_stay(accepted: Path) -> None:
    chapter = find_chapter(accepted, "hens")
    assert pair_problem(chapter) is None
    replace(accepted, "They laid", "Last year they laid")
    problem = pair_problem(chapter)
    assert problem is not None and problem.startswith("notebooks/01_hens.md, cell 1: differs")
    outputs = [cell.get("outputs") for cell in nbformat.read(chapter.ipynb, as_version=4).cells]
    assert sync(chapter) and pair_problem(chapter) is None and not sync(chapter)
    assert [cell.get("outputs") for cell in nbformat.read(chapter.ipynb, as_version=4).cells] == outputs


def test_a_code_edit_drops_the_outputs_of_its_cell(accepted: Path) -> None:
    chapter = find_chapter(accepted, "hens")
    replace(accepted, 'title="More eggs"', 'title="Many eggs"')
    sync(chapter)
    cells = [cell for cell in nbformat.read(chapter.ipynb, as_version=4).cells if cell.cell_type == "code"]
    assert [bool(cell.outputs) for cell in cells] == [False, True, False]


def test_check_names_a_pair_out_of_step(accepted: Path) -> None:
    replace(accepted, "They laid", "Last year they laid")
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 4 and "'press sync' brings them in step" in result.output
    CliRunner().invoke(main, ["sync"])
    assert CliRunner().invoke(main, ["check"]).exit_code == 0


def test_a_missing_or_broken_notebook_is_named(tiny: Path) -> None:
    chapter = find_chapter(tiny, "hens")
    with pytest.raises(ChapterError, match=r"notebooks/01_hens.ipynb: the notebook is missing"):
        pair_problem(chapter)
    chapter.ipynb.write_text("no notebook", "utf-8")
    with pytest.raises(ChapterError, match=r"notebooks/01_hens.ipynb: is not a notebook"):
        pair_problem(chapter)


def test_lines_of_code_cells(tiny: Path) -> None:
    chapter = find_chapter(tiny, "hens")
    lines = chapter.md.read_text("utf-8").splitlines()
    cells = [cell for cell in read_md(chapter).cells if cell.cell_type == "code"]
    assert [lines[number - 1] for number in code_lines(chapter)] == [cell.source.splitlines()[0] for cell in cells]


def test_declared_tables_are_read_without_running(tiny: Path) -> None:
    assert chapter_call(find_chapter(tiny, "hens")) == ("hens", ["hens"])
    replace(tiny, 'tables=["hens"]', "tables=list(names)")
    with pytest.raises(ChapterError, match="found no Chapter"):
        chapter_call(find_chapter(tiny, "hens"))
