"""Every page of the site, in a browser that may ask this machine alone: weight, accessibility, dark, phone, paper.

Every page is read, and loaded once. What a browser needs seconds for is done on every page that somebody wrote, and on
so many of the generated ones that each kind of element that any of them has is on one of these.
"""

from __future__ import annotations

import gzip
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from playwright.sync_api import Browser, BrowserContext, Page, Route

from conftest import TABLE

KB = 1000
MOST_BYTES, MOST_HTML, MOST_SHIFT = 250 * KB, 150 * KB, 0.02
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: What a page shows first; a figure on a page of its own has its own title.
TITLE = "main h1, main .press-figure-title"
#: What A4 leaves inside the margins of the style sheet, in CSS pixels.
PAPER = {"width": 665, "height": 986}

OBSERVE_SHIFTS = """
window.pressShift = 0;
window.pressRefused = [];
document.addEventListener("securitypolicyviolation",
  (e) => pressRefused.push(`${e.blockedURI} (${e.violatedDirective})`));
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.pressShift += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""
#: Returns bytes and files up to the first settled frame, the shift after the page was read to its end, and what was
#: asked of others or refused by the page's own policy.
LOADED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await document.fonts.ready;
  await frame();
  const sent = ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind));
  const total = sent.reduce((sum, entry) => sum + entry.encodedBodySize, 0);
  scrollTo(0, document.body.scrollHeight);
  await frame();
  const ours = (name) => /^(data|blob):/.test(name) || name.startsWith(origin);
  const elsewhere = sent.map((entry) => entry.name).filter((name) => !ours(name));
  return [total, sent[0].encodedBodySize, sent.length, pressShift, [...elsewhere, ...pressRefused]];
}"""


@cache
def body_of(path: Path) -> tuple[bytes, bool]:
    """Return a file as a web host sends it, and whether it is compressed."""
    body, packed = path.read_bytes(), path.suffix in (".html", ".css", ".js", ".svg", ".json", ".csv", ".xml")
    return gzip.compress(body, 6) if packed else body, packed


class Gzipped(SimpleHTTPRequestHandler):
    """Files as a web host sends them: text is compressed."""

    protocol_version = "HTTP/1.1"  # one connection for many files

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.server.missing.append(self.path)  # type: ignore[attr-defined]
            self.send_error(404)
            return
        body, packed = body_of(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Served:
    """The site on loopback: its address, its pages as paths, and what pages asked of other machines.

    ``pages`` are the chosen ones, ``every`` all of them, parsed.
    """

    address: str
    site: Path
    every: dict[str, HtmlElement]
    pages: list[str]
    browser: Browser
    refused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def context(self, **options: Any) -> BrowserContext:
        """Open a fresh profile that refuses, and lists, every request that is not for this machine."""

        def guard(route: Route) -> None:
            if route.request.url.startswith(self.address):
                route.continue_()
            else:
                self.refused.append(f"{route.request.url} (of {route.request.frame.url})")
                route.abort()

        context = self.browser.new_context(**{"viewport": DESKTOP, **options})
        context.route("**/*", guard)
        return context

    def each(self, page: Page, earlier: bool = True) -> Iterator[str]:
        """Visit page after page; those of earlier editions too, unless told not to."""
        for name in self.pages:
            if name.startswith("editions/") and not earlier:
                continue
            page.goto(f"{self.address}/{name}", wait_until="load")
            yield name


#: Folders whose pages one template makes; those of earlier editions are made by the same templates.
GENERATED = ("claims", "embed", "evidence/sources", "evidence/tables")


def kinds(page: HtmlElement) -> set[str]:
    """Return what kinds of element a page has: those of its drawings, which tests of charts see to, left out."""
    found = set()
    for part in page.iter("*"):
        if next(part.iterancestors("svg"), None) is None:
            found.add(" ".join([part.tag, *sorted(part.get("class", "").split()), part.get("role", "")]))
    return found


def chosen_pages(every: dict[str, HtmlElement]) -> list[str]:
    """Return every written page of the latest edition, and of the others as few as have all their kinds of element."""
    chosen: list[str] = []
    groups: dict[str, dict[str, set[str]]] = {}
    for name, page in every.items():
        folder = re.sub(r"^editions/[^/]+/|/?[^/]*$", "", name)
        if name.startswith("editions/") or folder in GENERATED:
            groups.setdefault(folder, {})[name] = kinds(page)
        else:
            chosen.append(name)
    for pages in groups.values():
        missing = set().union(*pages.values())
        while missing:
            best = max(pages, key=lambda name: (len(pages[name] & missing), name))
            chosen.append(best)
            missing -= pages[best]
    return sorted(chosen)


@pytest.fixture(scope="module")
def served(site: Path, browser: Browser) -> Iterator[Served]:
    every = {}
    for path in sorted(site.rglob("*.html")):
        page = document_fromstring(path.read_bytes(), parser=HTMLParser(encoding="utf-8", huge_tree=True))
        if not page.xpath("//meta[translate(@http-equiv, 'R', 'r')='refresh']"):
            every[str(path.relative_to(site))] = page
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Gzipped, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served = Served(f"http://127.0.0.1:{server.server_port}", site, every, chosen_pages(every), browser)
    server.missing = served.missing  # type: ignore[attr-defined]
    yield served
    server.shutdown()
    server.server_close()


#: What a browser loads by itself.
LOADING = """//script/@src | //img/@src | //iframe/@src | //source/@src
| //*[local-name()='use' or local-name()='image']/@href
| //link[@rel='stylesheet' or @rel='preload' or @rel='icon' or @rel='modulepreload']/@href"""


def test_every_page_is_whole(served: Served) -> None:
    """Read, not loaded: weight, ids, language, title, landmarks, and nothing named that is loaded from elsewhere."""
    faults = []
    for name, page in served.every.items():
        ids = Counter(page.xpath("//@id"))
        found = {
            "weight": len(body_of(served.site / name)[0]) <= MOST_HTML,
            "ids": all(count == 1 for count in ids.values()),
            "language": bool(page.get("lang")),
            "title": bool(page.findtext(".//title", "").strip()),
            "main": len(page.xpath("//main")) == 1,
            "heading": len(page.xpath("//main//h1")) == 1,
            "landmarks": len(page.xpath("//body//nav[not(@aria-label)]")) == 0,
            "names": set(page.xpath("//@aria-labelledby")) <= ids.keys(),
            "loads": not [url for url in page.xpath(LOADING) if re.match(r"(?!data:)\w+:|//", url)],
        }
        faults += [f"{name}: {fault}" for fault, right in found.items() if not right]
    for sheet in served.site.rglob("*.css"):
        if re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text("utf-8")):
            faults.append(f"{sheet}: loads from elsewhere")
    assert len(served.every) > 1_000 and faults == []


