"""A chapter of the site against the same chapter by plain Jupyter Book with Altair's own HTML output.

usage: python benchmarks/pages.py [CHAPTER] [RUNS]     needs _build/site; prints a Markdown table of medians

Altair's output loads three scripts from a CDN. Nothing is fetched here: the table counts what is asked of this machine
alone, and the scripts are served by it too, as one bundle of Vega, Vega-Lite and Vega-Embed out of the locked
vl-convert wheel and two empty files. Both pages are loaded in turn, each in a fresh profile, text compressed.
"""

from __future__ import annotations

import gzip
import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import vl_convert
from altair.vegalite.v6.display import html_renderer
from playwright.sync_api import Browser, sync_playwright

from press.figures import VEGA_LITE
from press.notebooks import find_chapter
from press.records import MIME, VEGA_LITE_MIME, read_records
from press.site import SITE

ROOT = Path(__file__).resolve().parent.parent
CDN, SCRIPTS = "https://cdn.jsdelivr.net/npm/", ("vega@", "vega-lite@", "vega-embed@")
#: Bytes a second and milliseconds, as Chromium's own tools name them.
LINES = {
    "loopback": None,
    "slow 4G": {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9e4},
}
#: Notes when the first chart has been painted.
WATCH = """(() => { const look = () => requestAnimationFrame(() => {
  const seen = [...document.querySelectorAll(".press-drawing svg, .vega-embed svg, .vega-embed canvas")]
    .some((chart) => chart.getBoundingClientRect().height > 50);
  seen ? requestAnimationFrame(() => { window.firstChart = performance.now(); }) : look();
}); look(); })();"""


ALL = """(charts) => charts <=
  document.querySelectorAll(".press-wide > svg, .vega-embed svg.marks, .vega-embed canvas").length"""


class Handler(SimpleHTTPRequestHandler):
    """Files as a web host sends them; the CDN's scripts too."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if "/npm/" in self.path:
            body, kind = bundle() if f"/{SCRIPTS[0]}" in self.path else b"", "text/javascript"
        elif path.is_file():
            body, kind = path.read_bytes(), self.guess_type(str(path))
        else:
            self.send_error(404)
            return
        packed = path.suffix not in (".woff2", ".png", ".gif", ".ico")
        body = gzip.compress(body, 6) if packed else body
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@cache
def bundle() -> bytes:
    """Return the three scripts as one, in a scope of its own as those of the CDN are."""
    return f"(() => {{{vl_convert.javascript_bundle(vl_version=VEGA_LITE)}}})();".encode()


def plain_book(notebook: Path, folder: Path) -> Path:
    """Build one chapter, its words and its charts, with Jupyter Book's own theme and Altair's own output."""
    content = json.loads(notebook.read_text("utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":  # roles and directives of the press: their text stays
            cell["source"] = re.sub(r"\{[\w:-]+\}`([^`]*)`", r"\1", "".join(cell["source"]))
        for output in cell.get("outputs", []):
            data, spec = output.get("data", {}), output.get("data", {}).get(VEGA_LITE_MIME)
            output["metadata"] = {}
            data.pop(MIME, None)
            if spec:
                html = html_renderer(spec)["text/html"]
                output["data"] = {"text/html": html.replace(CDN, "/npm/"), "text/plain": data["text/plain"]}
    (folder / "index.ipynb").write_text(json.dumps(content), "utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n", "utf-8")
    (folder / "_config.yml").write_text("title: Plain\nexecute:\n  execute_notebooks: 'off'\n", "utf-8")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(folder), "-q"]
    done = subprocess.run(command, capture_output=True, text=True)
    page = folder / "_build/html/index.html"
    if not page.exists():
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return page.parent


def visit(browser: Browser, address: str, line: dict[str, Any] | None, charts: int) -> tuple[float, int, int]:
    """Return milliseconds to the first chart, and bytes and requests until all charts are there."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        sizes: list[float] = []
        network = context.new_cdp_session(page)
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        network.send("Network.enable")
        if line:
            network.send("Network.emulateNetworkConditions", line)
        page.add_init_script(WATCH)
        page.goto(address, wait_until="commit", timeout=120_000)
        page.wait_for_function("window.firstChart", timeout=120_000)
        page.wait_for_load_state("load", timeout=120_000)
        page.wait_for_function(ALL, arg=charts, timeout=120_000)
        return page.evaluate("firstChart"), round(sum(sizes)), len(sizes)


def main(name: str, runs: int) -> None:
    chapter = find_chapter(ROOT, name)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        ours, theirs = ROOT / SITE, plain_book(chapter.ipynb, Path(folder))
        servers = [
            ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) for site in (ours, theirs)
        ]
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        charts = sum(record["kind"] == "figure" for record in read_records(chapter.ipynb))
        pages = (f"notebooks/{chapter.stem}.html", "index.html")
        # No name but this machine's is found: what a page asks of others fails at once.
        refuse = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", refuse])
        bundle()  # made before anybody waits for it
        print(f"{platform.machine()}, {chapter.stem}, medians of {runs} runs, Chromium {browser.version}\n")
        print("| line | page | first chart | requests | KB, compressed |\n| --- | --- | --- | --- | --- |")
        for line, conditions in LINES.items():
            found: list[list[tuple[float, int, int]]] = [[], []]
            for _ in range(runs):
                for server, page, results in zip(servers, pages, found, strict=True):
                    results.append(visit(browser, f"http://127.0.0.1:{server.server_port}/{page}", conditions, charts))
            for who, results in zip(("press", "plain Jupyter Book, Altair's HTML"), found, strict=True):
                first, size, count = (statistics.median(column) for column in zip(*results, strict=True))
                print(f"| {line} | {who} | {first:,.0f} ms | {count:.0f} | {size / 1000:,.0f} |")
        browser.close()
        for server in servers:
            server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "potash", int(sys.argv[2]) if len(sys.argv) > 2 else 5)
