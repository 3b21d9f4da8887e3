"""What is wrong with a chapter is told before it is run, with file and line, and what is right is left alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT, hide, write_tiny
from press.checks import Book
from press.cli import main
from press.notebooks import code_cells, find_chapter, read_md
from press.spelling import misspelt, texts


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book with accepted outputs, made once; tests copy it."""
    root = write_tiny(tmp_path_factory.mktemp("accepted"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert CliRunner().invoke(main, ["accept"]).exit_code == 0
    return root


@pytest.fixture
def hens(accepted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(accepted, tmp_path / "hens"))


def problems(root: Path) -> list[str]:
    """What is wrong, apart from pairs: every edit here puts one out of step."""
    return [problem for problem in Book(root).problems() if "in step" not in problem]


def edit(root: Path, old: str, new: str, name: str = "notebooks/01_hens.md") -> int:
    """Change a file; return the line on which the new text ends."""
    path = root / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text.count("\n", 0, text.index(old)) + new.count("\n") + 1


def test_nothing_is_wrong_with_the_tiny_book(hens: Path) -> None:
    assert list(Book(hens).problems()) == []


def test_nothing_is_wrong_with_the_book() -> None:
    book = Book(ROOT)
    assert list(book.problems()) == []
    assert list(misspelt(ROOT, texts(ROOT, book))) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('hens.table("hens")', 'hens.table("sources")', "found the table 'sources', expected one of Chapter(tables="),
        ("{fact}`laid;", "{fact}`lade;", "found the fact 'lade', expected one that notebooks/01_hens.md states; did"),
        ("{fact}`laid;", "{fact}`ducks.laid;", "found the fact 'ducks.laid', expected chapter.name"),
        ("They laid", "They laid 17 or", "found the bare number 17, expected a {fact}"),
    ],
)
def test_a_fault_is_told_with_its_line(hens: Path, old: str, new: str, told: str) -> None:
    line = edit(hens, old, new)
    (problem,) = problems(hens)
    assert problem.startswith(f"notebooks/01_hens.md, line {line}: {told}")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('    alt="Bars that grow.",\n', "", "figure 'eggs': found no alt, expected alt=... with what the chart shows"),
        ('alt="Bars that grow."', 'alt=" "', "figure 'eggs': found an empty alt, expected what the chart shows"),
        ('title="More eggs"', 'title=""', "figure 'eggs': found an empty title, expected a title"),
        ('alt="Bars that grow."', 'alt="More eggs"', "figure 'eggs': found an alt that repeats the title"),
    ],
)
def test_a_figure_that_is_not_told_is_named(hens: Path, old: str, new: str, told: str) -> None:
    edit(hens, old, new)
    (problem,) = problems(hens)
    line = (hens / "notebooks/01_hens.md").read_text("utf-8").splitlines().index("hens.figure(") + 1
    assert problem.startswith(f"notebooks/01_hens.md, line {line}: {told}")


def test_claims_are_judged_by_their_chapter(hens: Path) -> None:
    line = edit(hens, 'judge("C1"', 'judge("C2"')
    assert problems(hens) == [
        f"notebooks/01_hens.md, line {line}: found the claim 'C2', expected one of data/claims.csv; known: C1",
        'data/claims.csv, row 2, claim C1: found no verdict, expected .judge("C1", ...) in notebooks/01_hens.md',
    ]
    edit(hens, "C1,hens", "C1,ducks", "data/claims.csv")
    assert (
        "data/claims.csv, row 2, field chapter: found 'ducks', expected a chapter; known: hens" in Book(hens).problems()
    )


def test_a_fact_that_code_puts_together_is_believed(hens: Path) -> None:
    """In a cell that has not been run a name may be literal, in a list, or put together: no false alarm."""
    edit(
        hens,
        'laid = hens.fact("laid"',
        'for a in ["x"]:\n    hens.missing(f"{a}_low", unit="eggs")\nlaid = hens.fact("laid"',
    )
    edit(hens, "{fact}`laid; .0f; eggs`", "{fact}`laid`, {fact}`x_low`")
    assert problems(hens) == []
    edit(hens, "{fact}`x_low`", "{fact}`x_high`")
    assert ["x_high" in problem for problem in problems(hens)] == [True]


