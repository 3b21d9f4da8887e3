"""What people expect of a publication: tags for sharing, feed, sitemap, 404 page, citation, all figures, search."""

from __future__ import annotations

import functools
import http.server
import json
import re
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from conftest import ROOT, field, table, write_tiny_book
from press.errors import DataError
from press.package import Package
from press.site import build
from press.updates import load_updates

HOSTILE = '</script><script>alert(1)</script> & "more"'
UPDATES = f"""id,date,chapter,change
first,2026-01-31,book,First publication.
recount,2026-02-03,hens,"The hens were counted again: 5 < 6 & {HOSTILE.replace('"', '""')}"
"""
SITE = "https://example.org/farm"


def write_book(root: Path) -> Path:
    """The tiny book with updates, a page of figures and words that try to leave their place."""
    write_tiny_book(root)
    path = root / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    fields = [field("id"), field("date", "date"), field("chapter"), field("change")]
    descriptor["resources"].append(table("updates", fields))
    descriptor |= {
        "title": "Hens: data",
        "description": HOSTILE,
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
    }
    path.write_text(json.dumps(descriptor), "utf-8")
    (root / "data/updates.csv").write_text(UPDATES, "utf-8")
    chapter = root / "notebooks/01_hens.md"
    aside = ":::{note}\nAn aside before the text.\n:::\n\n"
    prose = "In the yard \\</script> nobody counted. " + "The feathered birds strut about. " * 8
    told = "\n\n## A quiet evening\n\nAt dusk every rooster forgets the arithmetic of barns.\n\n"
    text = (
        chapter.read_text("utf-8")
        .replace("They laid", f"{aside}{prose}They laid")
        .replace("eggs`.\n", f"eggs`.{told}", 1)
    )
    chapter.write_text(text, "utf-8")
    (root / "book/updates.md").write_text("# Updates\n\n```{updates}\n```\n", "utf-8")
    (root / "book/figures.md").write_text("# All figures\n\n```{all-figures}\n```\n", "utf-8")
    with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("  - file: book/updates\n  - file: book/figures\n")
    config = root / "_config.yml"
    config.write_text(
        f"parse:\n  myst_enable_extensions: [colon_fence]\nauthor: A & B\n{config.read_text('utf-8')}", "utf-8"
    )
    return root


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a book that does not know its address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SITE_URL", raising=False)
        return build(write_book(tmp_path_factory.mktemp("plain")), {}, lambda text: None)


