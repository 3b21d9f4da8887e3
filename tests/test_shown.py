"""What an author gets wrong in the ledger gives one clear message, an exit code by its kind, and no new site."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from press.cli import main

CHAPTER, CLAIMS, SOURCES = "notebooks/01_hens.md", "data/claims.csv", "data/sources.csv"
JUDGED = 'hens.judge("C1", growth=growth, because="There are more.", would_change="A count that is lower.")'


@pytest.mark.parametrize(
    ("path", "old", "new", "code", "told"),
    [
        pytest.param(
            *(SOURCES, "farm,The farm,Hens counted,2025-12-31,https://example.org/hens,primary\n", "", 3),
            "data/hens.csv, row 2, field source_id: found 'farm', expected an id of sources; known: gossip "
            "(and on 1 more row)",
            id="a source is deleted",
        ),
        pytest.param(
            *(CHAPTER, 'hens.fact("laid",', 'hens.fact("layed",', 5),
            "notebooks/01_hens, cell 1, line 4: there is no fact 'hens.laid'; did you mean 'hens.layed'?",
            id="a fact is renamed",
        ),
        pytest.param(
            *(CHAPTER, 'hens.judge("C1"', 'hens.judge("C11"', 4),
            "there is no claim 'C11'; did you mean 'C1'?",
            id="a claim's id is misspelt",
        ),
        pytest.param(
            *(CLAIMS, "C1,hens,", "C1,hawks,", 4),
            "claim C1 belongs to the chapter 'hawks', it is judged in 'hens'",
            id="a claim is another chapter's",
        ),
        pytest.param(
            *(CLAIMS, "otherwise,hens\n", "otherwise,hens\nC2,,figure,x,y,a: eggs,supported otherwise,hens\n", 3),
            "data/claims.csv, claim C2, field chapter: found nothing, expected the name of a chapter",
            id="a claim has no chapter",
        ),
        pytest.param(
            *(CLAIMS, "otherwise,hens\n", "otherwise,hens\nC2,hens,figure,x,y,a: eggs,supported otherwise,hens\n", 5),
            "no verdict for the claims C2: a chapter must judge each of its claims",
            id="a claim is not judged",
        ),
        pytest.param(
            *(CHAPTER, JUDGED, f"{JUDGED}\n{JUDGED}", 4), "claim C1 is judged twice", id="a claim is judged twice"
        ),
        pytest.param(
            *(CLAIMS, "growth: eggs", "growth: chicks", 4),
            "claim C1: the measure 'growth' is in eggs; its rule expects chicks",
            id="a rule has a wrong unit",
        ),
    ],
)
def test_one_clear_message(
    tiny_book: Path, monkeypatch: pytest.MonkeyPatch, path: str, old: str, new: str, code: int, told: str
) -> None:
    text = (tiny_book / path).read_text("utf-8")
    assert old in text
    (tiny_book / path).write_text(text.replace(old, new), "utf-8")
    monkeypatch.chdir(tiny_book)
    result = CliRunner().invoke(main, ["build"])
    assert result.exit_code == code and result.output.count(told) == 1, result.output
    assert not (tiny_book / "_build/site").exists()
