"""Figures that come alive: compiled at build, loaded when asked, from the site's own files, without eval."""

from __future__ import annotations

import csv
import functools
import http.server
import io
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from conftest import ROOT, StrictHandler, write_tiny_book
from press import live
from press.cli import main
from press.figures import NARROW, WIDE, narrow_patch, narrowed, spec_of
from press.sphinx_ext.assets import draw_ahead
from press.store import Store
from press.tooltips import with_tooltips

ROWS = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=40), "eggs": range(40)})

#: A second figure, with a control and a selection; "</script>" and the rest must come through as text. And a third with
#: thousands of marks.
SECOND = """
pick = alt.selection_point(name="pick")
least = alt.param(name="least", value=0, bind=alt.binding_range(min=0, max=20, name="At least "))
hens.figure(
    alt.Chart(eggs[["period", "value"]])
    .mark_bar()
    .encode(x="period:N", y="value:Q", opacity=alt.when(pick).then(alt.value(1)).otherwise(alt.value(0.2)))
    .transform_filter("datum.value >= least")
    .add_params(pick, least),
    id="picked",
    title="Eggs </script> & \\"hens\\" <b>of_1</b>",
    subtitle="Eggs a year",
    alt="Bars to pick.",
    rows=eggs,
    caveat="Hens < eggs.",
)
import pandas as pd
pecks = pd.DataFrame({"x": [i * 37 % 1999 for i in range(3000)], "y": [i * 91 % 2003 for i in range(3000)]})
hens.figure(
    alt.Chart(pecks).mark_circle(size=9, color="#2b5c9e", opacity=1).encode(x="x:Q", y="y:Q"),
    id="pecks",
    title="Pecks",
    subtitle="Each peck",
    alt="A cloud of pecks.",
    rows=eggs,
)
"""


