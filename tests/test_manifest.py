"""The manifest names every file of an edition, and `press verify` holds a site against it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import hide
from press.cli import main
from press.manifest import write_manifest


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two editions of a small site."""
    site = tmp_path / "site"
    early = site / "editions/early"
    for folder in (site, early):
        (folder / "pages").mkdir(parents=True)
        (folder / "pages/hens.html").write_text(f"<p>{folder.name}</p>", "utf-8")
    write_manifest(early, {"edition": "early", "inputs": "0"})
    write_manifest(site, {"edition": "latest", "inputs": "1"})
    return site


def verify(site: Path) -> Result:
    return CliRunner().invoke(main, ["verify", str(site)])


def test_a_site_as_it_was_built(site: Path) -> None:
    result = verify(site)
    assert result.exit_code == 0, result.output
    assert result.output == "1 files are as they were built; editions: latest, early\n"
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    assert manifest["files"] == {"pages/hens.html": hashlib.sha256(b"<p>site</p>").hexdigest()}


@pytest.mark.parametrize("edition", ["", "editions/early/"])
def test_what_changed_went_or_came_is_named(site: Path, edition: str) -> None:
    page, added = site / edition / "pages/hens.html", site / edition / "pages/cocks.html"
    page.write_text("<p>forged</p>", "utf-8")
    added.write_text("<p>added</p>", "utf-8")
    told = verify(site)
    assert told.exit_code == 5
    assert f"{edition}pages/hens.html: differs from the manifest" in told.output
    assert f"{edition}pages/cocks.html: is not in the manifest" in told.output
    page.unlink()
    assert f"{edition}pages/hens.html: is missing" in verify(site).output


def test_an_edition_whose_manifest_was_made_to_fit_is_found(site: Path) -> None:
    (site / "editions/early/pages/hens.html").write_text("<p>forged</p>", "utf-8")
    write_manifest(site / "editions/early", {"edition": "early", "inputs": "0"})
    told = verify(site)
    assert told.exit_code == 5 and "editions/early/manifest.json: differs from the manifest" in told.output


def test_an_edition_that_went_or_came_is_named(site: Path) -> None:
    (site / "editions/early").rename(site / "editions/forged")
    told = verify(site).output
    assert "editions/early: is missing" in told and "editions/forged: is not in the manifest" in told


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 1, "editions": {}}'])
def test_a_damaged_manifest_is_one_message(site: Path, content: str) -> None:
    (site / "manifest.json").write_text(content, "utf-8")
    told = verify(site)
    assert told.exit_code == 5 and "site/manifest.json: is damaged" in told.output


def test_a_folder_that_is_no_site(tmp_path: Path) -> None:
    told = verify(tmp_path)
    assert told.exit_code == 5 and "found no manifest.json" in told.output


def test_a_manifest_that_cannot_be_read_is_not_called_damaged(site: Path) -> None:
    (site / "manifest.json").unlink()
    (site / "manifest.json").mkdir()
    told = verify(site)
    assert told.exit_code == 5
    assert told.output == "press: site/manifest.json: cannot be read (Is a directory), expected a file that can\n"


def test_a_folder_that_cannot_be_listed_is_not_left_out(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(site / "pages", monkeypatch)
    with pytest.raises(PermissionError):
        write_manifest(site, {"edition": "latest", "inputs": "1"})
    told = verify(site)
    assert told.exit_code == 5 and "pages: cannot be read or written (Permission denied)" in told.output
