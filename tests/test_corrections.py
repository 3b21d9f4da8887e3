"""Corrections and revisions are data: applied where rows are read, marked where they are shown, refused when stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import amend
from press.errors import DataError
from press.evidence import Evidence
from press.notebooks import find_chapter
from press.package import Package
from press.results import chapter_parts
from press.site import SITE, build
from press.validate import validate

COUNTED = "COR001,hens,H001,value,12,13,The farm counted again.,farm,2025-03-01\n"
REVISED = "REV001,hens,H001,value,12,14,,farm,2025-06-01\n"


def value(root: Path, as_of: str | None = None) -> float:
    return float(Package(root).table("hens", as_of)["value"].iloc[0])


def test_a_corrected_row_is_read_so_and_stays_as_published_in_its_file(tiny: Path) -> None:
    before = (tiny / "data/hens.csv").read_bytes()
    assert validate(amend(tiny, COUNTED)) == []
    assert value(tiny) == 13 and Package(tiny).rows("hens")[0]["value"] == "13"
    assert (tiny / "data/hens.csv").read_bytes() == before


def test_an_edition_before_the_correction_keeps_what_was_known(tiny: Path) -> None:
    amend(tiny, COUNTED)
    assert value(tiny, "2025-02-28") == 12 and value(tiny, "2025-03-01") == 13


def test_the_row_carries_a_mark(tiny: Path) -> None:
    evidence = Evidence.load(Package(amend(tiny, COUNTED)), "2026-01-31")
    assert [(mark.done, mark.old) for mark in evidence.rows["H001"].amendments] == [("corrected", "12")]
    assert evidence.rows["H002"].amendments == () and "corrections" not in evidence.tables
    assert Evidence.load(Package(tiny), "2025-02-28").rows["H001"].amendments == ()


def test_a_chapter_that_reads_the_row_is_run_again_from_that_day_on(tiny: Path) -> None:
    chapter = find_chapter(tiny, "01_hens")
    amend(tiny)
    before = [chapter_parts(chapter, {"as_of": day}, Package(tiny)) for day in ("2025-02-28", "2025-03-01")]
    amend(tiny, COUNTED)
    after = [chapter_parts(chapter, {"as_of": day}, Package(tiny)) for day in ("2025-02-28", "2025-03-01")]
    assert before[0] == after[0]
    assert {part for part in after[1] if after[1][part] != before[1][part]} == {"data/hens.csv"}


def test_revisions_come_first_and_follow_each_other(tiny: Path) -> None:
    second = "REV002,hens,H001,value,14,15,,farm,2025-09-01\n"
    assert validate(amend(tiny, "", second + REVISED)) == []
    assert [value(tiny, day) for day in ("2025-05-31", "2025-06-01", "2025-09-01")] == [12, 14, 15]


@pytest.mark.parametrize(
    ("corrections", "told"),
    [
        (
            COUNTED.replace(",12,", ",11,"),
            "data/corrections.csv, row 2 (COR001), field old: found '12' in row H001, field value of data/hens.csv, "
            "expected '11': the published value has changed, so the correction must be looked at again",
        ),
        (COUNTED.replace("H001", "H009"), "row 2 (COR001), field row: found 'H009', expected an id of data/hens.csv"),
        (COUNTED.replace(",value,", ",vale,"), "field field: found 'vale', expected a field of data/hens.csv that can"),
        (COUNTED.replace(",value,12,", ",source_id,farm,"), "field field: found 'source_id', expected a field"),
        (COUNTED.replace("hens,", "hen,"), "field table: found 'hen', expected a table; did you mean 'hens'?"),
        (COUNTED.replace(",13,", ",many,"), "field new: found 'many', expected a number"),
        (COUNTED.replace(",13,", ",-13,"), "field new: found '-13', expected a number with a decimal point, minimum 0"),
        (COUNTED.replace(",farm,", ",fram,"), "field source_id: found 'fram', expected an id of sources"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(tiny: Path, corrections: str, told: str) -> None:
    (line,) = validate(amend(tiny, corrections))
    assert line.startswith("data/corrections.csv, row 2") and told in line


def test_a_correction_fails_once_the_publisher_changes_the_value(tiny: Path) -> None:
    amend(tiny, COUNTED, REVISED)
    (line,) = validate(tiny)
    assert "found '14' in row H001, field value of data/hens.csv, expected '12'" in line
    with pytest.raises(DataError, match="must be looked at again"):
        value(tiny)
    assert value(tiny, "2025-05-31") == 13  # what was public then still holds together


def test_tables_without_rows_are_valid(tiny: Path) -> None:
    assert validate(amend(tiny)) == []


def test_pages_show_marks_reasons_and_where_to_report(tiny_book: Path) -> None:
    amend(tiny_book, COUNTED, "REV001,hens,H002,value,18,19,,farm,2025-12-31\n")
    (tiny_book / "book/corrections.md").write_text("# Corrections\n\n```{corrections}\n```\n", "utf-8")
    for name, old, new in (
        ("_toc.yml", "  - file: book/data\n", "  - file: book/data\n  - file: book/corrections\n"),
        ("_config.yml", "    html_theme: press\n", "    html_theme: press\n    press_report: hens@example.org\n"),
    ):
        path = tiny_book / name
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    build(tiny_book, {}, lambda text: None)
    site = tiny_book / SITE
    page = (site / "book/corrections.html").read_text("utf-8")
    assert "1 correction:" in page and "1 revision:" in page and "The farm counted again." in page
    assert 'id="COR001"' in page and 'href="mailto:hens@example.org"' in page
    rows = (site / "evidence/tables/hens.html").read_text("utf-8")
    assert "13 eggs" in rows and "Corrected: value, published as 12" in rows
    assert 'href="../../book/corrections.html#COR001"' in rows and "Revised: value, published as 18" in rows
    (figure,) = (site / "_figures").glob("hens-eggs.*.csv")
    assert "corrected value, published as 12 (COR001)" in figure.read_text("utf-8")
    assert (site / "data/hens.csv").read_bytes() == (tiny_book / "data/hens.csv").read_bytes()


def test_nothing_is_said_of_an_address_that_is_not_set(tiny_book: Path) -> None:
    from press.sphinx_ext.site import Site

    site = Site(amend(tiny_book), Package(tiny_book), {})
    html = site.html("corrections.html", corrections=[], revisions=[], report="", root="../")
    assert "No value has been corrected." in html and "Report it" not in html
