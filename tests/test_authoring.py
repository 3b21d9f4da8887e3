"""A new chapter runs as it is and is gone without a trace; one that cannot run leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from conftest import CHAPTER, write_tiny_book
from press import authoring, whole
from press.checks import Book
from press.claims import load_claims
from press.cli import main
from press.errors import ChapterError, DataError
from press.package import Package
from press.records import read_records
from press.site import build
from press.validate import validate

EDITIONS = "id,as_of,title\nearly,2025-12-31,The first\nlatest,2026-01-31,The latest\n"


def press(root: Path, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        return CliRunner().invoke(main, list(arguments))


def state(root: Path) -> dict[str, bytes]:
    """Every file of a book, without what was built."""
    files = (path for path in root.rglob("*") if path.is_file() and "_build" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def give_editions(root: Path) -> None:
    descriptor = json.loads((root / "data/datapackage.json").read_text("utf-8"))
    fields = [{"name": name, "type": "date" if name == "as_of" else "string"} for name in ("id", "as_of", "title")]
    schema = {"fields": fields, "primaryKey": "id"}
    descriptor["resources"].append(
        {"name": "editions", "path": "editions.csv", "profile": "tabular-data-resource", "schema": schema}
    )
    (root / "data/datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    (root / "data/editions.csv").write_text(EDITIONS, "utf-8")


def take_claims(root: Path) -> None:
    """Make the tiny book one without a table of claims."""
    descriptor = json.loads((root / "data/datapackage.json").read_text("utf-8"))
    descriptor["resources"] = [found for found in descriptor["resources"] if found["name"] != "claims"]
    (root / "data/datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    (root / "data/claims.csv").unlink()
    chapter = root / "notebooks/01_hens.md"
    chapter.write_text("\n".join(line for line in CHAPTER.splitlines() if "judge(" not in line) + "\n", "utf-8")


def test_a_new_chapter_is_whole_and_its_removal_leaves_no_trace(tiny_book: Path) -> None:
    give_editions(tiny_book)
    assert press(tiny_book, "accept").exit_code == 0
    before = state(tiny_book)
    made = press(tiny_book, "new", "ducks", "--title", "Ducks lay less")
    assert made.exit_code == 0, made.output
    assert validate(tiny_book) == [] and list(Book(tiny_book).problems()) == []
    toc = yaml.safe_load((tiny_book / "_toc.yml").read_text("utf-8"))
    assert toc["chapters"][1] == {"file": "notebooks/02_ducks", "title": "Ducks"}
    (claim,) = (claim for claim in load_claims(Package(tiny_book)).values() if claim.chapter == "ducks")
    assert claim.id == "D1"
    kinds = [record["kind"] for record in read_records(tiny_book / "notebooks/02_ducks.ipynb")]
    assert kinds == ["chapter", "fact", "fact", "fact", "figure", "verdict"]
    early = json.loads((tiny_book / "editions/early.json").read_text("utf-8"))
    assert early["ducks"]["verdicts"]["D1"]["verdict"] == "open"
    assert "# Ducks lay less" in (tiny_book / "notebooks/02_ducks.md").read_text("utf-8")
    again = press(tiny_book, "new", "ducks")
    assert again.exit_code == 4 and "there is a chapter 'ducks' already" in again.output
    gone = press(tiny_book, "remove", "ducks")
    assert gone.exit_code == 0, gone.output
    assert state(tiny_book) == before


def test_a_new_chapter_is_built_and_held_by_nbval_in_a_book_without_claims(tiny_book: Path) -> None:
    take_claims(tiny_book)
    assert press(tiny_book, "accept").exit_code == 0
    made = press(tiny_book, "new", "ducks")
    assert made.exit_code == 0, made.output
    text = (tiny_book / "notebooks/02_ducks.md").read_text("utf-8")
    assert "judge(" not in text and "commentary" not in text
    assert list(Book(tiny_book).problems()) == []
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "notebooks/02_ducks.ipynb"], cwd=tiny_book, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    site = build(tiny_book, {}, lambda text: None)
    page = (site / "notebooks/02_ducks.html").read_text("utf-8")
    assert "A draft: ducks" in page and 'id="fig-ducks-first"' in page and "This chapter is a skeleton" in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Ducks!"], "found the name 'Ducks!', expected small letters, digits and _"),
        (["ducks", "--title", "All 12 ducks"], "title: found the bare number 12"),
    ],
)
def test_a_name_or_title_that_does_not_do_is_refused(tiny_book: Path, arguments: list[str], told: str) -> None:
    before = state(tiny_book)
    made = press(tiny_book, "new", *arguments)
    assert made.exit_code == 4 and told in made.output
    assert state(tiny_book) == before


def test_a_chapter_that_fails_leaves_nothing_behind(tiny_book: Path) -> None:
    before = state(tiny_book)
    path = tiny_book / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    claims = next(found for found in descriptor["resources"] if found["name"] == "claims")
    claims["schema"]["fields"].append({"name": "weight", "type": "string", "constraints": {"required": True}})
    path.write_text(json.dumps(descriptor), "utf-8")
    broken = state(tiny_book)
    made = press(tiny_book, "new", "ducks")  # a field that the press does not know how to fill
    assert made.exit_code == 3 and "data/claims.csv" in made.output, made.output
    assert state(tiny_book) == broken
    path.write_bytes(before["data/datapackage.json"])
    (tiny_book / "_toc.yml").write_text("format: jb-book\nroot: book/index\n", "utf-8")
    broken = state(tiny_book)
    made = press(tiny_book, "new", "ducks")
    assert made.exit_code == 4 and "_toc.yml: found no list 'chapters'" in made.output
    assert state(tiny_book) == broken


def test_a_chapter_that_others_use_stays(tmp_path: Path) -> None:
    root = write_tiny_book(tmp_path)
    (root / "book/index.md").write_text(
        "# Hens\n\n```{ledger}\n```\n\n{fact}`hens.laid` in [it](../notebooks/01_hens.md).\n", "utf-8"
    )
    before = state(root)
    gone = press(root, "remove", "hens")
    assert gone.exit_code == 4
    assert "book/index.md, line 6: the fact 'hens.laid'\nbook/index.md, line 6: a link to its page" in gone.output
    assert state(root) == before


def test_a_file_that_cannot_be_put_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, other = tmp_path / "data/claims.csv", tmp_path / "data/other.csv"
    stuck.parent.mkdir()
    for path in (stuck, other):
        path.write_text("before", "utf-8")

    def refuse(path: Path, content: bytes) -> None:
        if path == stuck:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        path.write_bytes(content)

    monkeypatch.setattr(whole, "write_whole", refuse)
    with pytest.raises(ChapterError) as raised, authoring.undone_on_failure([stuck, other]):
        for path in (stuck, other):
            path.write_text("after", "utf-8")
        raise DataError("a row is wrong")
    told = "a row is wrong\ndata/claims.csv: could not be put back as it was (No space left on device)"
    assert str(raised.value) == told and other.read_text("utf-8") == "before"
