"""The book itself: its data, its chapters, its claims, and the site made of them."""

from __future__ import annotations

import filecmp
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from conftest import ROOT, copy_book
from press.checks import Book as CheckedBook
from press.claims import load_claims
from press.comparison import compare, read_comparison, scenario_jobs
from press.editions import results
from press.execute import run_all
from press.jobs import Job
from press.notebooks import chapter_call, chapters, pair_problem
from press.package import Package
from press.prose import is_draft
from press.records import Record, read_records
from press.site import build
from press.store import STORE_VARIABLE
from press.validate import validate

BOOK = chapters(ROOT)
FIRST_EDITION = "2025-12-15"
#: What the commentary is about: a chapter each. A book may have more.
THEMES = {"deal", "potash", "prisoners", "border", "exile", "washington", "fertiliser"}
#: Chapters that do not tell their readers that they are drafts.
FINISHED = [chapter for chapter in BOOK if not is_draft(chapter.md.read_text("utf-8"))]


def records(name: str) -> list[Record]:
    return [r for chapter in BOOK for r in read_records(chapter.ipynb) if r["kind"] == name]


def evidence(package: Package) -> dict[str, pd.DataFrame]:
    """The tables whose rows have a source."""
    tables = {name: package.table(name) for name in package.resources}
    return {name: frame for name, frame in tables.items() if "source_id" in frame}


def test_the_data_are_valid() -> None:
    assert validate(ROOT) == []


def test_every_row_has_a_source_and_the_day_it_became_known() -> None:
    package = Package(ROOT)
    tables = evidence(package)
    assert len(tables) >= 20
    for name, frame in tables.items():
        assert frame["source_id"].isin(package.sources.index).all(), name
        assert frame["known_from"].notna().all() and (frame["known_from"] <= pd.Timestamp("2026-11-23")).all(), name


def test_a_chapter_for_each_theme_in_step() -> None:
    assert {chapter.stem.partition("_")[2] for chapter in BOOK} >= THEMES
    assert [problem for chapter in BOOK if (problem := pair_problem(chapter))] == []


@pytest.mark.parametrize("chapter", BOOK, ids=lambda chapter: chapter.stem)
def test_a_chapter_has_its_figures_and_shows_no_error(chapter: object) -> None:
    notebook = json.loads(chapter.ipynb.read_text("utf-8"))  # type: ignore[attr-defined]
    figures = [r for r in read_records(chapter.ipynb) if r["kind"] == "figure"]  # type: ignore[attr-defined]
    assert len(figures) >= (4 if chapter in FINISHED else 1)
    for figure in figures:
        assert len(figure["alt"]) > 40 and figure["rows"] and figure["wide"].startswith("<svg")
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [o for o in outputs if o["output_type"] in ("error", "stream")]


def test_every_claim_is_judged_once_in_its_chapter() -> None:
    claims = load_claims(Package(ROOT))
    assert sum(claim.chapter in THEMES for claim in claims.values()) == 45  # what the commentary claims
    assert sorted(r["id"] for r in records("verdict")) == sorted(claims)
    assert all(
        claims[r["id"]].chapter == r["chapter"] and claims[r["id"]].rule == r["rule"] for r in records("verdict")
    )


def test_a_reader_needs_about_ten_minutes() -> None:
    """The book sets the limits that 'press check' holds every chapter to (see test_checks)."""
    assert CheckedBook(ROOT).minutes == [5, 11]


def test_a_fresh_run_gives_the_accepted_results(tmp_path: Path) -> None:
    """The whole book again: every output equals the committed one. (nbval compares the chapters cell by cell too.)"""
    for chapter, output in zip(BOOK, run_all([Job(c, tmp_path / f"{c.stem}.ipynb", {}) for c in BOOK]), strict=True):
        fresh, accepted = (nbformat.read(path, as_version=4) for path in (output, chapter.ipynb))
        for index, (a, b) in enumerate(zip(fresh.cells, accepted.cells, strict=True)):
            assert a.get("outputs") == b.get("outputs"), f"{chapter.stem}, cell {index + 1}"