def test_every_page_is_light_and_still_and_asks_nobody_else(served: Served, request: pytest.FixtureRequest) -> None:
    measured: dict[str, list[Any]] = {}
    # Nothing but this machine is reached: what is for others goes to a proxy that is not there, and is listed by the
    # page. A route of Playwright's would cost each file two messages.
    proxy: Any = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
    with served.browser.new_context(viewport=DESKTOP, proxy=proxy) as context:
        context.add_init_script(OBSERVE_SHIFTS)
        page = context.new_page()
        context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        lost, stranger = f"{served.address}/404.html", "http://elsewhere.test/"
        for asking, listed in (("about:blank", stranger), (lost, f"{stranger} (connect-src)")):
            page.goto(asking)  # it has no policy; it has one
            page.evaluate("() => fetch('http://elsewhere.test/').catch(() => 0)")
            assert listed in page.evaluate(LOADED)[4], asking
        for name in served.every:
            page.goto(f"{served.address}/{name}", wait_until="load")
            measured[name] = page.evaluate(LOADED)
    table = [f"{'page':<56} {'KB':>6} {'HTML':>6} {'files':>5} {'shift':>7}"]
    faults = []
    for name, (total, html, files, shift, _) in sorted(measured.items(), key=lambda item: -item[1][0]):
        line = f"{name:<56} {total / KB:>6.1f} {html / KB:>6.1f} {files:>5} {shift:>7.4f}"
        table += [line] if len(table) <= 40 or shift > MOST_SHIFT / 4 else []
        faults += [line] if not (0 < html <= MOST_HTML and total <= MOST_BYTES and shift <= MOST_SHIFT) else []
    request.node.add_report_section("call", TABLE, "\n".join(table))
    asked = [f"{url} (of {name})" for name, seen in measured.items() for url in seen[4]]
    assert (asked, served.missing, served.refused, faults) == ([], [], [], [])


