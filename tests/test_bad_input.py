"""Bad input of every kind: one message that names the place and what was expected, a code by kind, nothing lost."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import HENS, REFRESH, TABLE, amend, field, table, write_tiny_book
from press.cli import main
from press.review import write_sheet
from whatif import write_what_if

DATA, CHAPTER, SITE, USAGE = 3, 4, 5, 2
MD, IPYNB = "notebooks/01_hens.md", "notebooks/01_hens.ipynb"
SEAL = {"files": {}, "commit": "abc", "day": "2026-01-01", "updates": ["U1"], "review": {}}

Spoil = Callable[[Path], Any]


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book with all that a book may have, accepted once, with a published site and a store."""
    root = write_what_if(amend(write_tiny_book(tmp_path_factory.mktemp("whole"))))
    path = root / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    days = [field("id"), field("date", "date"), field("chapter"), field("change")]
    descriptor["resources"] += [
        table("updates", days),
        table("editions", [field("id"), field("as_of", "date"), field("title")]),
    ]
    path.write_text(json.dumps(descriptor), "utf-8")
    written = {
        "data/updates.csv": "id,date,chapter,change\nU1,2026-01-01,book,First\n",
        "data/editions.csv": "id,as_of,title\nold,2025-12-31,Old\nnew,2026-01-31,New\n",
        "data/corrections.csv": None,
        "data/revisions.csv": None,
        "refresh.toml": REFRESH,
        "requirements.lock": "",
        "pyproject.toml": '[tool.press]\nlicences = ["BSD-3-Clause"]\n',
        "editions/sealed/2026.1.json": json.dumps(SEAL),
        "_build/sites/site-a/index.html": "<h1>Published</h1>",
        "_build/store/chapters/old": "kept",
    }
    for name, text in written.items():
        if text is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
    (root / "_build/site").symlink_to("sites/site-a")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        result = CliRunner().invoke(main, ["accept"])
        assert result.exit_code == 0, result.output
        write_sheet(root)
        for verb in (["check"], ["review"], ["explain"]):
            result = CliRunner().invoke(main, verb)
            assert result.exit_code == 0, result.output
    return root


# How a book is spoilt


