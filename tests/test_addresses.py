"""press sources: dead links, moved pages, changed titles are reported and nothing fails; a gone source is marked."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from conftest import SOURCES, write_tiny_book
from press.cli import main
from press.refresh.addresses import REPORT, check_sources, read_report
from press.refresh.fetch import Patience
from press.site import build
from test_checks import edit
from test_refresh import Web, sends

NOW = Patience(connect=2, read=2, whole=2, retries=0, wait=lambda seconds: None)
HEAD = "id,publisher,title,published,url,reliability\n"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("NO_PROXY", "*")
    found = Web()
    yield found
    found.server.shutdown()
    found.server.server_close()


def page(title: str, encoding: str = "utf-8") -> bytes:
    return f"<html><head><title>\n {title}</title></head>".encode(encoding)


def register(root: Path, **urls: str) -> None:
    rows = "".join(f"{name},The farm,Hens counted,2025,{url},primary\n" for name, url in urls.items())
    (root / "data/sources.csv").write_text(HEAD + rows, "utf-8")


def states(root: Path) -> dict[str, str]:
    return {found.id: found.state for found in check_sources(root, patience=NOW)}


def test_each_source_is_looked_at(tiny: Path, web: Web) -> None:
    there = web.give("/there", sends(page("Hens counted in 2025"), "text/html"))
    register(
        tiny,
        fine=there,
        pdf=web.give("/pdf", sends(b"%PDF", "application/pdf")),
        gone=web.give("/gone", sends(b"", status=404)),
        barred=web.give("/barred", sends(b"", status=403)),
        moved=web.give("/old", sends(b"", status=301, Location=there)),
        round=web.give("/round", sends(b"", status=302, Location=web.url("/round"))),
        other=web.give("/other", sends(page("Ducks &amp; geese", "latin-1"), "text/html; charset=latin-1")),
        nowhere="http://127.0.0.1:9/",
        none="http://[",
        offline="",
    )
    looks = {found.id: found for found in check_sources(tiny, patience=NOW)}
    assert {name: found.state for name, found in looks.items()} == {
        **{"fine": "fine", "pdf": "fine", "gone": "gone", "barred": "unreachable", "moved": "moved"},
        **{"round": "unreachable", "other": "retitled", "nowhere": "unreachable", "none": "unreachable"},
    }
    assert looks["moved"].address == there and looks["other"].title == "Ducks & geese"
    assert "found status 404" in looks["gone"].told and "expected 'Hens counted'" in looks["other"].told


def test_a_page_may_not_lead_into_this_machine(tiny: Path, monkeypatch: pytest.MonkeyPatch, web: Web) -> None:
    monkeypatch.setattr("press.refresh.fetch._local", lambda url: "/inner" in url)
    register(tiny, sly=web.give("/sly", sends(b"", status=302, Location=web.give("/inner", sends(b"secret")))))
    assert states(tiny) == {"sly": "unreachable"} and web.asked == ["/sly"]


def test_the_verb_reports_and_never_fails(tiny: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    url = web.give("/hens", sends(page("Hens\x1b[31m"), "text/html"), sends(page("=Ducks"), "text/html"))
    register(tiny, farm=url, gone=web.give("/gone", sends(b"", status=410)))
    first = CliRunner().invoke(main, ["sources"])
    assert first.exit_code == 0 and "gone: gone: found status 410" in first.output and "\x1b" not in first.output
    assert "press: 1 gone, 0 unreachable, 0 moved, 0 retitled, 1 fine; the report is _build/sources.csv" in first.output
    second = CliRunner().invoke(main, ["sources"])
    assert second.exit_code == 0
    assert "farm: retitled: found the title '=Ducks', before it was 'Hens[31m'" in second.output
    with (tiny / REPORT).open(encoding="utf-8", newline="") as file:
        assert [row["title"] for row in csv.DictReader(file) if row["id"] == "farm"] == ["'=Ducks"]
    assert read_report(tiny)["farm"].title == "=Ducks"
    third = CliRunner().invoke(main, ["sources"])
    assert "0 retitled, 1 fine" in third.output
    (tiny / REPORT).write_bytes(b"\xff")
    assert CliRunner().invoke(main, ["sources"]).exit_code == 0
    (tiny / "data/sources.csv").write_text("id\nfarm\n", "utf-8")
    broken = CliRunner().invoke(main, ["sources"])
    assert broken.exit_code == 3 and "data/sources.csv, header: found no column 'publisher'" in broken.output


def test_hosts_are_asked_by_one_at_a_time(tiny: Path, web: Web) -> None:
    busy, most = threading.Semaphore(1), []

    def answer(handler: object) -> None:
        most.append(busy.acquire(blocking=False))
        sends(page("Hens"), "text/html")(handler)  # type: ignore[arg-type]
        busy.release()

    register(tiny, **{f"s{number}": web.give(f"/{number}", answer) for number in range(6)})
    assert set(states(tiny).values()) == {"fine"} and most == [True] * 6


def test_a_source_that_is_gone_is_marked_and_stays(tmp_path: Path) -> None:
    root = write_tiny_book(tmp_path)
    edit(
        root,
        '"reliability", "type"',
        '"gone", "type": "string", "description": "The day."}, {"name": "reliability", "type"',
        "data/datapackage.json",
    )
    header, farm, gossip, _ = SOURCES.split("\n")
    rows = [header.replace("reliab", "gone,reliab"), farm.replace("primary", "2026-01-13,primary")]
    (root / "data/sources.csv").write_text("\n".join([*rows, gossip.replace("blog", ",blog"), ""]), "utf-8")
    site = build(root, {}, lambda text: None)
    shown = BeautifulSoup((site / "book/sources.html").read_text("utf-8"), "lxml")
    assert [tag.get_text() for tag in shown.select("#src-farm .press-gone")] == ["found gone on 13 January 2026"]
    assert shown.select_one("#src-farm a[href^=http]") and not shown.select("#src-gossip .press-gone")
    own = BeautifulSoup((site / "evidence/sources/farm.html").read_text("utf-8"), "lxml")
    assert "found gone on 13 January 2026" in own.select_one("p.press-gone").get_text()  # type: ignore[union-attr]
    assert "H001" in own.get_text()