@pytest.fixture(scope="module")
def addressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a book in two editions that is told its address."""
    root = write_book(tmp_path_factory.mktemp("addressed"))
    path = root / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    descriptor["resources"].append(table("editions", [field("id"), field("as_of", "date"), field("title")]))
    path.write_text(json.dumps(descriptor), "utf-8")
    editions = "id,as_of,title\nfirst,2026-01-15,First\nlatest,2026-01-31,Latest\n"
    (root / "data/editions.csv").write_text(editions, "utf-8")
    (root / "editions").mkdir()
    (root / "editions/first.json").write_text("{}", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITE_URL", SITE)
        return build(root, {}, lambda text: None)


def soup(site: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup((site / page).read_text("utf-8"), "html.parser")


def meta(page: BeautifulSoup) -> dict[str, str]:
    return {str(t.get("property") or t.get("name")): str(t["content"]) for t in page.select("meta[content]")}


def linked_data(page: BeautifulSoup) -> dict[str, Any]:
    (script,) = page.select("script[type='application/ld+json']")
    return json.loads(script.get_text())


def test_a_chapter_can_be_shared(plain: Path) -> None:
    page = soup(plain, "notebooks/01_hens.html")
    tags = meta(page)
    assert tags["og:title"] == tags["twitter:title"] == "The hens lay more"
    assert tags["og:site_name"] == "Hens" and tags["og:type"] == "article"
    told = tags["og:description"]
    assert told == tags["description"] == tags["twitter:description"]
    assert told.startswith("In the yard </script> nobody counted.") and told.endswith("…") and 150 < len(told) <= 200
    assert tags["og:image:alt"] == tags["twitter:image:alt"] == "Bars that grow."
    assert tags["twitter:card"] == "summary_large_image" and tags["twitter:image"] == tags["og:image"]
    picture = (plain / "notebooks" / tags["og:image"]).resolve().read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", picture[16:24]) == (1200, 630)
    # Without an address nothing is said that must be absolute.
    assert "og:url" not in tags and not page.select("link[rel=canonical]") and not (plain / "sitemap.xml").exists()
    assert "Sitemap" not in (plain / "robots.txt").read_text("utf-8")


def test_every_page_has_tags_and_machine_pages_are_not_listed(plain: Path) -> None:
    apart = {"_static", "embed"}
    pages = [path for path in plain.rglob("*.html") if not apart & set(path.relative_to(plain).parts)]
    assert len(pages) >= 7
    for path in pages:
        tags = meta(BeautifulSoup(path.read_text("utf-8"), "html.parser"))
        assert tags["og:title"] and (path.parent / tags["og:image"]).resolve().is_file(), path
        assert (tags.get("robots") == "noindex") == (path.name in ("search.html", "genindex.html", "404.html")), path
    assert meta(soup(plain, "index.html"))["og:title"] == "Hens"


def test_what_must_be_absolute_is(addressed: Path) -> None:
    page = soup(addressed, "notebooks/01_hens.html")
    tags = meta(page)
    assert tags["og:url"] == page.select_one("link[rel=canonical]")["href"] == f"{SITE}/notebooks/01_hens.html"
    assert tags["og:image"].startswith(f"{SITE}/_figures/cards/hens-eggs.")
    old = soup(addressed, "editions/first/notebooks/01_hens.html")
    assert old.select_one("link[rel=canonical]")["href"] == f"{SITE}/editions/first/notebooks/01_hens.html"
    embed = soup(addressed, "editions/first/embed/hens-eggs.html").select_one("link[rel=canonical]")
    assert embed["href"] == f"{SITE}/editions/first/notebooks/01_hens.html#fig-hens-eggs"
    names = {"a": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    urls = ElementTree.parse(addressed / "sitemap.xml").getroot().findall("a:url", names)
    found = {url.findtext("a:loc", "", names): url.findtext("a:lastmod", "", names) for url in urls}
    assert found[f"{SITE}/notebooks/01_hens.html"] == "2026-02-03"
    written = ("book/index", "notebooks/01_hens", "book/data", "book/sources", "book/updates", "book/figures")
    assert {f"{SITE}/{page}.html" for page in (*written, "claims/C1", "evidence/tables/hens")} <= set(found)
    assert not [address for address in found if "/embed/" in address or "/editions/" in address or "404" in address]
    robots = (addressed / "robots.txt").read_text("utf-8").splitlines()
    assert robots[-2:] == [f"Sitemap: {SITE}/sitemap.xml", f"Sitemap: {SITE}/editions/first/sitemap.xml"]
    assert (addressed / "editions/first/sitemap.xml").is_file()
    for name in ("feed.xml", "404.html", "robots.txt"):  # the front's alone
        assert (addressed / name).is_file() and not (addressed / "editions/first" / name).exists()
    lost = soup(addressed, "404.html")
    links = [str(part.get("href") or part.get("src")) for part in lost.select("[href], [src]")]
    assert [link for link in links if not link.startswith((f"{SITE}/", "data:"))] == ["#main-content"]
    assert f"{SITE}/notebooks/01_hens.html" in links and any("press-page.css" in link for link in links)
    assert lost.select_one("form")["action"] == f"{SITE}/search.html"


def test_machines_read_the_chapter_and_the_data(addressed: Path) -> None:
    article = linked_data(soup(addressed, "notebooks/01_hens.html"))
    assert article["@type"] == "Article" and article["headline"] == "The hens lay more"
    assert (article["datePublished"], article["dateModified"]) == ("2026-01-31", "2026-02-03")
    assert article["author"] == {"@type": "Organization", "name": "A & B"}
    assert article["license"].endswith("/by/4.0/") and article["isPartOf"]["name"] == "Hens"
    assert article["image"].startswith(SITE) and "</script>" in article["description"]
    data = linked_data(soup(addressed, "book/data.html"))
    assert data["@type"] == "Dataset" and data["name"] == "Hens: data" and data["description"] == HOSTILE
    contents = {entry["name"]: entry["contentUrl"] for entry in data["distribution"]}
    assert contents["Hens"] == f"{SITE}/data/hens.csv" and len(contents) == 5
    assert not soup(addressed, "book/sources.html").select("script[type='application/ld+json']")


def test_no_text_leaves_its_place(plain: Path) -> None:
    for path in plain.rglob("*.html"):
        assert "<script>alert" not in path.read_text("utf-8"), path
    listed = soup(plain, "notebooks/01_hens.html").select_one(".press-colophon li").get_text()
    assert HOSTILE in listed
    assert HOSTILE in (ElementTree.parse(plain / "feed.xml").getroot()[5][4].text or "")


def test_updates_give_page_feed_and_each_chapters_list(plain: Path, addressed: Path) -> None:
    colophon = soup(plain, "notebooks/01_hens.html").select_one(".press-colophon")
    assert "Last changed on 3 February 2026" in colophon.get_text()
    assert [t["datetime"] for t in colophon.select("li time")] == ["2026-02-03", "2026-01-31"]
    page = soup(plain, "book/updates.html")
    entries = [(li.time["datetime"], li.a["href"]) for li in page.select(".press-updates li")]
    assert entries == [("2026-02-03", "../notebooks/01_hens.html"), ("2026-01-31", "index.html")]
    feed = ElementTree.parse(addressed / "feed.xml").getroot()
    atom = "{http://www.w3.org/2005/Atom}"
    assert feed.findtext(f"{atom}updated") == "2026-02-03T00:00:00Z"
    entry = feed.find(f"{atom}entry")
    assert entry is not None and entry.findtext(f"{atom}title") == "The hens lay more"
    assert entry.find(f"{atom}link").attrib["href"] == f"{SITE}/notebooks/01_hens.html"  # type: ignore[union-attr]
    ids = [element.text for element in feed.iter(f"{atom}id")]
    assert len(set(ids)) == 3 and all(str(i).startswith("urn:uuid:") for i in ids)
    # The same entry keeps its id when the site moves.
    assert ids == [element.text for element in ElementTree.parse(plain / "feed.xml").getroot().iter(f"{atom}id")]
    assert soup(plain, "notebooks/01_hens.html").select_one("link[rel=alternate]")["href"] == "../feed.xml"


def test_an_update_of_no_chapter_is_named(tmp_path: Path) -> None:
    root = write_book(tmp_path)
    path = root / "data/updates.csv"
    path.write_text(path.read_text("utf-8").replace(",hens,", ",hen,"), "utf-8")
    with pytest.raises(DataError, match=r"updates.csv, row 3, field chapter: found 'hen', .*did you mean 'hens'"):
        load_updates(Package(root), ["hens"])


def test_a_chapter_is_cited(plain: Path, addressed: Path) -> None:
    text = soup(addressed, "notebooks/01_hens.html").select_one(".press-colophon").get_text()
    assert "A & B: “The hens lay more”. In: Hens, 3 February 2026. As known on 31 January 2026." in text
    assert f"url = {{{SITE}/notebooks/01_hens.html}}" in text and "author = {{A \\& B}}" in text
    assert "url" not in soup(plain, "notebooks/01_hens.html").select_one(".press-colophon pre").get_text()


def test_all_figures_on_one_page(plain: Path) -> None:
    page = soup(plain, "book/figures.html")
    (card,) = page.select(".press-gallery article")
    assert card.a["href"] == "../notebooks/01_hens.html#fig-hens-eggs" and card.a.get_text() == "More eggs"
    assert card.select_one("[role=img]")["aria-label"] == "Bars that grow." and card.svg


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and its 404.html for what is not there, as hosts of static sites do."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def send_error(self, code: int, *args: Any, **more: Any) -> None:
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def host(plain: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(plain))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that can reach this machine alone; whatever else it asks for fails the test."""
    page = browser.new_page()
    elsewhere: list[str] = []

    def guard(route: Any) -> None:
        if re.match(r"(http://127\.0\.0\.1:|file:|data:|blob:)", route.request.url):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    page.route("**/*", guard)
    yield page
    page.close()
    # The theme of the tiny book asks a CDN for some of its own scripts; the furniture asks for nothing.
    assert [url for url in elsewhere if "cdn" not in url and "unpkg" not in url] == []


