"""Every page of the site, in a browser that may ask this machine alone: weight, accessibility, dark, phone, paper."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
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
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.pressShift += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""
SETTLED = """() => document.fonts.ready.then(() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
}))"""


class Gzipped(SimpleHTTPRequestHandler):
    """Files as a web host sends them: text is compressed."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body, packed = path.read_bytes(), path.suffix in (".html", ".css", ".js", ".svg", ".json", ".csv", ".xml")
        body = gzip.compress(body, 6) if packed else body
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
    """The site on loopback: its address, its pages as paths, and what pages asked of other machines."""

    address: str
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
        context.on("response", lambda r: self.missing.append(r.url) if r.status >= 400 else None)
        return context

    def each(self, page: Page, earlier: bool = True) -> Iterator[str]:
        """Visit page after page; those of earlier editions too, unless told not to."""
        for name in self.pages:
            if name.startswith("editions/") and not earlier:
                continue
            page.goto(f"{self.address}/{name}", wait_until="load")
            yield name


#: Folders whose pages one template makes, and how many of each, the largest, are looked at.
GENERATED, LARGEST = ("claims", "embed", "evidence/sources", "evidence/tables"), 6


def chosen_pages(site: Path) -> list[str]:
    """Return every written page, the largest of each generated kind, and one of each folder of an old edition."""
    found = [path for path in site.rglob("*.html") if 'http-equiv="refresh"' not in path.read_text("utf-8").lower()]
    found = [path for path in found if path.name != "404.html"]  # carries its own style; see test_furniture
    kinds: dict[str, list[Path]] = {}
    for path in found:
        kinds.setdefault(str(path.relative_to(site).parent), []).append(path)
    chosen = []
    for folder, pages in kinds.items():
        most = LARGEST if folder in GENERATED else 1 if folder.startswith("editions/") else len(pages)
        chosen += sorted(pages, key=lambda page: -page.stat().st_size)[:most]
    return sorted(str(path.relative_to(site)) for path in chosen)


@pytest.fixture(scope="module")
def served(site: Path, browser: Browser) -> Iterator[Served]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Gzipped, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_port}", chosen_pages(site), browser)
    server.shutdown()
    server.server_close()


def test_pages_are_light_and_ask_nobody_else(served: Served, request: pytest.FixtureRequest) -> None:
    table = [f"{'page':<48} {'KB':>6} {'HTML':>6} {'files':>5} {'shift':>7}"]
    faults: list[str] = []
    for name in served.pages:
        with served.context() as context:  # a fresh profile for each: nothing comes from a cache
            page = context.new_page()
            page.add_init_script(OBSERVE_SHIFTS)
            sizes: dict[str, int] = {}
            urls: dict[str, str] = {}
            network = context.new_cdp_session(page)
            network.on("Network.responseReceived", lambda e, u=urls: u.update({e["requestId"]: e["response"]["url"]}))
            network.on("Network.loadingFinished", lambda e, s=sizes: s.update({e["requestId"]: e["encodedDataLength"]}))
            network.send("Network.enable")
            page.goto(f"{served.address}/{name}", wait_until="load")
            page.evaluate(SETTLED)
            total, files = sum(sizes.values()), len(sizes)
            html = sum(int(sizes[key]) for key, url in urls.items() if url == f"{served.address}/{name}")
            page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
            page.evaluate(SETTLED)
            shift = page.evaluate("() => window.pressShift")
        table.append(f"{name:<48} {total / KB:>6.1f} {html / KB:>6.1f} {files:>5} {shift:>7.4f}")
        if not (0 < html <= MOST_HTML and total <= MOST_BYTES and shift <= MOST_SHIFT):
            faults.append(table[-1])
    request.node.add_report_section("call", TABLE, "\n".join(table))
    assert (served.refused, served.missing) == ([], [])
    assert faults == []


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark-phone"])
def test_axe_finds_nothing(served: Served, scheme: Any, size: Any) -> None:
    found = []
    with served.context(color_scheme=scheme, viewport=size) as context:
        page = context.new_page()
        for name in served.each(page, earlier=scheme == "light"):  # the templates are the same in every edition
            embedded = page.locator("body.press-embed").count() == 1
            assert embedded or page.evaluate("() => document.documentElement.dataset.theme") == scheme
            page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
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
