"""Sources that contradict each other are found; hedges, ranges and other things are not held against anybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import HENS_HEADER
from press.evidence import Evidence
from press.package import Package
from press.validate import validate


def groups(root: Path) -> set[frozenset[str]]:
    evidence = Evidence.load(Package(root), "")
    return {frozenset(row.id for row in rows if evidence.against(row)) for rows in evidence.conflicts.values()}


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ("12,eggs,exact", "13,eggs,exact", True),
        ("12,eggs,exact", "12.0,eggs,exact", False),
        ("17447,eggs,exact", "17500,eggs,about", False),
        ("1453,eggs,exact", "1500,eggs,almost", False),
        ("13250,eggs,exact", "14000,eggs,about", True),
        ("10324,eggs,exact", "10500,eggs,over", True),
        ("31000,eggs,exact", "30400,eggs,over", False),
        ("60,eggs,exact", "70,eggs,to", False),
        ("60,eggs,exact", "50,eggs,to", True),
        ("143,eggs,from", "144,eggs,from", True),
        ("143,eggs,from", "171,eggs,to", False),
    ],
)
def test_what_contradicts(tiny: Path, one: str, other: str, conflict: bool) -> None:
    rows = f"H001,2025,{one},reported,farm,2025-12-31\nH002,2025,{other},reported,gossip,2025-12-31\n"
    (tiny / "data/hens.csv").write_text(f"{HENS_HEADER}\n{rows}", "utf-8")
    assert groups(tiny) == ({frozenset({"H001", "H002"})} if conflict else set())
    (tiny / "data/hens.csv").write_text(f"{HENS_HEADER}\n{rows.replace('gossip', 'farm')}", "utf-8")
    assert groups(tiny) == set()  # one source tells two things apart


@pytest.mark.parametrize(("about", "conflict"), [(None, False), (["id"], False), ([], True), (["period"], True)])
def test_a_table_says_what_its_rows_are_about(tiny: Path, about: list[str] | None, conflict: bool) -> None:
    path = tiny / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    schema = descriptor["resources"][1]["schema"]
    schema["fields"].append({"name": "place", "type": "string"})
    if about is not None:
        schema["about"] = about
    path.write_text(json.dumps(descriptor), "utf-8")
    rows = "H001,2025,12,eggs,exact,reported,farm,2025-12-31,the yard\n"
    rows += "H002,2025,13,eggs,exact,reported,gossip,2025-12-31,\n"
    (tiny / "data/hens.csv").write_text(f"{HENS_HEADER},place\n{rows}", "utf-8")
    assert bool(groups(tiny)) == conflict and validate(tiny) == []


def test_a_column_that_is_none_is_named(tiny: Path) -> None:
    path = tiny / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    descriptor["resources"][1]["schema"]["about"] = ["perid"]
    path.write_text(json.dumps(descriptor), "utf-8")
    (line,) = validate(tiny)
    assert line.startswith(
        "data/datapackage.json, table hens, about: found 'perid', expected a column of the table; did"
    )