def test_a_lost_reader_finds_a_chapter_and_the_search(page: Page, host: str) -> None:
    response = page.goto(f"{host}some/where/deep.html")
    assert response is not None and response.status == 404
    page.locator("#main-content").get_by_role("link", name="The hens lay more").click()
    assert page.url == f"{host}notebooks/01_hens.html"
    page.get_by_role("heading", name="The hens lay more", level=1).first.wait_for()
    page.goto(f"{host}some/where/deep.html")
    page.get_by_role("searchbox").fill("rooster")
    page.get_by_role("button", name="Search").click()
    page.wait_for_selector("#search-results a")
    assert page.url == f"{host}search.html?q=rooster"


def test_a_phrase_is_found_and_leads_to_its_place(page: Page, host: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(host)))
    page.goto(f"{host}search.html")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "pagefind/" in url or "searchindex" in url]  # nothing before it is asked
    page.locator(".press-search input").fill('"arithmetic of barns"')
    page.locator(".press-search input").press("Enter")
    page.wait_for_selector("#search-results a")
    links = page.eval_on_selector_all("#search-results a", "links => links.map(link => link.getAttribute('href'))")
    assert links == ["notebooks/01_hens.html", "notebooks/01_hens.html#a-quiet-evening"]
    assert page.locator("#search-status").inner_text() == "Found on 1 page."
    assert "rooster forgets the arithmetic of barns" in page.locator("#search-results").inner_text()
    assert not [url for url in asked if "searchindex" in url]
    page.locator("#search-results a").nth(1).click()
    page.locator(":target h2", has_text="A quiet evening").wait_for()
    page.goto(f"{host}search.html?q=More+eggs+before")  # the claim's own words lead to the claim
    page.wait_for_selector("#search-results a[href='notebooks/01_hens.html#claim-C1']")


