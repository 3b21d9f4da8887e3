"""Scenarios: checked data, runs of named and of a reader's own assumptions, and the table that compares them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from conftest import write_tiny_book
from press.cli import main
from press.comparison import RESULTS
from press.errors import ChapterError, DataError, SiteError
from press.notebooks import find_chapter
from press.package import Package
from press.render import render
from press.scenarios import load_scenarios
from press.validate import validate
from whatif import write_what_if


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def press(root: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    monkeypatch.chdir(root)
    done = CliRunner().invoke(main, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_book_without_the_tables_has_no_scenarios(tiny: Path) -> None:
    assert not load_scenarios(Package(tiny)).scenarios


def test_a_scenario_sets_what_it_names_and_leaves_the_rest(tiny: Path) -> None:
    write_what_if(tiny)
    known = load_scenarios(Package(tiny))
    assert validate(tiny) == []
    assert list(known.scenarios) == ["now", "dear"]
    assert known.parameters_of("now") == {"scenario": "now"}
    assert known.parameters_of("dear") == {"scenario": "dear", "price": 0.5, "grain": 3.0}
    assert known.scenarios["dear"].settings[0].rows == ("H003",)
    with pytest.raises(ChapterError, match=r"there is no scenario 'deer'; did you mean 'dear'\?"):
        known.parameters_of("deer")


@pytest.mark.parametrize(
    ("table", "old", "new", "told"),
    [
        ("scenario_values", "dear,grain", "deer,grain", "row 2, field scenario: found 'deer', .* did you mean 'dear'?"),
        ("scenario_values", "dear,grain", "dear,grains", "row 2, field parameter: found 'grains', .*mean 'grain'?"),
        ("scenario_values", "grain,3,", "grain,30,", "row 2, field value: found '30', expected 0.5 to 5 EUR/kg"),
        ("scenario_values", "grain,3,", "grain,,", "row 2, field value: found nothing, expected a number"),
        ("scenario_values", "V2,dear,price", "V2,dear,grain", "row 3, field parameter: found 'grain', expected each"),
        ("scenario_values", "V2,", "V1,", "row 3, field id: found 'V1', expected each id once"),
        ("scenario_values", "evidence,H003", "evidence,", "row 3, field rows: found nothing, expected the ids"),
        ("scenario_values", "H003", "H009", "row 3, field rows: found 'H009', expected ids of rows of the package"),
        (
            "scenario_parameters",
            "0.2,0.3,0.5",
            "0.4,0.3,0.5",
            "row 2, field low: found '0.4', expected at most central",
        ),
        ("scenario_parameters", "0.2,0.3,0.5", "0.2,0.6,0.5", "row 2, field central: found '0.6', .* at most high"),
        ("scenario_parameters", ",0,2,", ",0,0.4,", "row 2, field high: found '0.5', expected at most maximum"),
        ("scenario_parameters", "assumption", "hunch", "row 3, field basis: found 'hunch', expected one of evidence"),
        ("scenarios", "dear,Dear", "now,Dear", "row 3, field id: found 'now', expected each id once"),
        ("scenarios", "The harvest fails.", "", "row 3, field sentence: found nothing, expected a text"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tiny: Path, table: str, old: str, new: str, told: str) -> None:
    write_what_if(tiny)
    edit(tiny / f"data/{table}.csv", old, new)
    with pytest.raises(DataError, match=f"data/{table}.csv, {told.replace('?', '[?]')}"):
        load_scenarios(Package(tiny))
    assert f"\ndata/{table}.csv, row" in "\n".join(["", *validate(tiny)])


def test_a_table_that_is_missing_is_named(tiny: Path) -> None:
    write_what_if(tiny)
    edit(tiny / "data/datapackage.json", '"name": "scenarios"', '"name": "other"')
    with pytest.raises(DataError, match="there is a table 'scenario_parameters' and no table 'scenarios'"):
        load_scenarios(Package(tiny))


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--scenario", "deer"], 4, "there is no scenario 'deer'; did you mean 'dear'?"),
        (["--set", "prise=1"], 4, "no parameter 'prise'; did you mean 'price'? It takes 0 to 2 EUR/egg"),
        (["--set", "price=4"], 4, "the parameter 'price' is 4; expected a number from 0 to 2 EUR/egg"),
        (["--set", "price=cheap"], 4, "the parameter 'price' is 'cheap'; expected a number from 0 to 2 EUR/egg"),
        (["--set", "price=True"], 4, "the parameter 'price' is True; expected a number from 0 to 2 EUR/egg"),
        (["--set", "as_of=2025"], 4, "the parameter 'as_of' is 2025; expected a value of type str"),
        (["--set", "scenario=dear"], 4, "a scenario is named with --scenario"),
        (["--set", "price"], 2, "expected name=value"),
    ],
)
def test_assumptions_that_cannot_be(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, told: str
) -> None:
    write_what_if(tiny)
    found, output = press(tiny, monkeypatch, "run", "what_if", *words)
    assert (found, told in output) == (code, True), output


def test_a_chapter_that_runs_no_scenarios_says_so(tiny: Path) -> None:
    write_what_if(tiny)
    with pytest.raises(ChapterError, match=r"01_hens.md: declares no parameter 'scenario'"):
        load_scenarios(Package(tiny)).assume(find_chapter(tiny, "hens"), "dear", {})


def test_check_holds_the_chapter_to_the_table(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_what_if(tiny)
    edit(tiny / "notebooks/02_what_if.md", "grain: float = 1.5", "corn: float = 1.5\ngrain = corn")
    code, output = press(tiny, monkeypatch, "check", "chapters")
    assert code == 4 and "02_what_if.md: the parameter 'grain' is declared without a type" in output


def test_scenarios_from_accepting_to_pages(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One book through all verbs: accept, diff, plain Jupyter Book, build, explain, a reader's own run."""
    book = write_what_if(tiny_book)
    code, output = press(book, monkeypatch, "accept")
    assert code == 0 and "fact what_if[dear].income: new, 6\u00a0EUR" in output, output
    accepted = json.loads((book / RESULTS).read_text("utf-8"))["what_if"]
    assert accepted["as_of"] == "2026-01-31"
    assert accepted["scenarios"]["now"]["income"] == {
        "value": 3.9, "unit": "EUR", "qualifier": "exact", "rows": "H002",
    }  # fmt: skip
    assert accepted["scenarios"]["dear"]["told"]["value"] == "dear at 0.5"
    assert "nothing changed" in press(book, monkeypatch, "diff")[1]

    plain = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-W", "--keep-going", "-q"]
    done = subprocess.run(plain, cwd=book, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    committed = BeautifulSoup((book / "_build/html/book/scenarios.html").read_text("utf-8"), "html.parser")
    rows = committed.select(".press-scenarios tbody tr")
    assert [row["id"] for row in rows] == ["scenario-now", "scenario-dear"]
    assert [cell.get_text() for cell in rows[1].select("td")] == ["6.00", "dear at 0.5"]
    assert rows[1].td["data-label"] == "Income" and rows[1].td["data-unit"] == "EUR"
    said = rows[1].th.get_text(" ", strip=True)
    assert "The harvest fails. (assumption; a guess)" in " ".join(said.split())
    assert "Price of grain: 3 EUR/kg" in " ".join(said.split())
    assert {link.get_text() for link in rows[1].select("th a[href*=row-]")} == {"H002", "H003"}

    # Rows that change reach the table of a build before they are accepted, and diff tells them.
    edit(book / "data/scenario_values.csv", "grain,3,", "grain,4,")
    code, output = press(book, monkeypatch, "explain")
    assert "02_what_if (scenario=dear, price=0.5, grain=4.0): run" in output
    assert "02_what_if (scenario=now): kept" in output
    code, output = press(book, monkeypatch, "build")
    assert code == 0, output
    built = BeautifulSoup((book / "_build/site/book/scenarios.html").read_text("utf-8"), "html.parser")
    assert built.select_one("#scenario-dear td").get_text() == "5.00"
    assert "fact what_if[dear].income: 6\u00a0EUR -> 5\u00a0EUR" in press(book, monkeypatch, "diff")[1]

    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file() and "_build" not in path.parts}
    code, output = press(book, monkeypatch, "run", "what_if", "--scenario", "dear", "--set", "price=2")
    assert code == 0 and "Your page is _build/runs/02_what_if/notebooks/02_what_if.html" in output, output
    page = (book / "_build/runs/02_what_if/notebooks/02_what_if.html").read_text("utf-8")
    text = " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())
    assert "32.00" in text and "scenario: Dear grain; Price of an egg: 2 EUR/egg; Price of grain: 4 EUR/kg" in text
    other = (book / "_build/runs/02_what_if/notebooks/01_hens.html").read_text("utf-8")
    assert "One chapter was run with assumptions of your own" in other
    assert {path: path.read_bytes() for path in before} == before


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book whose chapters and scenarios were run and accepted."""
    book = write_what_if(write_tiny_book(tmp_path_factory.mktemp("accepted")))
    with pytest.MonkeyPatch.context() as patch:
        assert press(book, patch, "accept")[0] == 0
    return book


@pytest.fixture
def book(accepted: Path, tmp_path: Path) -> Path:
    return shutil.copytree(accepted, tmp_path / "book", ignore=shutil.ignore_patterns("_build"))


def test_an_edition_of_another_day_does_not_show_the_facts(book: Path) -> None:
    edit(book / RESULTS, '"as_of": "2026-01-31"', '"as_of": "2025-12-31"')
    render(book, book / "_build", {}, lambda text: None)
    page = BeautifulSoup((book / "_build/_build/html/book/scenarios.html").read_text("utf-8"), "html.parser")
    assert "as known on 31 December 2025; they stand in that edition alone" in page.get_text()
    assert not page.select(".press-scenarios")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "book/scenarios.md",
            "income; .2f; Income",
            "incom",
            "line 3: there is no fact 'incom' in every scenario; did",
        ),
        ("book/scenarios.md", "income; .2f; Income", "income; .2f; In; EUR", "expected 'fact; format; label'"),
        ("book/scenarios.md", "-table}\n", "-table}\n:chapter: hens\n", "has no results of the chapter 'hens'"),
        (RESULTS, '"dear"', '"deer"', "has no results of the scenario 'dear'; 'press accept' makes them"),
        (RESULTS, '"unit": "EUR"', '"unit": "USD"', "the fact 'income' has different units: EUR, USD"),
        (RESULTS, "{", "[", f"{RESULTS}, line 2: not JSON"),
    ],
)
def test_a_table_that_cannot_be_is_an_error(book: Path, file: str, old: str, new: str, told: str) -> None:
    edit(book / file, old, new)
    with pytest.raises(SiteError, match=re.escape(told)):
        render(book, book / "_build", {}, lambda text: None)