def test_a_fresh_run_gives_the_accepted_scenarios(tmp_path: Path) -> None:
    jobs = scenario_jobs(ROOT, {}, tmp_path)
    run_all(jobs)
    assert compare(jobs) == read_comparison(ROOT)


def test_the_first_edition_knows_nothing_later(tmp_path: Path) -> None:
    package = Package(ROOT)
    known = pd.concat([frame.set_index("id")["known_from"] for frame in evidence(package).values()])
    jobs = [Job(c, tmp_path / f"{c.stem}.ipynb", {"as_of": FIRST_EDITION}) for c in BOOK]
    outputs = run_all(jobs)
    rows = {row for output in outputs for record in read_records(output) for row in record.get("rows", [])}
    assert len(rows) > 500 and (known[sorted(rows)] <= pd.Timestamp(FIRST_EDITION)).all()
    fresh = results(record for output in outputs for record in read_records(output))
    assert fresh == json.loads((ROOT / f"editions/{FIRST_EDITION}.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("table", "old", "new", "chapter"),
    [("releases", ",114,", ",115,", "01_deal"), ("us_potash", "5970", "5971", "07_fertiliser")],
)
def test_one_changed_value_makes_nbval_fail(tmp_path: Path, table: str, old: str, new: str, chapter: str) -> None:
    book = copy_book(tmp_path)
    path = book / "data" / f"{table}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", f"notebooks/{chapter}.ipynb"]
    done = subprocess.run(command, cwd=book, capture_output=True, text=True)
    assert done.returncode == 1 and "failed" in done.stdout, done.stdout[-2000:]


def test_the_site_has_its_pages(site: Path) -> None:
    pages = {str(path.relative_to(site)) for path in site.rglob("*.html")}
    wanted = {f"notebooks/{chapter.stem}.html" for chapter in BOOK}
    wanted |= {
        f"book/{name}.html" for name in ("index", "ledger", "methods", "data", "sources", "glossary", "references")
    }
    assert wanted <= pages
    index = (site / "book/index.html").read_text("utf-8")
    judged = {claim.chapter for claim in load_claims(Package(ROOT)).values()}
    themes = sorted(f"../notebooks/{chapter.stem}.html" for chapter in BOOK if chapter_call(chapter)[0] in judged)
    assert sorted(re.findall(r'class="press-card-link" href="([^"#]+)', index)) == themes
    ledger = (site / "book/ledger.html").read_text("utf-8")
    assert set(re.findall(r"#claim-([A-Z]\d+)", ledger)) == set(load_claims(Package(ROOT)))


def test_a_second_build_gives_the_same_files(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Chapters have run three times for the tests above; here the pages are made again, in another folder.
    monkeypatch.setenv(STORE_VARIABLE, str(site.parent / "store"))
    again = build(copy_book(tmp_path), {}, lambda text: None)
    names = sorted(str(path.relative_to(site)) for path in site.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(again)) for path in again.rglob("*") if path.is_file())
    _, different, errors = filecmp.cmpfiles(site, again, names, shallow=False)
    assert (different, errors) == ([], [])


def test_plain_jupyter_book_works_from_the_committed_outputs(tmp_path: Path) -> None:
    book = copy_book(tmp_path)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-W", "--keep-going", "-q"]
    done = subprocess.run(command, cwd=book, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (book / "_build/html/notebooks/02_potash.html").is_file()


def test_the_lock_is_whole_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock and "--index" not in lock
    pins = re.findall(r"^[a-z0-9._-]+==", lock, flags=re.M)
    assert len(pins) > 100
    blocks = re.split(r"\n(?=[a-z0-9])", lock.strip(), flags=re.I)
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_conda_users_get_the_lock() -> None:
    environment = (ROOT / "environment.yml").read_text("utf-8")
    assert "--require-hashes -r requirements.lock" in environment
    wanted = re.search(r'requires-python = ">=(\d+\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert wanted and f"python >={wanted[1]}" in environment


def test_the_press_knows_nothing_of_the_subject() -> None:
    words = re.compile(r"thaw|belarus|potash|minsk|lukashenka", re.I)
    hits = [
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "src/press").rglob("*")
        if path.suffix in (".py", ".html")
        for line in path.read_text("utf-8").splitlines()
        if words.search(line)
    ]
    assert hits == []