def test_what_is_not_there_is_said_and_text_stays_text(page: Page, host: str) -> None:
    page.goto(f"{host}search.html?q=%3Cimg+src%3Dx%3Ezebra")
    page.wait_for_selector("#search-status:has-text('Nothing found for “<img src=x>zebra”')")
    page.goto(f"{host}search.html?q=nobody+counted")
    page.wait_for_selector("#search-results a")
    assert "In the yard </script> nobody counted." in page.locator("#search-results").inner_text()


def test_search_works_from_a_disk(page: Page, plain: Path) -> None:
    page.goto(f"{plain.resolve().as_uri()}/search.html?q=rooster")
    page.wait_for_selector("#search-results a[href*='01_hens']")


def test_the_citation_file_says_what_the_book_says() -> None:
    """Checked against the schema of the Citation File Format 1.2.0: its required keys, and the kinds of those used."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert cited.keys() <= {
        *("cff-version", "message", "title", "authors", "type", "abstract", "version", "date-released", "license"),
        *("keywords", "url", "repository-code", "doi", "identifiers", "contact", "commit", "references"),
        *("license-url", "preferred-citation", "repository", "repository-artifact"),
    }
    assert cited["cff-version"] == "1.2.0" and cited["type"] in ("software", "dataset")
    assert all(set(author) <= {"name", "website", "email"} and author["name"] for author in cited["authors"])
    assert all(isinstance(cited[key], str) for key in ("message", "title", "abstract", "version"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert cited["title"] == config["title"] and [a["name"] for a in cited["authors"]] == [config["author"]]
    package = Package(ROOT)
    assert cited["version"] == package.descriptor["version"] and cited["keywords"] == package.descriptor["keywords"]
    assert package.descriptor["licenses"][0]["name"] in cited["license"]
    first = load_updates(package, {chapter.stem[3:] for chapter in (ROOT / "notebooks").glob("*.md")})[-1]
    assert str(cited["date-released"]) == first.date
