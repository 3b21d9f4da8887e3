"""Models that readers drive: formulas written down from Python, and computed in the page to the same numbers."""

from __future__ import annotations

import functools
import http.server
import json
import random
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from conftest import ROOT, StrictHandler, write_tiny_book
from press import models
from press.cli import main
from press.errors import ChapterError
from press.expressions import Expression, signals
from thaw import netback


def test_a_formula_is_written_as_it_is_computed() -> None:
    def area(p: Mapping[str, Any]) -> dict[str, Any]:
        side = np.maximum(p["a"], 2.0) - p["b"] / 4
        return {"area": side * side, "large": np.where(side > 3, 1.0, -p["a"])}

    assert signals(area, ["a", "b"], ["area", "large"]) == [
        ("step_1", "(max(a, 2.0) - (b / 4.0))"),
        ("result_area", "(step_1 * step_1)"),
        ("result_large", "((step_1 > 3.0) ? 1.0 : (-a))"),
    ]


def test_what_a_page_cannot_compute_is_refused() -> None:
    a = Expression("a")
    with pytest.raises(TypeError, match=r"cannot be given to numpy\.exp"):
        np.exp(a)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"cannot be given to numpy\.sort"):
        np.sort(a)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"no truth of its own; use numpy\.where"):
        max(a, 1.0)


