"""What is wrong in a table is told in one line: file, row, field, found, expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import HENS, HENS_HEADER
from press.cli import main
from press.errors import DataError
from press.keys import site_parts
from press.package import Package
from press.site import require_valid
from press.store import Store
from press.validate import validate

GOOD = "H001,2024,12,eggs,exact,reported,farm,2024-12-31"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("H001,2024,many,eggs,exact,reported,farm,2024-12-31", "row 2, field value: found 'many', expected a number"),
        ('H001,2024,"1,5",eggs,exact,reported,farm,2024-12-31', "row 2, field value: found '1,5', expected a number"),
        ("H001,2024,-1,eggs,exact,reported,farm,2024-12-31", "row 2, field value: found '-1', expected a number"),
        (
            "H001,2024,12,eggs,exact,reported,fram,2024-12-31",
            "field source_id: found 'fram', expected an id of sources",
        ),
        (f"{GOOD}\n{GOOD}", "row 3, field id: found a key that stands on an earlier row"),
        ("H001,2024,12,ducks,exact,reported,farm,2024-12-31", "field unit: found 'ducks', expected one of eggs"),
        ("H001,2025-13-01,12,eggs,exact,reported,farm,2024-12-31", "field period: found '2025-13-01', expected"),
        ("H001,2025-02-30,12,eggs,exact,reported,farm,2024-12-31", "field period: found the period '2025-02-30'"),
        ("H001,2025/2024,12,eggs,exact,reported,farm,2024-12-31", "field period: the period '2025/2024' ends before"),
        ("H001,2024,12,eggs,exact,reported,farm,2025-13-01", "field known_from: found '2025-13-01', expected a date"),
        (
            "H001,2024,12,eggs,=cmd,reported,farm,2024-12-31",
            "field qualifier: found '=cmd', which a spreadsheet would run",
        ),
        ("h1,2024,12,eggs,exact,reported,farm,2024-12-31", "field id: found 'h1', expected a text, matching"),
        ("H001,2024,12,eggs,ex\x00act,reported,farm,2024-12-31", "field qualifier: found a control character"),
        (",2024,12,eggs,exact,reported,farm,2024-12-31", "row 2, field id: found nothing, expected"),
        ("H001,2024,12", "row 2, field unit: found a row that ends before it"),
        (f"{GOOD},more", "row 2: found 'more' beyond the last column"),
    ],
)
def test_a_bad_row_is_named(tiny: Path, rows: str, told: str) -> None:
    (tiny / "data/hens.csv").write_text(f"{HENS_HEADER}\n{rows}\n", "utf-8")
    assert any(line.startswith("data/hens.csv") and told in line for line in validate(tiny)), validate(tiny)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "data/hens.csv: found no rows"),
        (HENS_HEADER.encode() + b"\n", "data/hens.csv: found a header and no rows"),
        (HENS.replace("reported", "r\u00e9ported").encode("latin-1"), "data/hens.csv: found bytes that are not UTF-8"),
        (HENS.replace("unit", "unti").encode(), "header: found the column 'unti', expected 'unit' in its place"),
        (
            HENS.replace("known_from", "known_from,extra").replace("-31\n", "-31,1\n").encode(),
            "found the column 'extra'",
        ),
        (HENS.replace(",known_from", "").encode(), "header: found no column 'known_from'"),
    ],
)
def test_a_bad_file_is_named(tiny: Path, content: bytes, told: str) -> None:
    (tiny / "data/hens.csv").write_bytes(content)
    assert any(told in line for line in validate(tiny)), validate(tiny)


@pytest.mark.parametrize("content", [HENS, HENS.replace("\n", "\r\n"), "\ufeff" + HENS])
def test_crlf_and_bom_are_accepted(tiny: Path, content: str) -> None:
    (tiny / "data/hens.csv").write_bytes(content.encode())
    assert validate(tiny) == []
    assert list(Package(tiny).table("hens")["id"]) == ["H001", "H002", "H003"]


def test_a_table_that_the_descriptor_does_not_know(tiny: Path) -> None:
    (tiny / "data/ducks.csv").write_text("id\nD001\n", "utf-8")
    assert "data/ducks.csv: found a table that data/datapackage.json does not describe" in validate(tiny)[0]


def test_a_missing_file(tiny: Path) -> None:
    (tiny / "data/hens.csv").unlink()
    assert "data/hens.csv" in validate(tiny)[0]


def test_an_id_is_unique_in_the_package(tiny: Path) -> None:
    descriptor = json.loads((tiny / "data/datapackage.json").read_text("utf-8"))
    twin = json.loads(json.dumps(descriptor["resources"][1])) | {"name": "cocks", "path": "cocks.csv"}
    descriptor["resources"].append(twin)
    (tiny / "data/datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    (tiny / "data/cocks.csv").write_text(f"{HENS_HEADER}\n{GOOD}\n", "utf-8")
    assert "an id of hens too" in validate(tiny)[0]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("supported when growth > 0", "found 'when growth > 0', expected 'if <condition>' or 'otherwise'"),
        ("true if growth > 0; contradicted otherwise", "expected '<verdict> if <condition>'"),
        ("supported if growth > 0", "the last clause must be '<verdict> otherwise'"),
    ],
)
def test_a_bad_rule_is_named(tiny: Path, rule: str, told: str) -> None:
    path = tiny / "data/claims.csv"
    path.write_text(path.read_text("utf-8").replace("supported if growth > 0; contradicted otherwise", rule), "utf-8")
    (line,) = validate(tiny)
    assert line.startswith("data/claims.csv, claim C1, field rule:") and told in line


def test_the_command_line_gives_one_message_and_a_code(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    (tiny / "data/hens.csv").write_text(HENS.replace("12,eggs", "twelve,eggs"), "utf-8")
    result = CliRunner().invoke(main, ["check", "data"])
    assert result.exit_code == 3
    assert result.output.count("\n") == 1 and "data/hens.csv, row 2, field value: found 'twelve'" in result.output


def test_no_package_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 3 and "no data/datapackage.json found" in result.output


def looked_at(monkeypatch: pytest.MonkeyPatch, root: Path, store: Store) -> list[str] | None:
    """Require valid data, and return the tables whose rows were looked at; None if nothing was."""
    found: list[list[str]] = []

    def note(root: Path, tables: list[str]) -> list[str]:
        found.append(sorted(tables))
        return validate(root, tables)

    monkeypatch.setattr("press.validate.validate", note)
    require_valid(root, store, site_parts(root, {}))
    return found[0] if found else None


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_rows_that_were_valid_are_not_looked_at_again(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tiny / "_build/store", print)
    all_tables = sorted(Package(tiny).resources)
    assert looked_at(monkeypatch, tiny, store) == all_tables
    assert looked_at(monkeypatch, tiny, store) is None
    edit(tiny / "data/hens.csv", "H001,2024,12", "H001,2024,13")
    assert looked_at(monkeypatch, tiny, store) == ["hens"]
    edit(tiny / "data/hens.csv", "H001,2024,13", "H001,2024,12")
    assert looked_at(monkeypatch, tiny, store) is None
    edit(tiny / "data/datapackage.json", '"path": "hens.csv"', '"notes": "Eggs", "path": "hens.csv"')
    assert looked_at(monkeypatch, tiny, store) == ["hens"]
    (tiny / "requirements.lock").write_text("frictionless==1.0\n", "utf-8")
    assert looked_at(monkeypatch, tiny, store) == all_tables


def test_rows_that_were_valid_are_looked_at_when_what_they_name_is_gone(tiny: Path) -> None:
    store = Store(tiny / "_build/store", print)
    require_valid(tiny, store, site_parts(tiny, {}))
    edit(tiny / "data/sources.csv", "farm,", "yard,")
    with pytest.raises(DataError, match=r"hens\.csv, row 2, field source_id: found 'farm', expected an id of sources"):
        require_valid(tiny, store, site_parts(tiny, {}))


def test_an_id_of_a_table_that_was_valid_is_taken(tiny: Path) -> None:
    """What one table has must not stand in another, also where only the other changed."""
    descriptor = json.loads((tiny / "data/datapackage.json").read_text("utf-8"))
    hens = next(resource for resource in descriptor["resources"] if resource["name"] == "hens")
    descriptor["resources"].append(hens | {"name": "ducks", "path": "ducks.csv"})
    (tiny / "data/datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    (tiny / "data/ducks.csv").write_text(f"{HENS_HEADER}\n{GOOD.replace('H001', 'H901')}\n", "utf-8")
    store = Store(tiny / "_build/store", print)
    require_valid(tiny, store, site_parts(tiny, {}))
    edit(tiny / "data/ducks.csv", "H901", "H001")
    with pytest.raises(DataError, match="found 'H001', an id of hens too"):
        require_valid(tiny, store, site_parts(tiny, {}))
