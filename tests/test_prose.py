"""Numbers in prose come from code; what changed between two runs is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from press.changes import changes
from press.cli import main
from press.prose import bare_numbers
from press.records import Record


@pytest.mark.parametrize(
    "line",
    [
        "They freed {fact}`deal.freed; .0f; people` on 13 December 2025, in the 2020s and in 2024-25.",
        "On 12 and 13\nDecember 2025, and from 1 to 4 May, see claim E12 and row PLX001.",
        "Counted in K2O, not in `CO2 2.5`; see [the page](a-5.md) and {cite}`osw2025`.",
        "General\nLicense 13 of the Treasury.",
        "---\nversion: 0.13\n---\nWords.",
        "```{code-cell} python\nx = 12\n```\nWords.",
        ":::{known-from} 2026-04-28\nWords.\n:::",
    ],
)
def test_numbers_that_may_stand(line: str) -> None:
    assert list(bare_numbers(line, ["General License 13"])) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They freed 123 people.", [(1, "123")]),
        ("One.\n\nAbout 1,202.5 dollars\nand 79%.", [(3, "1,202.5"), (4, "79")]),
        (":::{admonition} Key points\n- about 12 of them\n:::", [(2, "12")]),
        ("General License 14.", [(1, "14")]),
    ],
)
def test_bare_numbers_are_found(text: str, found: list[tuple[int, str]]) -> None:
    assert list(bare_numbers(text, ["General License 13"])) == found


def test_check_names_a_bare_number(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    CliRunner().invoke(main, ["accept"])
    path = tiny / "notebooks/01_hens.md"
    path.write_text(path.read_text("utf-8").replace("They laid", "They laid 17 or"), "utf-8")
    line = path.read_text("utf-8").splitlines().index("They laid 17 or {fact}`laid; .0f; eggs`.") + 1
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 4
    assert f"notebooks/01_hens.md, line {line}: found the bare number 17, expected a {{fact}}" in result.output


def test_a_changed_row_is_told_before_it_is_accepted(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    CliRunner().invoke(main, ["accept"])
    assert "nothing changed" in CliRunner().invoke(main, ["diff"]).output
    accepted = (tiny / "notebooks/01_hens.ipynb").read_bytes()
    data = tiny / "data/hens.csv"
    data.write_text(data.read_text("utf-8").replace("H002,2025,18", "H002,2025,8"), "utf-8")
    told = CliRunner().invoke(main, ["diff"]).output
    assert "fact hens.growth: 6\u00a0eggs -> \u22124\u00a0eggs" in told
    assert "verdict hens.C1: supported (growth = 6\u00a0eggs) -> contradicted (growth = \u22124\u00a0eggs)" in told
    assert "figure hens.eggs: drawing changed" in told
    assert (tiny / "notebooks/01_hens.ipynb").read_bytes() == accepted
    assert "verdict hens.C1: supported" in CliRunner().invoke(main, ["accept"]).output
    assert (tiny / "notebooks/01_hens.ipynb").read_bytes() != accepted


def test_new_and_gone() -> None:
    fact = {
        "kind": "fact",
        "chapter": "hens",
        "name": "laid",
        "value": 1,
        "unit": "eggs",
        "qualifier": "over",
        "cell": 3,
    }
    assert list(changes([], [fact])) == ["fact hens.laid: new, over 1\u00a0egg"]
    assert list(changes([fact], [])) == ["fact hens.laid: gone (was over 1\u00a0egg)"]
    assert list(changes([fact], [{**fact, "cell": 4}])) == []


def test_what_does_not_show_and_what_changes_alike_in_scenarios_is_told_once() -> None:
    def facts(*values: float) -> list[Record]:
        fact = {"kind": "fact", "name": "laid", "unit": "eggs", "qualifier": "exact", "rows": ["H001"]}
        return [
            {**fact, "chapter": f"hens[{s}]", "value": v} for s, v in zip(("lean", "fat", "mad"), values, strict=True)
        ]

    assert list(changes(facts(12.34561, 12.34561, 12.3), facts(12.34562, 12.34562, 15.3))) == [
        "fact hens[fat, lean].laid: 12.3\u00a0eggs, changed in digits that are not shown",
        "fact hens[mad].laid: 12.3\u00a0eggs -> 15.3\u00a0eggs",
    ]
    moved = [{**fact, "rows": ["H002"]} for fact in facts(1, 2, 3)]
    assert "fact hens[mad].laid: 3\u00a0eggs, its rows or words changed" in list(changes(facts(1, 2, 3), moved))