#: Opens all that is folded. Of a long table's rows, which one loop makes, the first ones stay, and of the words of code
#: a few of each colour: a chapter has nine thousand, and the contrast of each would be computed.
UNFOLD = """() => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  document.querySelectorAll("tbody").forEach((t) => [...t.rows].slice(12).forEach((row) => row.remove()));
  const seen = {};
  document.querySelectorAll("pre span:not(:has(*))").forEach((word) => {
    seen[word.className] = (seen[word.className] || 0) + 1;
    if (seen[word.className] > 3) word.replaceWith(word.textContent);
  });
}"""


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark-phone"])
def test_axe_finds_nothing(served: Served, scheme: Any, size: Any) -> None:
    found = []
    with served.context(color_scheme=scheme, viewport=size) as context:
        page = context.new_page()
        for name in served.each(page, earlier=scheme == "light"):  # the templates are the same in every edition
            embedded = page.locator("body.press-embed").count() == 1
            assert embedded or page.evaluate("() => document.documentElement.dataset.theme") == scheme
            page.evaluate(UNFOLD)
            results = Axe().run(page, options={"resultTypes": ["violations"]}).response
            assert results["passes"], name
            found += [
                f"{name}: {v['id']}: {n['target']} {n['failureSummary']}"
                for v in results["violations"]
                for n in v["nodes"][:3]
            ]
    assert found == [], "\n".join(found)


def test_without_javascript_text_and_drawings_are_there(served: Served) -> None:
    with served.context(java_script_enabled=False) as context:
        page = context.new_page()
        drawings = 0
        for name in served.each(page):
            assert page.locator(TITLE).first.is_visible(), name
            for figure in page.locator(".press-figure").all():
                box = figure.locator("svg:visible").first.bounding_box()
                assert box and box["width"] > 300 and box["height"] > 50, name
                drawings += 1
        assert drawings >= 4


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_dark_pages_are_dark(served: Served, javascript: bool) -> None:
    def light(colour: str) -> float:
        return sum(float(part) for part in colour.removeprefix("rgb(").rstrip(")").split(",")) / 3

    style = "(e) => [getComputedStyle(document.body).backgroundColor, getComputedStyle(e).color]"
    with served.context(color_scheme="dark", java_script_enabled=javascript) as context:
        page = context.new_page()
        for name in served.each(page):
            if page.locator("body.press-embed").count():
                continue  # stands in pages of others, on white
            paper, ink = page.locator(TITLE).first.evaluate(style)
            assert light(paper) < 60 and light(ink) > 180, name
            for text in page.locator(".press-figure svg:visible text[fill='#1f2328']").all()[:3]:
                assert light(text.evaluate("(e) => getComputedStyle(e).fill")) > 180, name


def test_a_reader_chooses_the_colours_and_the_choice_holds(served: Served) -> None:
    with served.context(color_scheme="light") as context:
        page = context.new_page()
        page.goto(f"{served.address}/{served.pages[0]}")
        shown = "() => document.documentElement.dataset.theme"
        button = page.locator(".press-mode")
        assert page.evaluate(shown) == "light"
        button.click()
        button.click()
        assert (page.evaluate(shown), button.inner_text().strip()) == ("dark", "Dark")
        page.goto(f"{served.address}/{served.pages[1]}")
        assert page.evaluate(shown) == "dark"


def test_a_phone_needs_no_scrolling_sideways(served: Served) -> None:
    wide = []
    with served.context(viewport=PHONE) as context:
        page = context.new_page()
        for name in served.each(page):
            page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            width = page.evaluate("() => document.documentElement.scrollWidth")
            wide += [f"{name}: {width}"] if width > PHONE["width"] else []
    assert wide == []


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_the_contents_open_on_a_phone_by_keyboard(served: Served, javascript: bool) -> None:
    with served.context(viewport=PHONE, java_script_enabled=javascript) as context:
        page = context.new_page()
        page.goto(f"{served.address}/{served.pages[0]}")
        link = page.locator("#contents a").first
        assert not link.is_visible()
        page.locator(".press-menu").press("Enter")
        link.wait_for(state="visible")
        page.keyboard.press("Escape")
        link.wait_for(state="hidden")


def test_paper_cuts_nothing(served: Served) -> None:
    cut = []
    blocks = ".press-figure, .press-verdict, .press-card, .admonition"
    measure = (
        "(e) => [e.getBoundingClientRect().height, e.scrollWidth - e.clientWidth, getComputedStyle(e).breakInside]"
    )
    with served.context(viewport=PAPER, color_scheme="dark") as context:
        page = context.new_page()
        for name in served.each(page):
            pdf = page.pdf(format="A4", prefer_css_page_size=True)
            assert pdf.startswith(b"%PDF") and len(pdf) > 5 * KB, name
            page.emulate_media(media="print")
            assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            for block in page.locator(blocks).all():
                height, over, inside = block.evaluate(measure)
                if height > PAPER["height"] or over > 0 or inside != "avoid":
                    cut.append(f"{name}: {block.get_attribute('id')} {height:.0f} px high, {over} over, {inside}")
            page.emulate_media(media="screen")
    assert cut == []


def test_a_word_is_found_on_the_search_page(served: Served) -> None:
    with served.context() as context:
        page = context.new_page()
        page.goto(f"{served.address}/search.html?q=evidence")
        page.locator("#search-results li a").first.wait_for()
