"""From chapters to pages: what is published is whole, and a failed build leaves the last good site."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from filelock import FileLock
from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexer_classes

from conftest import field, hide, table
from press import report, site
from press.check_site import check_figures, check_site
from press.cli import main
from press.errors import SiteError
from press.sphinx_ext import colours
from press.store import Store


def build(root: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> tuple[int, str]:
    monkeypatch.chdir(root)
    result = CliRunner().invoke(main, ["build", *more])
    return result.exit_code, result.output


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_site_and_what_may_not_replace_it(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = build(tiny_book, monkeypatch)
    assert code == 0 and "The site is in _build/site/" in output
    site = tiny_book / "_build/site"
    page = BeautifulSoup((site / "notebooks/01_hens.html").read_text("utf-8"), "html.parser")
    figure = page.select_one("figure#fig-hens-eggs")
    assert figure is not None and figure.select_one(".press-wide[role=img]")["aria-label"] == "Bars that grow."
    assert "Source: The farm; A neighbour" in figure.get_text()
    fact = page.select_one("a.press-fact")
    assert fact.get_text() == "over 18\u00a0eggs" and fact["href"].endswith("#fact-hens-laid")
    assert page.select_one("#claim-C1 .press-badge").get_text() == "supported"
    assert (site / "data/hens.csv").read_bytes() == (tiny_book / "data/hens.csv").read_bytes()
    assert json.loads((site / "sbom.cdx.json").read_text("utf-8"))["metadata"]["component"]["name"] == "hens"
    good = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}

    # Each of these must fail with its message and leave the site as it was.
    chapter, data = tiny_book / "notebooks/01_hens.md", tiny_book / "data/hens.csv"
    wrong = [
        (chapter, "{fact}`laid; .0f; eggs`", "{fact}`lade`", 5, "there is no fact 'hens.lade'; did you mean"),
        (chapter, "growth=growth", "grwth=growth", 4, "found the measures grwth; its rule expects growth"),
        (chapter, 'hens.judge("C1"', '(lambda *a, **k: None)("C1"', 5, "no verdict for the claims C1"),
        (data, "H002,2025,18", "H002,2025,many", 3, "data/hens.csv, row 3, field value: found 'many'"),
        (tiny_book / "book/index.md", "# Hens", "# Hens\n\n[gone](gone.md)", 5, "gone"),
    ]
    for path, old, new, exit_code, told in wrong:
        before = path.read_text("utf-8")
        edit(path, old, new)
        code, output = build(tiny_book, monkeypatch)
        assert code == exit_code and told in output, output
        assert {p.relative_to(site): p.read_bytes() for p in site.rglob("*") if p.is_file()} == good
        path.write_text(before, "utf-8")
    assert not list((tiny_book / "_build").glob("press-*"))


def test_text_for_later_editions(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(
        tiny_book / "notebooks/01_hens.md",
        "They laid",
        ":::{known-from} 2026-01-01\nNow we know.\n:::\n\n:::{not-yet} 2026-01-01\nNot yet.\n:::\n\nThey laid",
    )
    edit(tiny_book / "_config.yml", "sphinx:\n", "parse:\n  myst_enable_extensions: [colon_fence]\nsphinx:\n")
    assert build(tiny_book, monkeypatch)[0] == 0
    late = (tiny_book / "_build/site/notebooks/01_hens.html").read_text("utf-8")
    assert "Now we know." in late and "Not yet." not in late
    assert build(tiny_book, monkeypatch, "--as-of", "2025-12-31")[0] == 0
    early = (tiny_book / "_build/site/notebooks/01_hens.html").read_text("utf-8")
    assert "Now we know." not in early and "Not yet." in early


def test_code_is_coloured_once_unless_it_met_a_warning_or_is_in_a_language_of_the_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lexer_classes, "cluck", TextLexer)  # as an extension does, whose code may change
    coloured: list[str] = []

    def colour(source: str, lang: str, *more: Any, **shown: Any) -> str:
        coloured.append(source)
        app._warncount += lang == "unknown"
        return f"<b>{source}</b> {lang} {shown}"

    bridge = SimpleNamespace(highlight_block=colour)
    builder = SimpleNamespace(format="html", highlighter=bridge)
    press = SimpleNamespace(store=Store(tmp_path, print))
    app: Any = SimpleNamespace(srcdir=tmp_path, _warncount=0, builder=builder, press=press)
    colours.keep(app)
    for location in ("here", "there"):
        assert bridge.highlight_block("hens", "python", location=location) == "<b>hens</b> python {}"
        assert bridge.highlight_block("hens", "python", linenos=True) == "<b>hens</b> python {'linenos': True}"
        assert bridge.highlight_block("geese", "unknown") == "<b>geese</b> unknown {}"
        assert bridge.highlight_block("chicks", "cluck") == "<b>chicks</b> cluck {}"
    assert coloured == ["hens", "hens", "geese", "chicks", "geese", "chicks"]


def test_a_second_build_says_why_it_does_not_run(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny_book / "_build").mkdir()
    with FileLock(tiny_book / "_build/press.lock"):
        code, output = build(tiny_book, monkeypatch)
    assert code == 5 and "another build of this book is running" in output


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="gone.html">x</a>', "the link 'gone.html' leads nowhere"),
        ('<a href="../page.html">x</a>', "the link '../page.html' leads nowhere"),
        ('<a href="#gone">x</a>', "the link '#gone' has no such anchor"),
        ('<a href="other.html#gone">x</a>', "the link 'other.html#gone' has no such anchor"),
        ('<img src="other.html">', "an image without alt text"),
        ('<div role="img"></div>', "a drawing without alt text"),
        ('<div class="output traceback">x</div>', "shows an error output"),
        ('<p id="a"></p><p id="a"></p>', "the id 'a' stands more than once"),
    ],
)
def test_a_faulty_page_is_named(tmp_path: Path, body: str, told: str) -> None:
    (tmp_path / "other.html").write_text("<p id='here'></p>", "utf-8")
    (tmp_path / "page.html").write_text(f"<html><body>{body}</body></html>", "utf-8")
    with pytest.raises(SiteError, match="page.html: " + told):
        check_site(tmp_path)


def test_good_pages_pass(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("<p id='here'></p>", "utf-8")
    (tmp_path / "page.html").write_text("<a href='other.html#here'>x</a><a href='https://example.org'>y</a>", "utf-8")
    (tmp_path / "sub").mkdir()
    links = ("../other.html#here", "/other.html#here", "./", "", "#top", "../sub/", "../sub/a%20b.txt")
    body = "<p id='top'></p>" + "".join(f"<a href='{link}'>x</a>" for link in links)
    (tmp_path / "sub/index.html").write_text(body, "utf-8")
    (tmp_path / "sub/a b.txt").write_text("", "utf-8")
    assert check_site(tmp_path) == 3


def test_a_figure_that_is_not_on_its_page(
    tiny: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny)
    CliRunner().invoke(main, ["accept"])
    html = tmp_path_factory.mktemp("html")
    (html / "notebooks").mkdir()
    (html / "notebooks/01_hens.html").write_text("<p>no figure</p>", "utf-8")
    with pytest.raises(SiteError, match="the figure 'eggs' is not on the page"):
        check_figures(html, tiny)


def test_an_earlier_edition_and_what_changed_since(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor = json.loads((tiny_book / "data/datapackage.json").read_text("utf-8"))
    fields = [field("id"), field("as_of", "date"), field("title")]
    descriptor["resources"].append(table("editions", fields))
    (tiny_book / "data/datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    (tiny_book / "data/editions.csv").write_text(
        "id,as_of,title\nfirst,2025-10-01,First\nlatest,2026-01-31,Latest\n", "utf-8"
    )
    chapter = tiny_book / "notebooks/01_hens.md"
    edit(
        chapter,
        'laid = hens.fact("laid", rows=eggs[eggs.id == "H002"])',
        'laid = hens.fact("laid", rows=eggs.iloc[[0]])',
    )
    edit(
        chapter,
        'growth = hens.fact("growth", eggs.value.iloc[1] - eggs.value.iloc[0], unit="eggs", rows=eggs.iloc[:2])',
        'later = eggs[eggs.id == "H002"]\n'
        'known = {"rows": later, "value": 6}\n'
        'growth = hens.fact("growth", unit="eggs", **known) if len(later) else hens.missing("growth", unit="eggs")',
    )
    edit(tiny_book / "book/index.md", "# Hens\n", "# Hens\n\n```{since-then}\n```\n")
    code, output = build(tiny_book, monkeypatch)
    assert code == 3 and "editions/first.json: the results of this edition are missing" in output
    CliRunner().invoke(main, ["accept"])
    code, output = build(tiny_book, monkeypatch)
    assert code == 0, output
    site = tiny_book / "_build/site"
    told = BeautifulSoup((site / "book/index.html").read_text("utf-8"), "html.parser").select_one(
        "section[aria-label='Claim C1']"
    )
    assert [badge.get_text() for badge in told.select(".press-badge")] == ["not testable", "supported"]
    assert "H002" in told.get_text()
    old = (site / "editions/first/notebooks/01_hens.html").read_text("utf-8")
    assert "18" not in BeautifulSoup(old, "html.parser").select_one("#claim-C1").get_text()
    banner = BeautifulSoup(old, "html.parser").select_one(".press-old-edition a")
    assert banner["href"] == "../../../notebooks/01_hens.html"
    choice = [a["href"] for a in BeautifulSoup(old, "html.parser").select(".press-editions a")]
    assert choice == ["../../../notebooks/01_hens.html"]
    front = BeautifulSoup((site / "notebooks/01_hens.html").read_text("utf-8"), "html.parser")
    choice = [a["href"] for a in front.select(".press-editions a")]
    assert choice == ["../editions/first/notebooks/01_hens.html"]


def test_what_cannot_be_removed_does_not_stop_a_site_that_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "_build"
    work.mkdir()
    for number in ("1", "2", "3"):
        html = tmp_path / "html"
        html.mkdir()
        (html / "index.html").write_text(number, "utf-8")
        with monkeypatch.context() as patch:
            if number == "2":
                patch.setattr(os, "rmdir", refuse)
                patch.setattr(Path, "unlink", lambda path, **named: refuse(path) if path.suffix else None)
                (tmp_path / report.PLACE).write_text("old", "utf-8")
                report.remove(tmp_path)
            published = site._publish(html, work)
        assert (published / "index.html").read_text("utf-8") == number
    assert len(list((work / "sites").iterdir())) == 1  # what was left is removed after the next build


def refuse(path: Any, *arguments: Any, **named: Any) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))


def test_a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(
    tiny_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_book)
    hide(tiny_book / "book", monkeypatch)
    result = CliRunner().invoke(main, ["build"])
    assert result.exit_code == 5, result.output
    assert "press: book: cannot be read or written (Permission denied)" in result.output
    assert not (tiny_book / "_build/site").exists()
