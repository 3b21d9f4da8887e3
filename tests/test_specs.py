"""Charts that the press was not written for: the drawing and the live view show the same, from loopback alone."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import altair as alt
import pytest
from playwright.sync_api import Browser

from conftest import ROOT, StrictHandler
from press import live
from press.figures import WIDE, draw_svg, spec_of
from specs import SPECS

FIGURE = """<figure class="press-figure" id="{name}" data-runtime="{runtime}" data-wide="{name}.vg.json">
<div class="press-drawing press-wide" role="img" aria-label="A chart.">{svg}</div>
<button class="press-explore" aria-pressed="false">Explore</button><p class="press-status"></p></figure>
"""
PAGE = """<!DOCTYPE html><html lang="en" data-theme="light"><meta charset="utf-8"><title>Charts</title>
<link rel="stylesheet" href="_static/press.css"><link rel="icon" href="data:,">
<style>figure:not(.on) {{ display: none }}</style>
<body>{figures}<script src="press-live.js"></script></body></html>
"""

NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")

#: Returns what an SVG shows: its size, and each visible mark, in the order of painting, in the drawing's own pixels.
SEE = r"""
function see(root) {
  const back = root.getScreenCTM().inverse(), { width, height } = root.viewBox.baseVal;
  const paint = (value, item) => {
    const id = /url\("?[^#]*#([^")]+)"?\)/.exec(value);
    if (!id) return value;
    const found = root.querySelectorAll(`[id="${CSS.escape(id[1])}"]`);
    if (found.length !== 1) return `${found.length} of ${id[1]}`;
    return found[0].outerHTML.replace(/ id="[^"]*"/, "").replace(/url\([^)]*\)/g, "url");
  };
  const known = new Map([[root, { opacity: 1, hidden: false, clips: [] }]]);
  const around = part => {
    if (!known.has(part)) {
      const up = around(part.parentNode), own = getComputedStyle(part);
      known.set(part, {
        opacity: up.opacity * own.opacity,
        hidden: up.hidden || own.display === "none" || own.visibility === "hidden",
        clips: own.clipPath === "none" ? up.clips : [...up.clips, paint(own.clipPath)],
      });
    }
    return known.get(part);
  };
  const ground = root.querySelector(":scope > rect"), marks = []; // the live view has its ground as a style
  for (const item of root.querySelectorAll("path, rect, line, circle, ellipse, polygon, image, text")) {
    if (item === ground || item.closest("defs, clipPath, linearGradient, radialGradient, pattern")) continue;
    const style = getComputedStyle(item), { opacity, hidden, clips } = around(item);
    const seen = kind => style[kind] !== "none" && style[`${kind}Opacity`] > 0 && style[kind] !== "rgba(0, 0, 0, 0)";
    const own = item.getBBox(), text = item.tagName === "text" ? item.textContent : "";
    const stroked = seen("stroke") && parseFloat(style.strokeWidth) > 0 && (own.width || own.height);
    if (hidden || opacity === 0 || !(stroked || (seen("fill") && own.width && own.height)) ) continue;
    const to = back.multiply(item.getScreenCTM());
    const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([i, j]) =>
      new DOMPoint(own.x + i * own.width, own.y + j * own.height).matrixTransform(to));
    const [xs, ys] = [corners.map(p => p.x), corners.map(p => p.y)];
    marks.push({
      tag: item.tagName, text,
      box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
      fill: seen("fill") ? paint(style.fill) : "none",
      stroke: stroked ? paint(style.stroke) : "none", clip: clips.join(" "),
      font: text && [style.fontFamily, style.fontSize, style.fontWeight, style.fontStyle].join(" "),
      dash: stroked ? style.strokeDasharray : "",
      amounts: [opacity, +style.fillOpacity, +style.strokeOpacity, stroked ? parseFloat(style.strokeWidth) : 0],
    });
  }
  const colour = ground ? getComputedStyle(ground).fill : getComputedStyle(root).backgroundColor;
  return { size: [width, height], ground: colour, marks };
}
"""
GO_THROUGH = (
    SEE
    + r"""