MODEL = """
import pandas as pd
from press.models import Output

def basket(p):
    full = p["hens"] * p["eggs"] * (1.0 - p["lost"] / 100.0)
    return {"full": full, "sold": full * 0.5, "kept": full * 0.5}

hens.model(
    basket,
    id="drive",
    title="Drive the hens",
    subtitle="Eggs <a> day",
    inputs=pd.DataFrame(
        [["hens", "Hens", "birds", 1, 3, 9, 0, 10, "evidence", "H001 H002", ""],
         ["eggs", "Eggs", "a hen", 0, 1, 2, 0, 2.5, "evidence", "H001", ""],
         ["lost", "Lost", "percent", 0, 0, 0, 0, 100, "assumption", "", ""]],
        columns=["id", "title", "unit", "low", "central", "high", "minimum", "maximum", "basis", "rows", "note"],
    ),
    first=["hens"],
    presets=pd.DataFrame({"id": ["now", "fox"], "title": ["Now", "The fox"], "sentence": ["As it is.", "He came."]}),
    values=pd.DataFrame({"scenario": ["fox"], "parameter": ["lost"], "value": [50]}),
    start="now",
    outputs=[Output("full", "Eggs in all", "eggs", 1)],
    parts=[Output("sold", "Sold", "eggs"), Output("kept", "Kept", "eggs")],
    colour="#1f7a6d",
    rows=eggs,
)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tiny book with a model in its chapter, served as by a strict host."""
    root = write_tiny_book(tmp_path_factory.mktemp("models"))
    shutil.copytree(ROOT / "book/_static", root / "book/_static")
    config = root / "_config.yml"
    static = "    html_static_path: ['book/_static']\n    html_css_files: ['press.css']\n"
    config.write_text(config.read_text("utf-8") + static, "utf-8")
    chapter = root / "notebooks/01_hens.md"
    text = chapter.read_text("utf-8").replace('hens.judge("C1"', MODEL + 'hens.judge("C1"')
    chapter.write_text(text.replace("They laid", "It bears on {claim}`C1`. They laid"), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        result = CliRunner().invoke(main, ["build"])
    assert result.exit_code == 0, result.output
    handler = functools.partial(StrictHandler, directory=str(root / "_build/site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


CHAPTER, DRIVE = "notebooks/01_hens.html", "#model-hens-drive"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address)
    yield context.new_page()
    context.close()


def yours(page: Page, name: str = "full") -> Any:
    return page.locator(f"{DRIVE} [data-output={name}] .press-yours")


def test_a_reader_drives_the_model_by_keyboard_and_is_told(page: Page) -> None:
    page.goto(f"{CHAPTER}{DRIVE}")
    expect(page.locator(f"{DRIVE} .press-model-drawing svg")).to_be_visible()
    expect(yours(page)).to_have_text("3.0")
    slider = page.get_by_role("slider", name="Hens", exact=True)
    slider.focus()
    page.keyboard.press("End")
    expect(yours(page)).to_have_text("10.0")
    expect(page.locator(DRIVE).get_by_role("status")).to_contain_text("Eggs in all: 10.0 eggs")
    expect(page.get_by_role("spinbutton", name="Hens, birds")).to_have_value("10")
    assert page.locator(f"{DRIVE} select").evaluate("s => s.selectedOptions[0].text") == "Your own setting"
    page.get_by_role("spinbutton", name="Hens, birds").fill("7.25")
    expect(yours(page)).to_have_text("7.3")
    page.get_by_role("spinbutton", name="Hens, birds").fill("11")
    expect(page.locator(DRIVE).get_by_role("status")).to_contain_text("Hens takes 0 to 10 birds")
    expect(yours(page)).to_have_text("7.3")
    page.get_by_role("button", name="Back to the scenario").click()
    expect(yours(page)).to_have_text("3.0")


def test_scenarios_are_presets_and_the_address_carries_the_setting(page: Page) -> None:
    page.goto(CHAPTER)
    page.get_by_label("Scenario").select_option("fox")
    expect(yours(page)).to_have_text("1.5")
    expect(page.get_by_text("He came.", exact=True)).to_be_visible()
    page.get_by_role("spinbutton", name="Hens, birds").fill("8")
    expect(yours(page)).to_have_text("4.0")
    shared = page.url
    assert shared.endswith(f"{DRIVE}?scenario=fox&hens=8")
    page.goto("about:blank")
    page.goto(shared)
    expect(yours(page)).to_have_text("4.0")
    expect(page.get_by_role("spinbutton", name="Hens, birds")).to_have_value("8")
    page.evaluate(f"location.hash = '{DRIVE}?scenario=wolf&hens=99&eggs=2'")
    expect(page.locator(DRIVE).get_by_role("status")).to_contain_text("does not offer: scenario, hens")
    expect(yours(page)).to_have_text("3.0")


def test_a_phone_has_no_sideways_scroll_and_without_javascript_the_table_stands(browser: Browser, address: str) -> None:
    phone = browser.new_context(base_url=address, viewport={"width": 390, "height": 800})
    page = phone.new_page()
    page.goto(f"{CHAPTER}{DRIVE}")
    expect(page.locator(f"{DRIVE} .press-model-drawing svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.close()
    plain = browser.new_context(base_url=address, java_script_enabled=False)
    page = plain.new_page()
    page.goto(CHAPTER)
    expect(page.get_by_role("row", name="Eggs in all eggs 3.0")).to_be_visible()
    expect(page.get_by_label("Scenario")).to_be_hidden()
    page.get_by_role("link", name="C1 (supported)").click()
    assert page.url.endswith("/claims/C1.html"), "the role leads to the claim's page"
    plain.close()


def test_the_page_computes_what_python_computes(page: Page, tmp_path: Path) -> None:
    """The model of the book, in the browser's Vega with the interpreter, at random points within its limits."""
    inputs = pd.read_csv(ROOT / "data/scenario_parameters.csv", keep_default_na=False)
    outputs = sorted(netback.export(dict(zip(inputs["id"], inputs["central"], strict=True))))
    vega = {
        "signals": [
            *({"name": row.id, "value": row.central} for row in inputs.itertuples()),
            *({"name": name, "update": text} for name, text in signals(netback.export, inputs["id"], outputs)),
        ]
    }
    page.goto(CHAPTER)
    runtime = page.locator(DRIVE).get_attribute("data-runtime")
    page.evaluate(
        """async ([runtime, spec]) => {
            await import(new URL(runtime, location.href).href);
            const { parse, View, expressionInterpreter: expr } = pressVega;
            window.model = await new View(parse(spec, null, { ast: true }), { expr, renderer: "none" }).runAsync();
        }""",
        [runtime, vega],
    )
    chance = random.Random(20251215)
    points = []
    for number in range(300):
        ends = ("minimum", "maximum") if number % 2 else ("low", "high")
        rows = inputs.to_dict("records")
        points.append({row["id"]: chance.uniform(row[ends[0]], row[ends[1]]) for row in rows})
        for switch in ("us_open", "eu_open", "klaipeda_open", "russia_open", "dollars"):
            points[-1][switch] = chance.choice([0.0, 1.0, chance.random()])
    found = page.evaluate(
        """async ([points, outputs]) => {
            const found = [];
            for (const point of points) {
                for (const [name, value] of Object.entries(point)) model.signal(name, value);
                await model.runAsync();
                found.push(outputs.map(name => model.signal("result_" + name)));
            }
            return found;
        }""",
        [points, outputs],
    )
    expected = [[float(results[name]) for name in outputs] for results in map(netback.export, points)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert len({tuple(row) for row in np.round(expected, 6)}) > 290, "the points differ"


def test_faults_in_a_description_name_what_is_near() -> None:
    inputs = pd.DataFrame(
        [["hens", "Hens", "birds", 1, 3, 9, 0, 10, "evidence", None, ""]], columns=models.INPUT_COLUMNS
    )
    given: dict[str, Any] = {
        "inputs": inputs,
        "first": ["hens"],
        "presets": pd.DataFrame({"id": ["now"], "title": ["Now"], "sentence": ["."]}),
        "values": pd.DataFrame({"scenario": [], "parameter": [], "value": []}),
        "start": "now",
        "outputs": [models.Output("full", "Full", "eggs")],
        "parts": [],
        "colour": "#1f7a6d",
        "place": "model 'x'",
    }
    record = models.describe(lambda p: {"full": p["hens"] * 1.0}, **given)
    assert json.loads(json.dumps(record))["presets"][0]["results"] == {"full": 3.0}
    for change, message in (
        ({"first": ["hen"]}, "there is no input 'hen'"),
        ({"start": "noww"}, "there is no preset 'noww'"),
        ({"outputs": [models.Output("fool", "", "")]}, "there is no result 'fool'"),
        ({"parts": [models.Output("full", "", "a"), models.Output("full", "", "b")]}, "several units"),
    ):
        with pytest.raises(ChapterError, match=message):
            models.describe(lambda p: {"full": p["hens"] * 1.0}, **{**given, **change})
