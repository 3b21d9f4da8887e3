"""Sealed editions: what was published stays as it was, and can be made again; numbers are ticked off."""

from __future__ import annotations

import csv
import json
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from conftest import StrictHandler, field, table, write_tiny_book
from press.cli import main
from press.errors import SiteError
from press.manifest import write_manifest
from press.review import SHEET, write_sheet
from press.seal import SEALS, read_seals, reproduce
from press.site import build

IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org")


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *IDENTITY, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a step")


def press(root: Path, *arguments: str) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tiny book under version control, with a page of seals, built and sealed as '2026.1'."""
    root = write_tiny_book(tmp_path_factory.mktemp("sealed"))
    descriptor = json.loads((root / "data/datapackage.json").read_text("utf-8"))
    fields = [field("id"), field("date", "date"), field("chapter"), field("change")]
    descriptor["resources"].append(table("updates", fields))
    (root / "data/datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    (root / "data/updates.csv").write_text("id,date,chapter,change\nU1,2026-01-01,book,First\n", "utf-8")
    (root / "book/index.md").write_text("# Hens\n\n```{ledger}\n```\n\n```{sealed-editions}\n```\n", "utf-8")
    (root / ".gitignore").write_text("/_build/\n", "utf-8")
    assert press(root, "accept")[0] == 0
    git(root, "init", "-q")
    commit(root)
    assert press(root, "build")[0] == 0
    code, output = press(root, "seal", "2026.1")
    assert code == 0, output
    yield root


def test_a_seal_has_the_commit_and_every_file(sealed: Path) -> None:
    seal = read_seals(sealed)["2026.1"]
    assert seal["commit"] == git(sealed, "rev-list", "--max-parents=0", "HEAD").strip()
    assert ".buildinfo" not in seal["files"]  # it differs from one place of the environment to another
    names = {path.relative_to(sealed / "_build/site").as_posix() for path in (sealed / "_build/site").rglob("*.html")}
    assert names <= set(seal["files"]) and seal["updates"] == ["U1"]
    assert seal["review"] == {"numbers": 5, "ticked": 0}  # though nobody has asked for the sheet


def test_what_may_not_be_sealed(sealed: Path) -> None:
    assert "the edition 2026.1 is sealed already" in press(sealed, "seal", "2026.1")[1]
    code, output = press(sealed, "seal", "2026.2")
    assert code == 5 and f"changes that are not committed ({SEALS.split('/')[0]}/" in output
    commit(sealed)
    assert "is not what this commit gives; run 'press build' first" in press(sealed, "seal", "2026.2")[1]
    assert press(sealed, "build")[0] == 0
    assert "found no entry since the last sealed edition" in press(sealed, "seal", "2026.2")[1]
    assert "expected letters, digits" in press(sealed, "seal", "../x")[1]
    page = BeautifulSoup((sealed / "_build/site/book/index.html").read_text("utf-8"), "html.parser")
    assert "2026.1" in page.get_text()  # the front lists all that were sealed, also after the day that it reaches


def test_an_edition_is_made_again_from_its_commit(sealed: Path) -> None:
    def here(checkout: Path) -> None:
        build(checkout, {}, lambda text: None)

    assert reproduce(sealed, "2026.1", here) == []

    def other(checkout: Path) -> None:
        here(checkout)
        manifest = checkout / "_build/site/manifest.json"
        told = json.loads(manifest.read_text("utf-8"))
        told["files"]["more.html"] = told["files"].pop("index.html")
        told["files"]["404.html"] = "0" * 64
        manifest.write_text(json.dumps(told), "utf-8")

    assert reproduce(sealed, "2026.1", other) == [
        "index.html: is missing",
        "more.html: was not there",
        "404.html: differs",
    ]
    with pytest.raises(SiteError, match=r"there is no sealed edition '2026.7'; did you mean '2026.1'\?"):
        reproduce(sealed, "2026.7", here)
    assert "worktree" not in git(sealed, "worktree", "list").replace(str(sealed), "")


@pytest.fixture
def published(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A site with an earlier edition, on a loopback host: its address and its folder."""
    folder = tmp_path / "site"
    for name in ("index.html", "notebooks/a b.html", "editions/first/index.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, "utf-8")
    write_manifest(folder / "editions/first", {"edition": "first"})
    write_manifest(folder, {"edition": "latest"})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(StrictHandler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_a_published_site_is_checked_from_outside(published: tuple[str, Path]) -> None:
    address, folder = published
    assert CliRunner().invoke(main, ["verify", address]).output == "every file is as it was built\n"
    (folder / "notebooks/a b.html").write_text("planted", "utf-8")
    (folder / "editions/first/index.html").unlink()
    result = CliRunner().invoke(main, ["verify", address])
    assert result.exit_code == 5 and result.output.splitlines() == [
        "press: 2 files differ:",
        "notebooks/a b.html: differs from the manifest",
        "editions/first/index.html: is missing",
    ]
    (folder / "editions/first/manifest.json").write_text('{"files": {}, "editions": {}}', "utf-8")
    assert "editions/first/manifest.json: differs" in CliRunner().invoke(main, ["verify", address]).output
    (folder / "manifest.json").unlink()
    assert "found no manifest, expected that of a built site" in CliRunner().invoke(main, ["verify", address]).output


def test_a_damaged_seal_is_named(tmp_path: Path) -> None:
    (tmp_path / SEALS).mkdir(parents=True)
    (tmp_path / SEALS / "x.json").write_text("{}", "utf-8")
    with pytest.raises(SiteError, match=r"editions/sealed/x.json: is damaged"):
        read_seals(tmp_path)


def test_a_tick_stays_until_its_number_changes(sealed: Path) -> None:
    write_sheet(sealed)
    path = sealed / SHEET
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [(row["kind"], row["name"], row["value"]) for row in rows] == [
        ("fact", "laid", "over 18\N{NO-BREAK SPACE}eggs"),
        ("fact", "growth", "6\N{NO-BREAK SPACE}eggs"),
        ("figure", "eggs", "a figure of 3 rows: More eggs"),
        ("verdict", "C1", "supported"),
        ("verdict", "C1.growth", "6\N{NO-BREAK SPACE}eggs"),
    ]
    assert rows[0]["sources"] == "The farm https://example.org/hens"
    assert rows[0]["rows"] == "H002 (hens, 2025): over 18 eggs"
    assert rows[0]["shown"] == "over 18\N{NO-BREAK SPACE}eggs (notebooks/01_hens)" and not rows[1]["shown"]
    ticked = path.read_text("utf-8").replace(",,,\n", ",,Ada,2026-01-02\n")
    path.write_text(ticked, "utf-8")
    assert all(line.ticked for line in write_sheet(sealed))
    data = sealed / "data/hens.csv"
    data.write_text(data.read_text("utf-8").replace("H002,2025,18", "H002,2025,20"), "utf-8")
    assert press(sealed, "accept")[0] == 0
    code, output = press(sealed, "review")
    assert code == 0 and "hens, fact growth: was 6\N{NO-BREAK SPACE}eggs, is 8\N{NO-BREAK SPACE}eggs" in output
    assert "hens, verdict C1: was the same, on rows that are not as they were, is supported" in output
    assert f"{SHEET}: 5 numbers, 0 of them ticked" in output
    path.write_text(path.read_text("utf-8") + "hens,fact,x,1,,,,,Ada,\n", "utf-8")
    code, output = press(sealed, "review")
    assert code == 3 and "row 7: found half a tick" in output