def specs(chart: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return spec_of(chart, WIDE, "here"), spec_of(chart, NARROW, "here")


def test_charts_share_data_by_content_and_compile_to_the_same_bytes() -> None:
    line = alt.Chart(ROWS).mark_line().encode(x="day:T", y="eggs:Q").to_dict()
    bars = alt.Chart(ROWS).mark_bar().encode(x="day:T", y="eggs:Q").to_dict()
    (first, files), (second, more) = live.compile_live(line), live.compile_live(bars)
    assert len(files) == 1 and files == more
    (name,) = files
    assert [data.get("url") for data in first["data"]].count(name) == 1
    assert json.loads(files[name])[39]["eggs"] == 39
    assert live.dump(live.compile_live(line)[0]) == live.dump(first) != live.dump(second)
    changed = alt.Chart(ROWS.assign(eggs=1)).mark_line().encode(x="day:T", y="eggs:Q").to_dict()
    assert not live.compile_live(changed)[1].keys() & files.keys()


def test_marks_tell_their_values_unless_the_author_says_what() -> None:
    base = alt.Chart(ROWS)
    layered = (base.mark_line().encode(x=alt.X("day:T").axis(format="%Y"), y="eggs:Q") + base.mark_text()).to_dict()
    line, text = with_tooltips(layered)["layer"]
    assert "tooltip" not in text.get("encoding", {})
    assert [(t["title"], t["format"]) for t in line["encoding"]["tooltip"]] == [
        ("day", "%-d %B %Y"),
        ("eggs", ",.2~f"),
    ]
    told = base.mark_bar(tooltip=False).encode(x="day:T").to_dict()
    assert with_tooltips(told) == told
    yearly = alt.Chart(pd.DataFrame({"year": ["2024-01-01"], "n": [0.5]})).mark_bar().encode(x="year:T", y="n:Q")
    assert [t["format"] for t in with_tooltips(yearly.to_dict())["encoding"]["tooltip"]] == ["%Y", ",.4~r"]


def test_each_value_of_a_line_is_told_and_nothing_moves() -> None:
    line = alt.Chart(ROWS).mark_line().encode(x="day:T", y="eggs:Q").to_dict()
    path, point = live.compile_live(line)[0]["marks"]
    assert path["type"] == "line" and "tooltip" not in path["encode"]["update"], "it would tell its first value alone"
    assert point["type"] == "symbol" and point["clip"] and point["from"] == path["from"]
    assert point["encode"]["update"]["tooltip"][0] == {
        "test": f"!({path['encode']['update']['defined']['signal']})",
        "value": None,
    }
    dotted = alt.Chart(ROWS).mark_line(point=True).encode(x="day:T", y="eggs:Q").to_dict()
    assert [mark["type"] for mark in live.compile_live(dotted)[0]["marks"]] == ["line", "symbol"]


def test_a_telling_of_bins_keeps_them() -> None:
    binned = alt.Chart(ROWS).mark_bar().encode(alt.X("eggs:Q").bin(), y="count()").to_dict()
    assert with_tooltips(binned)["encoding"]["tooltip"][0]["bin"] == binned["encoding"]["x"]["bin"]


def test_the_narrow_spec_is_kept_as_what_differs() -> None:
    plain = alt.Chart(ROWS).mark_bar().encode(x="day:T", y="eggs:Q")
    wide, narrow = specs(plain)
    assert narrow_patch(wide, narrow) == {"width": NARROW}
    for chart in (plain, alt.hconcat(plain, plain), lambda w: plain if w > 400 else alt.vconcat(plain, plain)):
        wide, narrow = specs(chart)
        patch = narrow_patch(wide, narrow)
        assert narrowed(wide, patch) == narrow
        assert not patch.get("datasets"), "the rows stand in the wide spec"


def test_tex_and_csv_take_text_as_text() -> None:
    entry = live.bibtex("k", {"title": "50 % of A_1 {x}", "url": "https://a.example/x_y#z"})
    assert "{{50 \\% of A\\_1 \\{x\\}}}" in entry and "{https://a.example/x_y#z}" in entry
    told = live.write_csv(("a", "b"), [{"a": 'say "x", y', "b": "line\nbreak"}]).decode()
    assert list(csv.DictReader(io.StringIO(told))) == [{"a": 'say "x", y', "b": "line\nbreak"}]


def test_pictures_are_kept_by_content(tmp_path: Path) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'><rect width='10' height='10'/></svg>"
    store = Store(tmp_path, print)
    drawn = live.png(svg, store)
    (kept,) = (tmp_path / "pictures").iterdir()
    assert drawn == live.png(svg, None) and drawn[:4] == b"\x89PNG"
    store.put("pictures", kept.name, b"kept")
    assert live.png(svg, store) == b"kept"
    assert live.png(svg.replace("rect", "ellipse"), store) != b"kept"


def test_the_widths_of_words_beside_symbols_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, print)
    ((word, _), (symbol, arrow), (rest, _)) = live.lines("up ▲ down", 300, 16, store)[0]
    assert word == 0 < symbol < rest and arrow == "▲"
    assert live.lines("up ▲ down", 300, 16, None) == live.lines("up ▲ down", 300, 16, store)
    for kept in (tmp_path / "widths").iterdir():
        store.put("widths", kept.name, b"7.0")
    assert [x for x, _ in live.lines("up ▲ down", 300, 16, store)[0]] == [0, 7, 14]
    assert [x for x, _ in live.lines("up ▲ down", 300, 22, store)[0]] != [0, 7, 14]