def put(name: str, content: str | bytes) -> Spoil:
    """Replace a file."""

    def spoil(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def edit(name: str, old: str, new: str) -> Spoil:
    def spoil(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        (root / name).write_text(text.replace(old, new, 1), "utf-8")

    return spoil


def gone(name: str) -> Spoil:
    return lambda root: (root / name).unlink()


def folder(name: str) -> Spoil:
    """Put a folder in a file's place: what nobody can read, whoever runs the tests."""

    def spoil(root: Path) -> None:
        (root / name).unlink()
        (root / name).mkdir()

    return spoil


def no_folder(root: Path) -> None:
    """Put a file in the place of the chapters' folder: what nobody can list, whoever runs the tests."""
    shutil.rmtree(root / "notebooks")
    (root / "notebooks").touch()


def link(name: str, target: str) -> Spoil:
    def spoil(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)

    return spoil


def large(name: str, size: int) -> Spoil:
    """Make a file of so many bytes; they take no room on the disk."""

    def spoil(root: Path) -> None:
        with (root / name).open("r+b") as file:
            file.truncate(size)

    return spoil


def described(change: Callable[[dict[str, Any]], Any]) -> Spoil:
    """Change the descriptor; ``change`` gets its tables by name."""

    def spoil(root: Path) -> None:
        path = root / "data/datapackage.json"
        descriptor = json.loads(path.read_text("utf-8"))
        tables = {resource["name"]: resource for resource in descriptor["resources"]}
        change(tables | {"resources": descriptor["resources"]})
        path.write_text(json.dumps(descriptor), "utf-8")

    return spoil


def notebook(change: Callable[[dict[str, Any]], Any]) -> Spoil:
    def spoil(root: Path) -> None:
        found = json.loads((root / IPYNB).read_text("utf-8"))
        change(found)
        (root / IPYNB).write_text(json.dumps(found), "utf-8")

    return spoil


def both(*spoils: Spoil) -> Spoil:
    return lambda root: [spoil(root) for spoil in spoils]


def drop_output_kind(found: dict[str, Any]) -> None:
    for cell in found["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).get("application/vnd.press+json", {}).pop("kind", None)


@dataclass(frozen=True)
class Case:
    """``told`` must stand in the message; ``verb`` is what is typed."""

    name: str
    spoil: Spoil
    verb: str
    code: int
    told: str


ROW = "H001,2024,12,eggs,exact,reported,farm,2024-12-31"
RULE = "supported if growth > 0; contradicted otherwise"
HEAD = "id,period,value,unit,qualifier,status,source_id,known_from"
CASES = [
    # data
    Case("no table", put("data/hens.csv", "eggs? many."), "check data", DATA, "data/hens.csv"),
    Case("empty table", put("data/hens.csv", ""), "check data", DATA, "data/hens.csv: found no rows"),
    Case("header alone", put("data/hens.csv", HEAD + "\n"), "check data", DATA, "a header and no rows, expected rows"),
    Case(
        "huge field",
        edit("data/hens.csv", "exact", "x" * 200_000),
        "check data",
        DATA,
        "data/hens.csv",
    ),
    Case(
        "huge file", large("data/hens.csv", 60_000_000), "check data", DATA, "found 60,000,000 bytes, expected at most"
    ),
    Case(
        "other encoding",
        put("data/hens.csv", HENS.replace("reported", "r\u00e9ported").encode("latin-1")),
        "check data",
        DATA,
        "data/hens.csv: found bytes that are not UTF-8",
    ),
    Case("UTF-16", put("data/hens.csv", HENS.encode("utf-16")), "check data", DATA, "data/hens.csv: found bytes that"),
    Case(
        "NUL", edit("data/hens.csv", "exact", "ex\0act"), "check data", DATA, "row 2, field qualifier: found a control"
    ),
    Case("short row", edit("data/hens.csv", ROW, "H001,2024,12"), "check data", DATA, "row 2, field unit: found a row"),
    Case("long row", edit("data/hens.csv", ROW, ROW + ",more"), "check data", DATA, "row 2: found 'more' beyond"),
    Case(
        "ragged, run", edit("data/hens.csv", ROW, "H001,2024"), "run hens", DATA, "data/hens.csv, row 2: found a row of"
    ),
    Case("open quote", edit("data/hens.csv", "exact", '"exact'), "check data", DATA, "data/hens.csv"),
    Case("duplicate header", edit("data/hens.csv", "qualifier", "unit"), "check data", DATA, "data/hens.csv, header"),
    Case("duplicate header, run", edit("data/hens.csv", "qualifier", "unit"), "run hens", DATA, "expected it once"),
    Case(
        "missing column",
        edit("data/hens.csv", ",known_from", ",known_on"),
        "check data",
        DATA,
        "found the column 'known_on'",
    ),
    Case(
        "text for a number",
        edit("data/hens.csv", "12,eggs", "many,eggs"),
        "check data",
        DATA,
        "found 'many', expected a number",
    ),
    Case("text, run", edit("data/hens.csv", "12,eggs", "many,eggs"), "explain", 0, "01_hens"),
    Case(
        "no day",
        edit("data/hens.csv", "2024-12-31", "2024-12-32"),
        "check data",
        DATA,
        "found '2024-12-32', expected a date",
    ),
    Case("no period", edit("data/hens.csv", "H001,2024,", "H001,2024/,"), "check data", DATA, "field period: found"),
    Case(
        "no source",
        edit("data/hens.csv", "farm", "fram"),
        "check data",
        DATA,
        "found 'fram', expected an id of sources; did you mean 'farm'",
    ),
    Case(
        "twice the id",
        edit("data/hens.csv", "H002", "H001"),
        "check data",
        DATA,
        "row 3, field id: found a key that stands",
    ),
    Case(
        "register without ids",
        edit("data/sources.csv", "id,publisher", "di,publisher"),
        "check data",
        DATA,
        "data/sources.csv, header",
    ),
    Case("build", edit("data/hens.csv", "12,eggs", "many,eggs"), "build", DATA, "found 'many', expected a number"),
    # the descriptor
    Case(
        "descriptor is no JSON",
        put("data/datapackage.json", "{"),
        "check",
        DATA,
        "data/datapackage.json, line 1: not JSON",
    ),
    Case(
        "descriptor nests",
        put("data/datapackage.json", "[" * 100_000),
        "check",
        DATA,
        "data/datapackage.json: not JSON that can be read",
    ),
    Case(
        "descriptor is a list",
        put("data/datapackage.json", "[]"),
        "check",
        DATA,
        "found no list 'resources', expected a data package",
    ),
    Case(
        "no resources",
        put("data/datapackage.json", "{}"),
        "build",
        DATA,
        "found no list 'resources', expected a data package",
    ),
    Case(
        "resource is a text",
        described(lambda t: t["resources"].append("eggs")),
        "check",
        DATA,
        "found 'eggs', expected the description of a table",
    ),
    Case(
        "no name", described(lambda t: t["hens"].pop("name")), "check", DATA, "resource 2: found no name, expected one"
    ),
    Case(
        "no schema",
        described(lambda t: t["hens"].pop("schema")),
        "check",
        DATA,
        "table hens: found no schema with a list 'fields'",
    ),
    Case(
        "unknown type",
        described(lambda t: t["hens"]["schema"]["fields"][2].update(type="egg")),
        "check",
        DATA,
        "field value: found the type 'egg', expected one of string, number, integer, date",
    ),
    Case(
        "type is a list",
        described(lambda t: t["hens"]["schema"]["fields"][2].update(type=["number"])),
        "run hens",
        DATA,
        "field value: found the type ['number'], expected",
    ),
    Case(
        "duplicate table",
        described(lambda t: t["resources"].append(t["hens"])),
        "check",
        DATA,
        "name: found 'hens' a second time",
    ),
    Case(
        "duplicate field",
        described(lambda t: t["hens"]["schema"]["fields"].append(field("unit"))),
        "check",
        DATA,
        "field unit: found it a second time",
    ),
    Case(
        "foreign key is a text",
        described(lambda t: t["hens"]["schema"].update(foreignKeys="source_id")),
        "check",
        DATA,
        "table hens, foreignKeys: found 'source_id', expected fields and a reference",
    ),
    Case(
        "foreign key leads nowhere",
        described(lambda t: t["hens"]["schema"]["foreignKeys"][0].update(reference={"fields": "id"})),
        "check",
        DATA,
        "table hens, foreignKeys: found {'fields': 'source_id', 'reference'",
    ),
    Case(
        "path outside",
        described(lambda t: t["hens"].update(path="../../etc/passwd")),
        "check",
        DATA,
        "path: found '../../etc/passwd', expected the name of a file in data/",
    ),
    Case(
        "absolute path",
        described(lambda t: t["hens"].update(path="/etc/passwd")),
        "run hens",
        DATA,
        "path: found '/etc/passwd', expected the name",
    ),
    Case("missing file", gone("data/hens.csv"), "check", DATA, "data/hens.csv"),
    Case(
        "missing file, run",
        gone("data/hens.csv"),
        "run hens",
        DATA,
        "data/hens.csv: cannot be loaded (No such file or directory), expected a table",
    ),
    Case(
        "undescribed table",
        put("data/ducks.csv", "id\nD1\n"),
        "check",
        DATA,
        "data/ducks.csv: found a table that data/datapackage.json does not describe",
    ),
    Case(
        "claims without a rule",
        described(lambda t: t["claims"]["schema"]["fields"].pop(6)),
        "check",
        DATA,
        "table claims: found no field 'rule', expected it",
    ),
    Case(
        "bad pattern",
        described(lambda t: t["hens"]["schema"]["fields"][0]["constraints"].update(pattern="(")),
        "check",
        DATA,
        "pattern",
    ),
    Case("no package", gone("data/datapackage.json"), "check", DATA, "no data/datapackage.json found"),
    # claims
    Case(
        "no verdict",
        edit("data/claims.csv", RULE, "true if growth > 0"),
        "check",
        DATA,
        "claim C1, field rule: found 'true if growth > 0', expected '<verdict> if",
    ),
    Case(
        "no otherwise",
        edit("data/claims.csv", "; contradicted otherwise", ""),
        "check",
        DATA,
        "the last clause must be '<verdict> otherwise'",
    ),
    Case(
        "no condition",
        edit("data/claims.csv", "growth > 0;", "growth >;"),
        "check",
        DATA,
        "field rule: found the condition 'growth >', expected one as in",
    ),
    Case(
        "no measure of it",
        edit("data/claims.csv", "growth > 0;", "grwoth > 0;"),
        "check",
        DATA,
        "found 'grwoth', expected a measure of the claim; did you mean 'growth'",
    ),
    Case(
        "measure without a unit",
        edit("data/claims.csv", "growth: eggs", "growth"),
        "check",
        DATA,
        "field measures: found 'growth', expected '<name>: <unit>'",
    ),
    Case(
        "claim of no chapter",
        edit("data/claims.csv", "C1,hens", "C1,cocks"),
        "check chapters",
        CHAPTER,
        "data/claims.csv, row 2, field chapter: found 'cocks', expected a chapter",
    ),
    Case(
        "claim not judged",
        edit("data/claims.csv", "C1,", "C2,"),
        "check chapters",
        CHAPTER,
        'claim C2: found no verdict, expected .judge("C2"',
    ),
    # scenarios, amendments, editions, updates
    Case(
        "scenario out of range",
        edit("data/scenario_values.csv", "grain,3", "grain,9"),
        "check",
        DATA,
        "data/scenario_values.csv, row 2, field value: found '9', expected 0.5 to 5 EUR/kg",
    ),
    Case(
        "range upside down",
        edit("data/scenario_parameters.csv", "0.2,0.3,0.5", "0.6,0.3,0.5"),
        "check",
        DATA,
        "field low: found '0.6', expected at most central",
    ),
    Case(
        "no such scenario",
        edit("data/scenario_values.csv", "V1,dear", "V1,deer"),
        "check",
        DATA,
        "field scenario: found 'deer', expected an id of scenarios; did you mean 'dear'",
    ),
    Case(
        "scenario is not finite",
        edit("data/scenario_values.csv", "grain,3", "grain,inf"),
        "run what_if",
        DATA,
        "found 'inf', expected a number",
    ),
    Case(
        "scenarios alone",
        described(lambda t: t["resources"].remove(t["scenario_values"])),
        "run what_if",
        DATA,
        "there is a table 'scenario_parameters' and no table 'scenario_values'",
    ),
    Case(
        "correction of no row",
        edit("data/corrections.csv", "\n", "\nK1,hens,H009,value,1,2,why,farm,2025-01-01\n"),
        "check",
        DATA,
        "row 2 (K1), field row: found 'H009', expected an id of data/hens.csv",
    ),
    Case(
        "revision of another value",
        edit("data/revisions.csv", "\n", "\nR1,hens,H001,value,1,2,why,farm,2025-01-01\n"),
        "check",
        DATA,
        "found '12' in row H001, field value of data/hens.csv, expected '1'",
    ),
    Case(
        "edition leads out",
        edit("data/editions.csv", "old,", "../old,"),
        "check",
        DATA,
        "data/editions.csv, row 2, field id: found '../old', expected letters",
    ),
    Case(
        "edition of no day",
        edit("data/editions.csv", "2025-12-31", "soon"),
        "check",
        DATA,
        "field as_of: found 'soon', expected a date",
    ),
    Case(
        "edition of no day, data not checked",
        edit("data/editions.csv", "2025-12-31", "soon"),
        "explain",
        DATA,
        "data/editions.csv, row 2, field as_of: found 'soon', expected a date as in 2025-12-31",
    ),
    Case(
        "results of an edition are no JSON",
        put("editions/old.json", "<<<<<<< ours"),
        "check",
        DATA,
        "editions/old.json, line 1: not JSON",
    ),
    Case(
        "results of an edition, build",
        put("editions/old.json", '{"hens": []}'),
        "build",
        DATA,
        "editions/old.json: is damaged, expected verdicts and facts by chapter",
    ),
    Case(
        "results of an edition are gone",
        gone("editions/old.json"),
        "build",
        DATA,
        "editions/old.json: the results of this edition are missing; 'press accept' makes them",
    ),
    Case(
        "update of no chapter",
        edit("data/updates.csv", "book", "hens2"),
        "check",
        CHAPTER,
        "data/updates.csv, row 2, field chapter: found 'hens2', expected 'book' or a chapter; did you mean 'hens'",
    ),
    # facts and pages
    Case(
        "unknown fact",
        edit(MD, "{fact}`laid;", "{fact}`lade;"),
        "check chapters",
        CHAPTER,
        "found the fact 'lade', expected one that notebooks/01_hens.md states; did you mean 'laid'",
    ),
    Case(
        "fact of no chapter",
        put("book/index.md", "# A\n\n{fact}`cocks.laid`\n"),
        "check chapters",
        CHAPTER,
        "book/index.md, line 3: found the fact 'cocks.laid', expected chapter.name",
    ),
    Case(
        "format of a fact",
        put("book/index.md", "# A\n\n{fact}`hens.laid; .0q`\n"),
        "check chapters",
        CHAPTER,
        "found the format '.0q', expected one as in ',.1f'",
    ),
    Case(
        "bare number",
        edit(MD, "They laid", "They laid 17 or"),
        "check chapters",
        CHAPTER,
        "found the bare number 17, expected a {fact}",
    ),
    Case(
        "page in Latin-1",
        put("book/index.md", "# H\u00fchner\n".encode("latin-1")),
        "check",
        SITE,
        "book/index.md, line 1: found bytes that are not UTF-8",
    ),
    Case(
        "page with NUL",
        put("book/index.md", "# Hens\n\neg\0gs\n"),
        "build",
        SITE,
        "book/index.md, line 3: found a NUL character, expected text",
    ),
    Case(
        "names",
        put("book/names.txt", "Berta Huhn\n"),
        "check spelling",
        DATA,
        "book/names.txt, line 1: found 'Berta Huhn', expected 'wrong, wrong -> right'",
    ),
    # _toc.yml and _config.yml
    Case(
        "toc is no YAML", put("_toc.yml", "format: jb-book\nroot: [book\n"), "build", SITE, "_toc.yml, line 3: not YAML"
    ),
    Case(
        "toc is a text",
        put("_toc.yml", "hens"),
        "check",
        SITE,
        "_toc.yml: found 'hens', expected 'format', 'root' and 'chapters'",
    ),
    Case(
        "toc without root",
        edit("_toc.yml", "root:", "rot:"),
        "check",
        SITE,
        "_toc.yml: found no root, expected root: and the first page",
    ),
    Case(
        "toc of no page",
        edit("_toc.yml", "book/data", "book/dat"),
        "build",
        SITE,
        "_toc.yml: found 'book/dat', expected a page of the book; did you mean 'book/data'",
    ),
    Case(
        "toc has a page twice",
        edit("_toc.yml", "book/data", "book/sources"),
        "check",
        SITE,
        "found 'book/sources' a second time, expected each page once",
    ),
    Case(
        "toc holds itself",
        put("_toc.yml", "format: jb-book\nroot: book/index\nchapters: &a [*a]\n"),
        "check",
        SITE,
        "_toc.yml: found a list that holds itself",
    ),
    Case("no toc", gone("_toc.yml"), "build", SITE, "_toc.yml: there is no such file, expected the table of contents"),
    Case("config is no YAML", put("_config.yml", "title: [\n"), "build", SITE, "_config.yml, line 2: not YAML"),
    Case(
        "config is a list",
        put("_config.yml", "- title\n"),
        "check",
        SITE,
        "_config.yml: found ['title'], expected names with values",
    ),
    Case(
        "config without a title",
        edit("_config.yml", "title:", "titel:"),
        "check",
        SITE,
        "_config.yml: found no title, expected title: and a text; did you mean 'titel'",
    ),
    Case(
        "config without the press",
        edit("_config.yml", "press.sphinx_ext", "press.sphinx"),
        "build",
        SITE,
        "sphinx.extra_extensions: found ['press.sphinx'], expected a list with press.sphinx_ext",
    ),
    Case(
        "config names no file",
        edit("_config.yml", "title: Hens", "title: Hens\nlogo: hen.svg"),
        "check",
        SITE,
        "_config.yml, logo: found 'hen.svg', expected a file of the book",
    ),
    Case(
        "config of texts",
        edit("_config.yml", "sphinx:\n", "sphinx: hens\nx:\n"),
        "check",
        SITE,
        "_config.yml, sphinx: found 'hens', expected names with values",
    ),
    Case(
        "minutes",
        edit("_config.yml", "  config:\n", "  config:\n    press_reading_minutes: 5\n"),
        "check",
        SITE,
        "press_reading_minutes: found 5, expected least and most",
    ),
    Case("no config", gone("_config.yml"), "build", SITE, "_config.yml: there is no such file, expected the settings"),
    # notebooks
    Case("chapters cannot be listed", no_folder, "run hens", CHAPTER, "notebooks: cannot be listed (Not a directory)"),
    Case(
        "chapters not listed, build", no_folder, "build", SITE, "_toc.yml: found 'notebooks/01_hens', expected a page"
    ),
    Case(
        "notebook is no JSON",
        put(IPYNB, "<<<<<<< ours"),
        "check pairs",
        CHAPTER,
        f"{IPYNB}: is not a notebook (not JSON",
    ),
    Case("notebook is no JSON, diff", put(IPYNB, "{"), "review", CHAPTER, f"{IPYNB}: is not a notebook (not JSON"),
    Case(
        "notebook is a list", put(IPYNB, "[]"), "check pairs", CHAPTER, f"{IPYNB}: found no notebook, expected format 4"
    ),
    Case(
        "old notebook",
        notebook(lambda n: n.update(nbformat=3)),
        "check pairs",
        CHAPTER,
        f"{IPYNB}: found a notebook of format 3, expected format 4; 'press accept' makes it anew",
    ),
    Case("notebook of no cells", notebook(lambda n: n.pop("cells")), "check pairs", CHAPTER, IPYNB),
    Case(
        "record without a kind",
        notebook(drop_output_kind),
        "review",
        CHAPTER,
        f"{IPYNB}: its outputs are not as the press wrote them",
    ),
    Case(
        "output of 100 MB",
        large(IPYNB, 104_857_600),
        "check",
        CHAPTER,
        f"{IPYNB}: found 104,857,600 bytes, expected at most 50,000,000",
    ),
    Case(
        "no kernel",
        edit(MD, "  name: python3", "  name: ir"),
        "check",
        CHAPTER,
        f"{MD}: found the kernel 'ir', expected python3",
    ),
    Case(
        "no front matter",
        edit(MD, "kernelspec:\n  name: python3\n  display_name: Python 3\n  language: python\n", ""),
        "check",
        CHAPTER,
        f"{MD}: found the kernel 'none', expected python3",
    ),
    Case("front matter is no YAML", edit(MD, "kernelspec:\n", "kernelspec: [\n"), "check", CHAPTER, MD),
    Case(
        "half a pair", gone(IPYNB), "check pairs", CHAPTER, f"{IPYNB}: the notebook is missing; 'press accept' makes it"
    ),
    Case(
        "both halves edited",
        both(edit(MD, "They laid", "We laid"), edit(IPYNB, "They laid", "You laid")),
        "check pairs",
        CHAPTER,
        f"{MD}, cell 1: differs from the .ipynb; 'press sync' brings them in step",
    ),
    Case(
        "no parameters",
        edit(MD, ":tags: [parameters, hide-input]", ":tags: [hide-input]"),
        "run hens",
        CHAPTER,
        "found no cell tagged 'parameters', expected one",
    ),
    Case(
        "no Python",
        edit(MD, 'laid = hens.fact("laid"', 'laid = = hens.fact("laid"'),
        "check chapters",
        CHAPTER,
        "found what is no Python (invalid syntax), expected code that runs",
    ),
    Case(
        "no Chapter",
        edit(MD, 'Chapter("hens"', "Chapter(who"),
        "run hens",
        CHAPTER,
        'found no Chapter("name", ..., tables=[...]) with literal names',
    ),
    Case(
        "chapter in Latin-1",
        put(MD, "# H\u00fchner\n".encode("latin-1")),
        "check",
        CHAPTER,
        f"{MD}, line 1: found bytes that are not UTF-8",
    ),
    Case("no such chapter", lambda root: None, "check hen", CHAPTER, "there is no chapter 'hen'; did you mean"),
    # parameters
    Case(
        "unknown parameter",
        lambda root: None,
        "run hens --set as_off=1",
        CHAPTER,
        "there is no parameter 'as_off'; did you mean 'as_of'",
    ),
    Case(
        "parameter of another type",
        lambda root: None,
        "run what_if --set grain=much",
        CHAPTER,
        "the parameter 'grain' is 'much'; expected a number from 0.5 to 5 EUR/kg",
    ),
    Case(
        "parameter out of range",
        lambda root: None,
        "run what_if --set grain=9",
        CHAPTER,
        "the parameter 'grain' is 9; expected a number from 0.5 to 5 EUR/kg",
    ),
    Case(
        "no scenario of it",
        lambda root: None,
        "run what_if --scenario deer",
        CHAPTER,
        "there is no scenario 'deer'; did you mean 'dear'",
    ),
    Case(
        "no day to build",
        lambda root: None,
        "build --as-of soon",
        USAGE,
        "--as-of: found 'soon', expected a day as in 2025-12-31",
    ),
    Case("no pair", lambda root: None, "run hens --set grain", USAGE, "found 'grain', expected name=value"),
    # what a publisher keeps
    Case("refresh.toml is no TOML", put("refresh.toml", "[eggs"), "refresh", DATA, "refresh.toml: cannot be read"),
    Case(
        "refresh of a number",
        edit("refresh.toml", '"https://example.org/eggs.csv"', "5"),
        "refresh",
        DATA,
        "refresh.toml, [eggs], url: found 5, expected a text",
    ),
    Case(
        "refresh of a text",
        edit("refresh.toml", "[0, 100]", '"some"'),
        "refresh",
        DATA,
        "[eggs], plausible: found 'some', expected a list of two numbers",
    ),
    Case(
        "refresh without a title",
        edit("refresh.toml", 'title = "Eggs"\nurl', "url"),
        "refresh",
        DATA,
        "[eggs]: found no 'title', expected it",
    ),
    Case(
        "sheet of other columns",
        edit("editions/review.csv", "chapter,", "chatper,"),
        "review",
        DATA,
        "editions/review.csv, header: found chatper",
    ),
    Case(
        "sheet is ragged",
        edit("editions/review.csv", "\n", "\nhens,fact\n"),
        "review",
        DATA,
        "editions/review.csv, row 2: found 2 cells, expected 10",
    ),
    Case("sheet in Latin-1", put("editions/review.csv", b"\xe9\n"), "review", DATA, "editions/review.csv"),
    Case(
        "source of a number is gone",
        both(edit("data/sources.csv", "farm,", "barn,"), edit("data/hens.csv", "farm", "barn")),
        "review",
        CHAPTER,
        "rests on the source 'farm', expected one of the register",
    ),
    Case(
        "seal is no JSON",
        put("editions/sealed/2026.1.json", "{"),
        "reproduce 2026.1",
        SITE,
        "editions/sealed/2026.1.json: is damaged",
    ),
    Case(
        "seal without updates",
        put("editions/sealed/2026.1.json", json.dumps({**SEAL, "updates": 1})),
        "seal 2026.2",
        SITE,
        "editions/sealed/2026.1.json: is damaged",
    ),
    Case(
        "no seal of it",
        lambda root: None,
        "reproduce 2026.2",
        SITE,
        "there is no sealed edition '2026.2'; did you mean '2026.1'",
    ),
    Case("name of a seal", lambda root: None, "seal ../x", SITE, "found the name '../x', expected letters, digits"),
    Case(
        "lock without a hash",
        put("requirements.lock", "click==8.3.1\n"),
        "licences",
        DATA,
        "requirements.lock: found no hash for click, expected one for each file",
    ),
    Case(
        "lock of anything",
        put("requirements.lock", "click\n"),
        "licences",
        DATA,
        "requirements.lock, line 1: found 'click', expected a package",
    ),
    Case(
        "lock in UTF-16",
        put("requirements.lock", "click".encode("utf-16")),
        "licences",
        DATA,
        "requirements.lock: cannot be read",
    ),
    Case(
        "licences of other columns",
        put("book/dependencies.csv", "a,b\n"),
        "licences",
        DATA,
        "book/dependencies.csv, header: found a, b, expected package",
    ),
    Case("settings are no TOML", both(put("pyproject.toml", "[tool")), "licences", DATA, "pyproject.toml: not TOML"),
    # links, loops, what nobody can read
    Case(
        "table is a link out",
        link("data/hens.csv", "/etc/hostname"),
        "check",
        DATA,
        "data/hens.csv: found a link that leads out of the book, expected a file",
    ),
    Case(
        "page is a link out",
        link("book/index.md", "/etc/hostname"),
        "build",
        SITE,
        "book/index.md: found a link that leads out of the book",
    ),
    Case(
        "chapter is a loop",
        link(MD, "01_hens.md"),
        "run hens",
        CHAPTER,
        f"{MD}: found a link that leads back to itself",
    ),
    Case(
        "table is a loop",
        both(link("data/hens.csv", "a.csv"), link("data/a.csv", "hens.csv")),
        "build",
        DATA,
        "data/a.csv: found a link that leads back to itself",
    ),
    Case("folder is a loop", link("book/more", "../book"), "check data", 0, "data: 10 tables"),
    Case(
        "link to nothing",
        link("data/hens.csv", "nothing.csv"),
        "check",
        DATA,
        "data/hens.csv: found a link to nothing, expected a file",
    ),
    Case("table is a folder", folder("data/hens.csv"), "check", DATA, "data/hens.csv"),
    Case("descriptor is a folder", folder("data/datapackage.json"), "check", DATA, "no data/datapackage.json found"),
    Case("chapter is a folder", folder(MD), "run hens", CHAPTER, f"{MD}: cannot be read"),
    Case(
        "notebook is a folder",
        folder(IPYNB),
        "check pairs",
        CHAPTER,
        f"{IPYNB}: cannot be read (Is a directory), expected a notebook",
    ),
    Case(
        "toc is a folder",
        folder("_toc.yml"),
        "build",
        SITE,
        "_toc.yml: cannot be read (Is a directory), expected a file",
    ),
    Case("lock is a folder", folder("requirements.lock"), "explain", 0, ""),
    Case(
        "sheet is a folder",
        folder("editions/review.csv"),
        "review",
        SITE,
        "editions/review.csv: cannot be read or written (Is a directory)",
    ),
]


_NOTES = ("press.lock", "report.html", "last.json")


def tree(root: Path) -> dict[str, str]:
    """What there is under the root, but for locks, the report of a failed build and notes of data that are valid."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name not in _NOTES and path.parent.name != "valid"
    }


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_input_gives_one_message(
    accepted: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
) -> None:
    root = Path(shutil.copytree(accepted, tmp_path / "book", symlinks=True))
    case.spoil(root)
    before = tree(root)
    monkeypatch.chdir(root)
    result = CliRunner().invoke(main, case.verb.split())
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    message = result.output
    assert result.exit_code == case.code, message
    assert case.told in message and "Traceback" not in message
    assert str(root) not in message and len(message) < 3000
    assert tree(root) == before
    with (accepted / "messages.txt").open("a", encoding="utf-8") as file:
        line = next((line for line in message.splitlines() if case.told in line), "")
        file.write(f"{case.name:30} press {case.verb:32} {case.code}  {line.removeprefix('press: ')}\n")
    assert (root / "_build/site/index.html").read_text("utf-8") == "<h1>Published</h1>"


@pytest.mark.parametrize(
    ("name", "method", "verb", "code"),
    [
        ("data/hens.csv", "read_bytes", "check data", DATA),
        ("data/hens.csv", "open", "run hens", DATA),
        (MD, "read_text", "check chapters", CHAPTER),
        ("_config.yml", "read_bytes", "build", SITE),
        ("editions/review.csv", "open", "review", SITE),
    ],
)
def test_a_file_that_vanishes_while_it_is_read(
    accepted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, method: str, verb: str, code: int
) -> None:
    root = Path(shutil.copytree(accepted, tmp_path / "book", symlinks=True))
    monkeypatch.chdir(root)
    read = getattr(Path, method)

    def vanish(path: Path, *arguments: Any, **more: Any) -> Any:
        if path == root / name:
            path.unlink(missing_ok=True)
        return read(path, *arguments, **more)

    monkeypatch.setattr(Path, method, vanish)
    result = CliRunner().invoke(main, verb.split())
    assert result.exit_code == code and f"{name}: cannot be " in result.output, result.output
    assert "No such file or directory" in result.output and str(root) not in result.output
    assert (root / "_build/site/index.html").read_text("utf-8") == "<h1>Published</h1>"


def test_every_case_has_its_message(accepted: Path, capsys: pytest.CaptureFixture[str], request: Any) -> None:
    """Shows the table of what was tried above: case, verb, exit code, the first line of the message."""
    told = (accepted / "messages.txt").read_text("utf-8")
    request.node.add_report_section("call", TABLE, told)
    assert len(CASES) >= 60 and len({case.name for case in CASES}) == len(CASES)