async function awake(figure) {
  const button = figure.querySelector("button"), status = figure.querySelector(".press-status");
  const settled = new Promise(done => {
    const watch = new MutationObserver(() => {
      const text = status.textContent;
      if (text && !text.startsWith("Loading")) { watch.disconnect(); done(text); }
    });
    watch.observe(status, { childList: true, characterData: true, subtree: true });
  });
  button.click();
  return settled;
}
return (async () => {
  const found = {};
  await Promise.all(["400", "600"].map(weight => document.fonts.load(`${weight} 12px "Source Sans Pro"`)));
  for (const figure of document.querySelectorAll("figure")) {
    figure.classList.add("on");
    const drawn = see(figure.querySelector(".press-drawing svg"));
    const said = await awake(figure), stage = figure.querySelector(".press-live svg");
    const controls = figure.querySelectorAll("input, select").length;
    found[figure.id] = { drawn, said, live: stage && see(stage), controls };
    if (stage) figure.querySelector("button").click();
    figure.classList.remove("on");
  }
  return found;
})();
"""
)


@dataclass
class Seen:
    """What one page of all charts showed: by chart, and what it asked for and complained of."""

    address: str
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


def write_page(folder: Path) -> None:
    """Draw and compile all charts into a folder with one page."""
    shutil.copytree(ROOT / "book/_static", folder / "_static")
    shutil.copy(ROOT / "src/press/static/press-live.js", folder)
    runtime = live.hashed("vega.js", live.runtime())
    (folder / runtime).write_bytes(live.runtime())
    figures = []
    with alt.theme.enable("default"):
        for name, chart in SPECS.items():
            spec = spec_of(chart, WIDE, name)
            vega, files = live.compile_live(spec)
            for file, content in {**files, f"{name}.vg.json": live.dump(vega)}.items():
                (folder / file).write_bytes(content)
            figures.append(FIGURE.format(name=escape(name), runtime=runtime, svg=draw_svg(spec, name)))
    (folder / "index.html").write_text(PAGE.format(figures="\n".join(figures)), "utf-8")


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("specs")
    write_page(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(StrictHandler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen = Seen(f"http://127.0.0.1:{server.server_port}/")
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.route(lambda url: not url.startswith((seen.address, "data:")), lambda route: route.abort())
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.goto(seen.address)
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(part => part.id)")
        seen.twice = [name for name, count in Counter(ids).items() if count > 1]
        page.wait_for_load_state("networkidle")
        seen.charts = page.evaluate(f"() => {{ {GO_THROUGH} }}")
        yield seen
        page.close()
        server.shutdown()


#: Where the two views stand further apart than a pixel, how far, and why.
APART = {
    "edges-labels-long": (3, "the ellipsis is not in the bundled font"),
    "edges-labels-blank": (3, "vl-convert measures no spaces at the ends of a text, Chromium does"),
    **dict.fromkeys(
        [f"edges-labels-{script}" for script in ("cyrillic", "chinese", "right-to-left", "emoji")],
        (60, "the bundled font has no such letters, so vl-convert and Chromium each take another of the machine's"),
    ),
}


def split(text: str) -> tuple[list[str], list[float]]:
    """Take the numbers out of a path or a gradient, since the drawing rounds them."""
    return NUMBER.split(text), [float(number) for number in NUMBER.findall(text)]


def words(view: dict[str, Any]) -> Counter[str]:
    return Counter(mark["text"] for mark in view["marks"] if mark["tag"] == "text")


@pytest.mark.parametrize("name", SPECS)
def test_the_drawing_and_the_live_view_show_the_same(seen: Seen, name: str) -> None:
    chart = seen.charts[name]
    assert chart["said"].startswith("The figure is interactive"), chart["said"]
    drawn, alive = chart["drawn"], chart["live"]
    assert words(drawn) == words(alive)
    assert Counter(mark["tag"] for mark in drawn["marks"]) == Counter(mark["tag"] for mark in alive["marks"])
    assert drawn["ground"] == alive["ground"]
    assert drawn["size"] == pytest.approx(alive["size"], abs=1)
    for left, right in zip(drawn["marks"], alive["marks"], strict=True):
        assert left.pop("box") == pytest.approx(right.pop("box"), abs=APART.get(name, [1.05])[0]), (left, right)
        assert left.pop("amounts") == pytest.approx(right.pop("amounts"), abs=0.005), (left, right)
        for (words_left, numbers_left), (words_right, numbers_right) in zip(
            *([split(mark.pop(kind)) for kind in ("fill", "stroke", "clip")] for mark in (left, right)), strict=True
        ):
            assert words_left == words_right
            assert numbers_left == pytest.approx(numbers_right, abs=0.02)
        assert left == right


def test_all_charts_together_ask_nobody_else_and_complain_of_nothing(seen: Seen) -> None:
    assert [url for url in seen.asked if not url.startswith((seen.address, "data:"))] == []
    assert seen.complaints == []


def test_charts_with_inputs_show_them(seen: Seen) -> None:
    shown = {name: chart["controls"] for name, chart in seen.charts.items() if chart["controls"]}
    assert shown == {
        f"views-{name}": 3 if name == "radio" else 1
        for name in ("slider", "dropdown", "radio", "checkbox", "search", "colour")
    }


def test_the_drawings_share_no_id(seen: Seen) -> None:
    assert seen.twice == []