def test_pictures_are_drawn_ahead_in_another_process(tmp_path: Path) -> None:
    form = "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{0}'><rect width='5' height='5'/></svg>"
    first, second, kept = (form.format(size) for size in (10, 20, 30))
    store = Store(tmp_path, print)
    live.png(kept, store)
    process = draw_ahead(store, [first, "<svg", second, kept])
    assert process
    process.join()
    assert live.has_png(second, store)  # it begins with the last, and gives up at what cannot be drawn
    assert not live.has_png(first, store)
    assert live.png(second, store) == live.png(second, None)
    assert draw_ahead(store, [second, kept]) is None
    assert draw_ahead(None, [first]) is None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book, built with the publication's style sheet and a second figure."""
    root = write_tiny_book(tmp_path_factory.mktemp("live"))
    shutil.copytree(ROOT / "book/_static", root / "book/_static")
    config = root / "_config.yml"
    static = "    html_static_path: ['book/_static']\n    html_css_files: ['press.css']\n"
    config.write_text(config.read_text("utf-8") + static, "utf-8")
    chapter = root / "notebooks/01_hens.md"
    chapter.write_text(chapter.read_text("utf-8").replace('hens.judge("C1"', SECOND + 'hens.judge("C1"'), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        result = CliRunner().invoke(main, ["build"])
    assert result.exit_code == 0, result.output
    return root / "_build/site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(StrictHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page with a list ``asked`` of the addresses it has asked for; other hosts are refused."""
    context = browser.new_context(base_url=address, viewport={"width": 1200, "height": 900})
    context.route(lambda url: not url.startswith(address) and not url.startswith("data:"), lambda route: route.abort())
    page = context.new_page()
    page.asked = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
    yield page
    context.close()


CHAPTER, EGGS, PICKED = "notebooks/01_hens.html", "#fig-hens-eggs", "#fig-hens-picked"
PECKS = "#fig-hens-pecks"


def asked(page: Page) -> list[str]:
    """The files of figures that the page has asked for."""
    return [url.rsplit("/", 1)[1] for url in page.asked if "/_figures/" in url]  # type: ignore[attr-defined]


def test_nothing_is_asked_before_the_reader_does_and_a_click_brings_the_live_view(page: Page, address: str) -> None:
    page.goto(CHAPTER)
    page.wait_for_load_state("networkidle")
    assert [name for name in asked(page) if "-shapes." not in name] == []
    figure = page.locator(EGGS)
    heights = "[document.documentElement.scrollHeight, document.querySelector('#fig-hens-eggs').offsetHeight]"
    before = page.evaluate(heights)
    figure.get_by_role("button", name="Explore").click()
    drawn = figure.locator(".press-wide .press-live svg")
    expect(drawn).to_be_visible()
    assert page.evaluate(heights) == before, "the page does not move"
    stage = figure.get_by_role("application", name="Bars that grow.")
    expect(stage).to_be_visible()
    loaded = sorted(name.split(".")[0] for name in asked(page) if "-shapes." not in name)
    assert loaded == ["hens-eggs", "vega"]
    assert all(url.startswith((address, "data:")) for url in page.asked)  # type: ignore[attr-defined]
    drawn.locator("path[aria-roledescription=bar]").nth(1).hover()
    expect(page.locator(".press-tooltip")).to_contain_text("2025")
    expect(page.locator(".press-tooltip")).to_contain_text("18")
    page.mouse.move(0, 0)
    expect(page.locator(".press-tooltip")).to_be_hidden()
    figure.get_by_role("button", name="Explore").click()
    expect(figure.get_by_role("img", name="Bars that grow.").locator("svg")).to_be_visible()


def test_the_keyboard_alone_reaches_every_mark(page: Page) -> None:
    page.goto(CHAPTER)
    figure = page.locator(EGGS)
    figure.get_by_role("button", name="Explore").focus()
    page.keyboard.press("Enter")
    expect(figure.locator(".press-live")).to_be_focused()
    told = []
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        told.append(figure.get_by_role("status").inner_text())
    assert ["12" in told[0], "18" in told[1], "7" in told[2]] == [True, True, True], told
    expect(page.locator(".press-tooltip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".press-tooltip")).to_be_hidden()


def test_selections_and_parameters_work_by_keyboard(page: Page) -> None:
    page.goto(CHAPTER)
    figure = page.locator(PICKED)
    figure.get_by_role("button", name="Explore").focus()
    page.keyboard.press("Enter")
    bars = figure.locator(".press-live path[aria-roledescription=bar]")
    expect(bars).to_have_count(3)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(bars.nth(1)).to_have_attribute("opacity", "0.2")
    expect(bars.nth(0)).not_to_have_attribute("opacity", "0.2")
    page.keyboard.press("Tab")
    slider = figure.get_by_role("slider", name="At least", exact=True)
    expect(slider).to_be_focused()
    slider.press("End")
    expect(bars).to_have_count(0)
    slider.press("Home")
    expect(bars).to_have_count(3)


def test_a_phone_gets_the_narrow_view(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(CHAPTER)
    page.locator(EGGS).get_by_role("button", name="Explore").click()
    expect(page.locator(f"{EGGS} .press-narrow .press-live svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_drawing_stays_when_the_live_view_cannot_come(page: Page) -> None:
    page.route("**/_figures/*.vg.*", lambda route: route.abort())
    page.goto(CHAPTER)
    figure = page.locator(EGGS)
    figure.get_by_role("button", name="Explore").click()
    expect(figure.get_by_role("status")).to_have_text("The interactive view could not be shown; the drawing stays")
    expect(figure.get_by_role("img", name="Bars that grow.").locator("svg")).to_be_visible()


def test_without_javascript_the_drawing_and_its_files_are_there(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(CHAPTER)
    figure = page.locator(EGGS)
    expect(figure.get_by_role("img", name="Bars that grow.").locator("svg")).to_be_visible()
    expect(figure.get_by_role("button", name="Explore")).to_be_hidden()
    expect(figure.get_by_role("link", name="CSV")).to_be_visible()
    figure.get_by_text("Show as table").click()
    expect(figure.get_by_role("cell", name="18", exact=True)).to_be_visible()
    context.close()


def test_an_embed_page_shows_its_figure_and_leads_back(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("embed/hens-picked.html")
    expect(page.get_by_role("img", name="Bars to pick.").locator("svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_text("Hens < eggs.")).to_be_visible()
    page.get_by_role("link", name="From Hens").click()
    expect(page).to_have_url(f"{page.url.split('/notebooks')[0]}/{CHAPTER}{PICKED}")


def test_downloads_tell_what_the_figure_shows(site: Path) -> None:
    soup = BeautifulSoup((site / CHAPTER).read_text("utf-8"), "html.parser")
    figure = soup.select_one(PICKED)
    files = {
        a["download"].removeprefix("hens-picked"): site / "notebooks" / a["href"] for a in figure.select("[download]")
    }
    rows = list(csv.DictReader(io.StringIO(files[".csv"].read_text("utf-8"))))
    assert [(row["id"], row["value"], row["publisher"]) for row in rows] == [
        ("H001", "12", "The farm"),
        ("H002", "18", "The farm"),
        ("H003", "7", "A neighbour"),
    ]
    codes = csv.DictReader(io.StringIO(files["-codebook.csv"].read_text("utf-8")))
    assert {row["column"] for row in codes} == set(live.COLUMNS)
    drawn = ElementTree.parse(files[".svg"]).getroot()
    text = " ".join(drawn.itertext())
    assert 'Eggs </script> & "hens" <b>of_1</b>' in text and "Source: The farm; A neighbour" in text
    assert files[".png"].read_bytes()[:4] == b"\x89PNG"
    assert json.loads(files[".vl.json"].read_text("utf-8"))["mark"]["type"] == "bar"
    entry = figure.select_one("[aria-label='BibTeX entry']").text
    assert 'title = {{Eggs </script> \\& "hens" <b>of\\_1</b>}}' in entry
    frame = BeautifulSoup(figure.select_one("[aria-label='Code for embedding']").text, "html.parser").iframe
    assert frame["src"] == "../embed/hens-picked.html" and frame["title"].startswith("Eggs </script> &")


def test_a_large_drawing_is_a_picture_under_its_texts(page: Page, site: Path) -> None:
    """Loaded when the reader comes near it, for light pages or for dark, and for paper always the light one."""
    assert len((site / CHAPTER).read_bytes()) < 100_000
    page.emulate_media(color_scheme="dark")
    page.goto(CHAPTER)
    box = page.locator(f"{PECKS} .press-wide")
    box.scroll_into_view_if_needed()
    pictures = box.locator("img")
    expect(pictures.nth(0)).to_be_hidden()
    expect(pictures.nth(1)).to_be_visible()
    pictures.nth(1).evaluate("(picture) => picture.decode()")  # until it has come
    loaded = [name for name in asked(page) if "shapes" in name]
    assert len(loaded) == 1 and "#7fb0f0" in (site / "_figures" / loaded[0]).read_text("utf-8")
    same = (
        "(box) => [...box.children].filter((c) => c.offsetWidth || c.clientWidth).map((c) => c.getBoundingClientRect())"
    )
    picture, texts = box.evaluate(same)
    assert picture == texts, "the texts lie on their shapes"
    assert box.get_by_text("1,000", exact=True).first.is_visible(), "as text"
    page.emulate_media(media="print", color_scheme="dark")
    expect(pictures.nth(0)).to_be_visible()
    page.pdf()
    assert len([name for name in asked(page) if "shapes" in name]) > 1


def test_thousands_of_marks_come_alive_when_asked_and_go_again(page: Page) -> None:
    page.goto(CHAPTER)
    figure = page.locator(PECKS)
    figure.locator(".press-wide").hover()
    figure.get_by_role("button", name="Explore").focus()
    assert not [name for name in asked(page) if name.startswith("data")], "their rows are a file, and nobody asked"
    page.keyboard.press("Enter")
    expect(figure.locator(".press-live")).to_be_focused()
    assert len([name for name in asked(page) if name.startswith("data")]) == 1
    expect(figure.locator("img:visible")).to_have_count(0)
    page.keyboard.press("End")
    expect(figure.get_by_role("status")).to_contain_text("1,998")
    figure.get_by_role("button", name="Explore").click()
    expect(figure.locator("img:visible")).to_have_count(1)
