"""What tests share: a tiny book on another subject, the real site built once, and a browser."""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import functools
import http.server
import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from filelock import FileLock
from playwright.sync_api import Browser, Page, sync_playwright

from press.cli import main
from press.site import SITE, build

ROOT = Path(__file__).resolve().parent.parent
TABLE = "table of measurements"


def copy_book(target: Path) -> Path:
    """Copy what a build needs, and nothing that was built."""
    for name in ("_config.yml", "_toc.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    for name in ("book", "data", "editions", "notebooks"):
        shutil.copytree(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once from a copy of the book, whichever process of the run comes first."""
    base = tmp_path_factory.getbasetemp()
    book = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "book"
    with FileLock(book.with_suffix(".lock")):
        if not (book / SITE).exists():
            book.mkdir(exist_ok=True)
            build(copy_book(book), {}, lambda text: None)
    return book / SITE


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the hostile book, built once with its address known, whichever process of the run comes first."""
    from hostile import write_hostile_book

    base = tmp_path_factory.getbasetemp()
    book = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "hostile"
    with FileLock(book.with_suffix(".lock")), pytest.MonkeyPatch.context() as patch:
        if not (book / SITE).exists():
            book.mkdir()
            write_hostile_book(book)
            patch.chdir(book)
            result = CliRunner().invoke(main, ["accept"])
            assert result.exit_code == 0, result.output
            patch.setenv("SITE_URL", "https://example.org/farm")
            build(book, {}, lambda text: None)
    return book / SITE


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the one that CHROMIUM names, or that stands in PATH. In CI its absence is a failure."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else ["chromium", "chromium-browser"]
    path = next(filter(None, map(shutil.which, names)), None)
    if not path:
        message = "found no Chromium; install Debian's package 'chromium' or name its program in CHROMIUM"
        pytest.fail(message, pytrace=False) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the tables that tests measured, whether they passed or not."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    for report in reports:
        for title, text in getattr(report, "sections", ()) if getattr(report, "when", "") == "call" else ():
            if TABLE in title:
                terminalreporter.section(title)
                terminalreporter.write_line(text)


def field(name: str, kind: str = "string", **constraints: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": f"The {name}.", "constraints": constraints}


def table(name: str, fields: list[dict[str, Any]], *, sourced: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": fields, "primaryKey": "id", "missingValues": [""]}
    if sourced:
        schema["foreignKeys"] = [{"fields": "source_id", "reference": {"resource": "sources", "fields": "id"}}]
    return {
        "name": name,
        "path": f"{name}.csv",
        "title": name.title(),
        "description": f"All {name}.",
        "profile": "tabular-data-resource",
        "format": "csv",
        "encoding": "utf-8",
        "schema": schema,
    }


#: A description of one outside source.
REFRESH = """[eggs]
title = "Eggs"
url = "https://example.org/eggs.csv"
format = "csv"
most_bytes = 1000
loader = "json:loads"
table = "hens"
ids = "H{:03}"
key = ["period"]
series = "farm"
plausible = [0, 100]
known_basis = "stated"
register = { title = "Eggs" }
"""
HENS_HEADER = "id,period,value,unit,qualifier,status,source_id,known_from"
HENS = f"""{HENS_HEADER}
H001,2024,12,eggs,exact,reported,farm,2024-12-31
H002,2025,18,eggs,over,reported,farm,2025-12-31
H003,2025-06/2025-08,7,eggs,about,claim,gossip,2025-09-01
"""
SOURCES = """id,publisher,title,published,url,reliability
farm,The farm,Hens counted,2025-12-31,https://example.org/hens,primary
gossip,A neighbour,What I heard,2025-09-01,,blog
"""
CLAIMS = """id,chapter,kind,claim,reading,measures,rule,tables
C1,hens,figure,The hens lay more,More eggs than before,growth: eggs,supported if growth > 0; contradicted otherwise,hens
"""
CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# The hens lay more

They laid {fact}`laid; .0f; eggs`.

```{code-cell} python
:tags: [parameters, hide-input]

as_of: str = "2026-01-31"
```

```{code-cell} python
import altair as alt
from press import Chapter

hens = Chapter("hens", as_of=as_of, tables=["hens"])
eggs = hens.table("hens")
```

```{code-cell} python
laid = hens.fact("laid", rows=eggs[eggs.id == "H002"])
growth = hens.fact("growth", eggs.value.iloc[1] - eggs.value.iloc[0], unit="eggs", rows=eggs.iloc[:2])
hens.figure(
    alt.Chart(eggs[["period", "value"]]).mark_bar().encode(x="period:N", y="value:Q"),
    id="eggs",
    title="More eggs",
    subtitle="Eggs a year",
    alt="Bars that grow.",
    rows=eggs,
)
hens.judge("C1", growth=growth, because="There are more.", would_change="A count that is lower.")
```
"""


def write_tiny(root: Path) -> Path:
    """Write a small book's root: two tables, one claim, one chapter."""
    data = root / "data"
    data.mkdir()
    (root / "notebooks").mkdir()
    resources = [
        table("sources", [field(name) for name in ("id", "publisher", "title", "published", "url", "reliability")]),
        table(
            "hens",
            [
                field("id", required=True, pattern="^[A-Z]\\d{3}$"),
                field("period", pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?(/.+)?$"),
                field("value", "number", minimum=0),
                field("unit", enum=["eggs"]),
                field("qualifier"),
                field("status", enum=["reported", "claim"]),
                field("source_id", required=True),
                field("known_from", "date", required=True),
            ],
            sourced=True,
        ),
        table(
            "claims", [field(n) for n in ("id", "chapter", "kind", "claim", "reading", "measures", "rule", "tables")]
        ),
    ]
    (data / "datapackage.json").write_text(json.dumps({"name": "hens", "resources": resources}), "utf-8")
    for name, text in (("sources", SOURCES), ("hens", HENS), ("claims", CLAIMS)):
        (data / f"{name}.csv").write_text(text, "utf-8")
    (root / "notebooks" / "01_hens.md").write_text(CHAPTER, "utf-8")
    return root


def write_tiny_book(root: Path) -> Path:
    """Write what Jupyter Book needs into the tiny root."""
    tiny = write_tiny(root)
    (tiny / "book").mkdir()
    (tiny / "book/index.md").write_text("# Hens\n\n```{ledger}\n```\n", "utf-8")
    (tiny / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n"
        "  - file: notebooks/01_hens\n  - file: book/data\n  - file: book/sources\n",
        "utf-8",
    )
    (tiny / "book/data.md").write_text("# Data\n\n```{data-tables}\n```\n", "utf-8")
    (tiny / "book/sources.md").write_text("# Sources\n\n```{source-register}\n```\n", "utf-8")
    (tiny / "_config.yml").write_text(
        "title: Hens\nonly_build_toc_files: true\nexclude_patterns: ['notebooks/*.md']\n"
        "execute:\n  execute_notebooks: 'off'\nsphinx:\n  extra_extensions: [press.sphinx_ext]\n"
        "  config:\n    html_theme: press\n    html_math_renderer: press\n",
        "utf-8",
    )
    return tiny


AMENDMENTS_HEADER = "id,table,row,field,old,new,reason,source_id,known_from\n"


def hide(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder be one that cannot be listed, whoever runs the tests."""
    listed = os.scandir

    def scandir(path: Any = ".") -> Any:
        if path == str(folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)


def amend(root: Path, corrections: str = "", revisions: str = "") -> Path:
    """Give the small book both tables of amendments."""
    path = root / "data/datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    for name, rows in (("corrections", corrections), ("revisions", revisions)):
        if all(resource["name"] != name for resource in descriptor["resources"]):
            texts = [field(column) for column in AMENDMENTS_HEADER.split(",")[:-1]]
            described = table(name, [*texts, field("known_from", "date", required=True)], sourced=True)
            descriptor["resources"].append(described)
        (root / f"data/{name}.csv").write_text(AMENDMENTS_HEADER + rows, "utf-8")
    path.write_text(json.dumps(descriptor), "utf-8")
    return root


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The root of a small book: two tables, one claim, one chapter."""
    return write_tiny(tmp_path)


@pytest.fixture
def tiny_book(tmp_path: Path) -> Path:
    """The tiny root with what Jupyter Book needs."""
    return write_tiny_book(tmp_path)


@contextlib.contextmanager
def host(site: Path) -> Iterator[str]:
    """Serve a site on loopback with the headers of its ``_headers``, as static hosts do; yield its address."""
    told = (site / "_headers").read_text("utf-8").splitlines()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            matches = False
            for line in told:
                if line.startswith("/"):
                    matches = fnmatch.fnmatchcase(self.path.partition("?")[0], line)
                elif line.startswith("  ") and matches:
                    self.send_header(*line.strip().split(": ", 1))
            super().end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@dataclass(frozen=True)
class Hosted:
    """The hostile book on loopback: its address, and its pages as paths."""

    address: str
    pages: list[str]

    @property
    def here(self) -> list[str]:
        """The pages that load their files from this machine: the 404 page asks the address of the site for them."""
        return [name for name in self.pages if name != "404.html"]


@pytest.fixture(scope="session")
def hosted(hostile: Path) -> Iterator[Hosted]:
    pages = [path for path in sorted(hostile.rglob("*.html")) if 'http-equiv="refresh"' not in path.read_text("utf-8")]
    names = [
        str(path.relative_to(hostile)) for path in pages if path.name != "index.html" or path.parent.name == "book"
    ]
    with host(hostile) as address:
        yield Hosted(address, names)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


#: What a strict host sends: scripts from the site alone, and no eval.
POLICY = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


class StrictHandler(http.server.SimpleHTTPRequestHandler):
    """Serve a folder as a strict host would, and quietly."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        pass
