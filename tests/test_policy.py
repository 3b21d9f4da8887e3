"""The Content Security Policy: nothing breaks it, on any page, in any state; what static hosts send."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from conftest import Hosted, host
from press.sphinx_ext.policy import policy

#: Keeps what a page's policy refused; runs before anything of the page does.
LISTEN = """window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});"""


def refused(page: Page) -> list[str]:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    found: list[str] = page.evaluate("() => window.refused")
    return found


@pytest.fixture
def listening(page: Page) -> Page:
    page.add_init_script(LISTEN)
    return page


def rules(site: Path) -> dict[str, dict[str, str]]:
    """Read the file of headers: an address and its headers."""
    found: dict[str, dict[str, str]] = {}
    for line in (site / "_headers").read_text("utf-8").splitlines():
        if line.startswith("/"):
            assert line not in found
            found[line] = {}
        elif line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            found[list(found)[-1]][name] = value
    return found


def test_the_policy_is_strict(hosted: Hosted, page: Page) -> None:
    for name in hosted.pages:
        page.goto(hosted.address + name)
        tags = page.locator("meta[http-equiv='Content-Security-Policy']")
        assert tags.count() == 1, name
        told = tags.first.get_attribute("content") or ""
        assert told == policy(searching=name.endswith("search.html")), name
        # Whatever stood before the tag would not be held to it.
        before = tags.first.evaluate(
            "(e) => [...e.parentNode.children].slice(0, [...e.parentNode.children].indexOf(e)).map((e) => e.tagName)"
        )
        assert set(before) <= {"META"}, name
    for told in (policy(), policy(searching=True)):
        assert "unsafe-inline" not in told and "'unsafe-eval'" not in told and "*" not in told and "http" not in told
        assert all(part in told for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'"))


def test_no_page_breaks_it(hosted: Hosted, listening: Page) -> None:
    page, found = listening, []
    for name in hosted.here:
        page.goto(hosted.address + name)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.emulate_media(media="print")
        found += [f"{name}: {fault}" for fault in refused(page)]
        page.emulate_media(media="screen")
    assert found == []


def test_no_state_breaks_it(hosted: Hosted, listening: Page) -> None:
    page = listening
    for name in ("notebooks/01_hens.html", "embed/hens-eggs.html"):
        page.goto(hosted.address + name)
        page.locator(".press-explore").press("Enter")
        page.locator(".press-live").wait_for()
        page.keyboard.press("ArrowRight")
        page.locator(".press-tooltip").wait_for(state="visible")
        assert refused(page) == [], name
    page.goto(f"{hosted.address}book/index.html")
    page.locator("select[name=verdict]").select_option("supported")
    page.locator(".press-mode").click()
    page.locator(".press-mode").click()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark" and refused(page) == []
    page.goto(f"{hosted.address}evidence/tables/hens.html")
    page.get_by_label("Find in the rows").fill("locator")
    assert refused(page) == []
    page.goto(f"{hosted.address}search.html?q=counted")
    page.locator("#search-results li").first.wait_for()
    assert refused(page) == []


def test_what_the_policy_forbids_is_refused(hosted: Hosted, listening: Page) -> None:
    """The listener hears: without this the tests above would pass on a page that nobody guards."""
    page = listening
    page.goto(f"{hosted.address}claims/C1.html")
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.hacked = 1";
      document.body.append(script);
      document.body.setAttribute("style", "color: red");
      fetch("https://example.org/").catch(() => {});
    }""")
    page.wait_for_function("() => window.refused.length >= 3")
    assert {line.split()[0] for line in refused(page)} == {"script-src-elem", "style-src-attr", "connect-src"}
    assert page.evaluate("() => window.hacked") is None


def test_nothing_is_stored_and_nobody_else_is_asked(hosted: Hosted, browser: Browser) -> None:
    context = browser.new_context()
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    for name in hosted.here:
        page.goto(hosted.address + name)
        kept = page.evaluate("() => [document.cookie, localStorage.length, sessionStorage.length]")
        assert kept == ["", 0, 0], name
    assert context.cookies() == [] and {url for url in asked if not url.startswith(hosted.address)} == set()
    page.goto(f"{hosted.address}claims/C1.html")
    page.locator(".press-mode").click()  # the colours that a reader chose, and no more
    assert page.evaluate("() => Object.keys(localStorage)") == ["mode"]
    context.close()


def test_hosts_are_told_the_same(hostile: Path) -> None:
    told = rules(hostile)
    files = [str(path.relative_to(hostile)) for path in hostile.rglob("[!.]*") if path.is_file()]
    for name in files:
        if name == "_headers":
            continue
        # Hosts join the values of every rule that matches: two policies would both hold.
        matching = [rule for rule in told if fnmatch.fnmatchcase(f"/{name}", rule)]
        assert len(matching) == 1, (name, matching)
        sent = told[matching[0]]
        sends = sent["Content-Security-Policy"]
        embedded = re.match(r"(editions/[^/]+/)?embed/", name) is not None
        assert sends.endswith("; frame-ancestors *" if embedded else "; frame-ancestors 'none'"), name
        searching = re.match(r"(editions/[^/]+/)?(search\.html$|pagefind/)", name) is not None
        assert sends.rpartition("; ")[0] == policy(searching=searching), name
        assert sent["X-Content-Type-Options"] == "nosniff"
    assert len(told) <= 100  # what Cloudflare Pages takes
    assert not (hostile / "editions/first/_headers").exists()


def test_an_embedded_figure_stands_in_the_page_of_another(hosted: Hosted, page: Page, tmp_path: Path) -> None:
    places = {"embed/hens-eggs.html": True, "editions/first/embed/hens-eggs.html": True, "claims/C1.html": False}
    (tmp_path / "_headers").touch()
    for number, name in enumerate(places):
        (tmp_path / f"{number}.html").write_text(f"<!DOCTYPE html><iframe src='{hosted.address}{name}'></iframe>")
    with host(tmp_path) as other:
        for number, (name, shown) in enumerate(places.items()):
            page.goto(f"{other}{number}.html", wait_until="networkidle")
            frame = page.frames[-1]
            assert (frame.url == hosted.address + name and frame.locator("main").count() == 1) == shown, name