def test_facts_of_pages_and_cards_are_known(hens: Path) -> None:
    (hens / "book").mkdir()
    page = "# Hens\n\n{fact}`hens.laid` and ``{fact}`no.fact` ``\n\n"
    page += "```{chapter-card} hens\n:fact: laid\n:figure: eggs\n```\n"
    (hens / "book/index.md").write_text(page, "utf-8")
    assert problems(hens) == []
    (hens / "book/index.md").write_text(page.replace("laid", "lain"), "utf-8")
    assert [problem.partition(",")[2].partition(":")[0] for problem in problems(hens)] == [" line 3", " line 6"]


def test_reading_time_has_limits_and_a_draft_may_be_short(hens: Path) -> None:
    config = "sphinx:\n  config:\n    press_reading_minutes: [1, 2]\n"
    (hens / "_config.yml").write_text(config, "utf-8")
    assert problems(hens) == ["notebooks/01_hens.md: found 0.0 minutes of reading (3 words), expected 1 to 2"]
    edit(hens, "They laid", ":::{admonition} Draft\n:class: draft\nWords.\n:::\n\nThey laid")
    assert problems(hens) == []
    edit(hens, "They laid", "egg " * 500)
    (problem,) = problems(hens)
    assert "expected 1 to 2" in problem


def test_names_words_and_style_are_spelt(hens: Path) -> None:
    (hens / "book").mkdir()
    (hens / "book/names.txt").write_text("# Names\nBerta Huhn, Hen Bertha -> Bertha Hen\n", "utf-8")
    (hens / "book/style.txt").write_text("color->colour\n", "utf-8")
    (hens / "book/words.txt").write_text("fram\n", "utf-8")
    line = edit(hens, "They laid", "Berta Huhn of fram liked\nthe color and recieved `teh` word.\nThey laid")
    edit(hens, "# The hens lay more", "# The hens occured")
    edit(hens, 'because="There are more."', 'because="There are teh eggs."')
    found = list(misspelt(hens, texts(hens, Book(hens))))
    place = f"notebooks/01_hens.md, line {line - 2}"
    after = f"notebooks/01_hens.md, line {line - 1}"
    assert found[0] == f"{place}: found the name 'Berta Huhn', expected 'Bertha Hen'"
    assert found[1:4] == [
        "notebooks/01_hens.md, line 12: found 'occured', expected occurred",
        f"{after}: found 'color', expected colour",
        f"{after}: found 'recieved', expected received",
    ]
    assert len(found) == 5 and "found 'teh', expected the" in found[4]


def test_the_verb_looks_at_one_kind_or_one_chapter(hens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hens)
    for what in ("all", "data", "pairs", "chapters", "spelling", "hens"):
        result = CliRunner().invoke(main, ["check", what])
        assert result.exit_code == 0, result.output
    result = CliRunner().invoke(main, ["check", "hen"])
    assert result.exit_code == 4 and "there is no chapter 'hen'; did you mean" in result.output


def test_a_glance_sees_the_cells_that_jupytext_sees() -> None:
    for chapter in (find_chapter(ROOT, name) for name in ("potash", "border")):
        cells = [cell for cell in read_md(chapter).cells if cell.cell_type == "code"]
        assert [(c.source, tuple(c.metadata.get("tags", ()))) for c in cells] == [
            (cell.source, cell.tags) for cell in code_cells(chapter)
        ]


def test_checking_chapters_waits_for_no_heavy_library() -> None:
    """What takes seconds to import would be most of the time of 'press check'."""
    heavy = ("pandas", "nbformat", "jupytext", "papermill", "frictionless", "IPython", "altair")
    code = (
        "import sys; from press.cli import main; main(['check', 'chapters'], standalone_mode=False); "
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_pages_that_cannot_be_listed_are_not_taken_for_none(hens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (hens / "book").mkdir()
    hide(hens / "book", monkeypatch)
    with pytest.raises(PermissionError, match="Permission denied"):
        problems(hens)
