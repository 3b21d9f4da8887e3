"""CONTRIBUTING.md holds: its commands are there, and its walks do on a small book what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from press.cli import main

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def press(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_every_command_and_file_that_it_names_is_there() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.M))
    named = set(re.findall(r"(?:`|^ *)make ([a-z]+)", TEXT, flags=re.M))
    assert named and named <= verbs
    named = set(re.findall(r"press ([a-z]+)", TEXT)) - {"can"}
    assert named and named <= set(main.commands)
    files = set(re.findall(r"`((?:data|book|notebooks)/[\w./-]+\.\w+)`", TEXT)) - {"book/words.txt"}
    assert len(files) > 4
    for name in files - {"data/TABLE.csv", "notebooks/NN_name.md", "notebooks/NN_name.ipynb"}:
        assert (ROOT / name).is_file(), name


def test_its_walks_on_a_small_book(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_book)
    data, chapter = tiny_book / "data", tiny_book / "notebooks/01_hens.md"
    press("accept")
    # Fix a number.
    edit(data / "hens.csv", "H002,2025,18", "H002,2025,19")
    press("check")
    assert "fact hens.laid: over 18\u00a0eggs -> over 19\u00a0eggs" in press("diff")
    # Add a row with its source.
    with (data / "sources.csv").open("a", encoding="utf-8") as file:
        file.write("census,The office,Hens of the land,2026-01-15,https://example.org/census,primary\n")
    with (data / "hens.csv").open("a", encoding="utf-8") as file:
        file.write("H004,2026-01,2,eggs,exact,reported,census,2026-01-15\n")
    press("check", "data")
    # Add a claim: check says that nothing judges it until something does.
    with (data / "claims.csv").open("a", encoding="utf-8") as file:
        file.write(
            "C2,hens,figure,January is lean,Few eggs,eggs: eggs,supported if eggs < 5; contradicted otherwise,hens\n"
        )
    told = CliRunner().invoke(main, ["check"])
    assert told.exit_code == 4 and "claim C2: found no verdict" in told.output
    # Add a figure, and the verdict, in a cell of their own.
    with chapter.open("a", encoding="utf-8") as file:
        file.write(
            '\n```{code-cell} python\njanuary = eggs[eggs.id == "H004"]\n'
            'hens.judge("C2", eggs=hens.fact("january", rows=january), because="Two.", would_change="More.")\n'
            'hens.figure(\n    alt.Chart(january[["period", "value"]]).mark_bar().encode(x="period:N", y="value:Q"),\n'
            '    id="january",\n    title="A lean month",\n    subtitle="Eggs in January",\n    alt="One low bar.",\n'
            "    rows=january,\n)\n```\n\nIn January they laid {fact}`january`.\n"
        )
    told = press("accept", "hens")
    assert "figure hens.january: new" in told and "verdict hens.C2: new, supported" in told
    press("check")
    # Add a chapter, and take it away.
    press("new", "weather", "--title", "The finding, as a sentence")
    press("check")
    press("remove", "weather")
    press("check")
