"""The files of each figure (interactive view, downloads, embed page): named before the pages are read, then written."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from press import layers, live, models, orphans, words
from press.figures import NARROW, WIDE, narrowed
from press.records import Record
from press.sphinx_ext import policy
from press.sphinx_ext.site import Site
from press.store import Store

_ = words.gettext

FOLDER, EMBED, STATIC = "_figures", "embed", Path(__file__).parent.parent / "static"

#: Rows of a figure's table that stand in its page; the CSV has them all.
ROWS_SHOWN = 200

#: Columns that are for checking a row, too long for a table in a page.
_LONG = ("note", "locator", "known_basis")


@dataclass
class Assets:
    """The files of all figures. ``names[figure][kind]`` is the file in ``_figures/`` for each of the kinds
    ``runtime``, ``wide``, ``narrow`` (Vega specs), ``spec`` (Vega-Lite), ``svg``, ``png``, ``csv`` and ``codebook``.

    A figure gets ``layers``: for each of its drawings what stands in the page, and the files of its shapes on light and
    on dark pages if these do not. ``dark`` has the companions of the drawings' colours on dark pages.
    """

    site: Site
    dark: dict[str, str]
    publication: str
    author: str
    base: str
    language: str

    def __post_init__(self) -> None:
        self.names: dict[str, dict[str, str]] = {}
        self.files: dict[str, bytes] = {}
        self.pictures: dict[str, str] = {}
        drawn = self.site.figures or self.site.models
        self.runtime = self._keep("vega.js", live.runtime(self.site.store)) if drawn else ""
        for name, figure in self.site.figures.items():
            self.names[name] = {**self._live(name, figure), **self._downloads(name, figure)}
            figure["layers"] = {kind: self._layers(name, figure[kind]) for kind in ("wide", "narrow")}

    def _keep(self, name: str, content: bytes) -> str:
        name = live.hashed(name, content)
        self.files[name] = content
        return name

    def _layers(self, name: str, svg: str) -> dict[str, Any]:
        if len(svg.encode()) <= layers.DIVIDE_FROM:
            return {"svg": svg, "light": ""}
        texts, shapes = layers.divide(svg)
        width, height = live.size(svg)
        print(
            f"press: figure '{name}': a drawing of {len(svg.encode()):,} bytes; its shapes are a file of "
            f"{layers.weight(shapes):,} bytes compressed (at most {layers.PICTURE_LIMIT:,})",
            file=sys.stderr,
        )
        return {
            "svg": texts,
            "light": self._keep(f"{name}-shapes.svg", shapes.encode()),
            "dark": self._keep(f"{name}-shapes.svg", layers.darkened(shapes, self.dark).encode()),
            "width": round(width),
            "height": round(height),
        }

    def _live(self, name: str, figure: Record) -> dict[str, str]:
        names = {"runtime": self.runtime}
        specs = {"wide": figure["spec"], "narrow": narrowed(figure["spec"], figure["narrow_spec"])}
        for kind, spec in specs.items():
            vega, data = live.compile_live(spec, self.site.store)
            self.files |= data
            names[kind] = self._keep(f"{name}.vg.json", live.dump(vega))
        return names

    def _downloads(self, name: str, figure: Record) -> dict[str, str]:
        width, height = live.size(figure["wide"])
        cite = self.site.cite(figure)
        more = "; " + _("{n} more").format(n=cite["more"]) if cite["more"] else ""
        source = _("Source:") + f" {'; '.join(cite['publishers'])}{more}. {self.publication}."

        def lines(text: str, size: float) -> Any:
            return live.lines(text, width, size, self.site.store)

        svg = self.site.html(
            "plate.svg",
            figure=figure,
            width=width,
            height=height,
            title=lines(figure["title"], 22),
            subtitle=lines(figure["subtitle"], 16),
            notes=[*(lines(figure["caveat"], 13) if figure["caveat"] else []), *lines(source, 13)],
        )
        picture = live.hashed(f"{name}.png", svg.encode())
        self.pictures[picture] = svg
        resources = [self.site.package.resource(table) for table in figure["tables"]]
        return {
            "spec": self._keep(f"{name}.vl.json", live.dump(figure["spec"])),
            "svg": self._keep(f"{name}.svg", svg.encode()),
            "png": picture,
            "csv": self._keep(f"{name}.csv", live.write_csv(live.COLUMNS, self.rows(figure))),
            "codebook": self._keep("codebook.csv", live.codebook(resources)),
        }

    def rows(self, figure: Record) -> list[dict[str, str]]:
        """Return the rows behind a figure with the columns ``live.COLUMNS``, by table and period."""
        rows = []
        found = (self.site.evidence.rows[row] for row in figure["rows"])
        for row in sorted(found, key=lambda row: (row.table, row.period)):
            source = self.site.source(row.source_id)
            own = [f"{key}={value}" for key, value in row.values.items() if key not in live.COLUMNS and value]
            own += [f"{a.done} {a.field}, published as {a.old or 'nothing'} ({a.id})" for a in row.amendments]
            known = {**row.values, "table": row.table, "publisher": source["publisher"], "url": source["url"]}
            known["details"] = "; ".join(own)
            rows.append({column: known.get(column, "") for column in live.COLUMNS})
        return rows

    def shown(self, figure: Record) -> list[dict[str, str]]:
        """Return the first rows as the page's table shows them; ``what`` says what each is about."""
        shown = []
        for row in self.rows(figure)[:ROWS_SHOWN]:
            values = self.site.evidence.rows[row["id"]].values
            own = {k: v for k, v in values.items() if k not in live.COLUMNS and k not in _LONG and v}
            shown.append({**row, "what": " · ".join(own.values()).replace("_", " ")})
        return shown

    def page(self, name: str, docname: str) -> dict[str, Any]:
        """Return what the figure's template needs on the page ``docname``."""
        figure = self.site.figures[name]
        root = "../" * docname.count("/")
        chapter = self.site.docs[figure["chapter"]]
        here = f"{self.base or root}{chapter}.html#fig-{name}"
        as_of = _("As known on {day}").format(day=words.long_date(self.site.as_of))
        cite = self.site.cite(figure)
        within = _("Figure in “{chapter}”, {publication}").format(
            chapter=self.site.titles[chapter], publication=self.publication
        )
        return {
            "name": name,
            "figure": figure,
            "files": self.names[name],
            "root": root,
            "folder": f"{root}{FOLDER}/",
            "address": here,
            "embed": f"{self.base or root}{EMBED}/{name}.html",
            "embed_height": round(max(live.size(figure[kind])[1] for kind in ("wide", "narrow")) + 220),
            "shown": self.shown(figure),
            "plain": (f"{self.author}: “{figure['title']}”. {within}. {as_of}. {here}"),
            "bibtex": live.bibtex(
                name,
                {
                    "author": self.author,
                    "title": figure["title"],
                    "howpublished": within,
                    "year": self.site.as_of[:4],
                    "note": f"{as_of}. " + _("Data:") + f" {'; '.join(cite['publishers'])}",
                    "url": here,
                },
            ),
            **cite,
        }

    def model(self, record: Record, docname: str) -> dict[str, Any]:
        """Return what the template of a model needs on the page ``docname``."""
        root = "../" * docname.count("/")
        start = next(preset for preset in record["presets"] if preset["id"] == record["start"])
        return {
            "name": f"{record['chapter']}-{record['id']}",
            "model": record,
            "start": start,
            "begin": {row["id"]: row["central"] for row in record["inputs"]} | start["sets"],
            "limits": [
                {k: row[k] for k in ("id", "title", "unit", "central", "minimum", "maximum")}
                for row in record["inputs"]
            ],
            "root": root,
            "runtime": f"{root}{FOLDER}/{self.runtime}",
            "specs": {"wide": models.vega(record, WIDE), "narrow": models.vega(record, NARROW)},
            **self.site.cite(record),
        }

    def write(self, out: Path, css: list[str], fonts: list[str]) -> None:
        """Write all files and embed pages under the site's folder ``out``; a picture that is there is not redrawn."""
        for folder in (FOLDER, EMBED):
            (out / folder).mkdir(exist_ok=True)
        for name, content in self.files.items():
            (out / FOLDER / name).write_bytes(content)
        for name, svg in self.pictures.items():
            if not (out / FOLDER / name).exists():
                (out / FOLDER / name).write_bytes(live.png(svg, self.site.store))
        for name in self.names:
            page = self.site.html(
                "embed.html",
                policy=policy.tag(),
                language=self.language,
                words=words.of_scripts(),
                css=css,
                fonts=fonts,
                publication=self.publication,
                **self.page(name, f"{EMBED}/x"),
            )
            (out / EMBED / f"{name}.html").write_text(page, "utf-8")


def load(app: Sphinx) -> None:
    """Compile every figure. At ``builder-inited``, after the site and its address."""
    config = app.config
    sheets = [Path(app.confdir) / folder / sheet for folder in config.html_static_path for sheet in _sheets(config)]
    config.html_static_path.append(str(STATIC))
    app.press_assets = Assets(  # type: ignore[attr-defined]
        app.press,  # type: ignore[attr-defined]
        dark=layers.companions("".join(sheet.read_text("utf-8") for sheet in sheets if sheet.is_file())),
        publication=str(config.html_title or config.project),
        author=str(config.author),
        base=config.html_baseurl,
        language=str(config.language),
    )


def draw_ahead(store: Store | None, pictures: Iterable[str]) -> multiprocessing.process.BaseProcess | None:
    """Start a process that draws the pictures that are not kept, from SVG, while this one makes the pages.

    What it has drawn is in ``store`` when it is asked for. It begins with the last: whoever asks for the first before
    it is drawn draws that one, and they meet. Returns the process; None if there is nothing to draw, or no store.
    """
    missing = [svg for svg in pictures if store and not live.has_png(svg, store)]
    if not store or not missing:
        return None
    context = multiprocessing.get_context("spawn")  # what draws has threads
    process = context.Process(target=_draw, args=(store.folder, missing[::-1]), daemon=True)
    process.start()
    return process


def _draw(folder: Path, pictures: list[str]) -> None:
    orphans.end_with_parent()
    store = Store(folder, lambda text: None)
    with suppress(Exception):  # whoever asks for the picture meets the same error, and tells it
        for svg in pictures:
            live.png(svg, store)


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give pages with figures the script that waits for the reader to ask. At ``html-page-context``."""
    shown = [node.astext() for node in doctree.findall(_is_raw)] if doctree is not None else []
    for mark, script in (('class="press-figure"', "press-live.js"), ('class="press-model"', "press-model.js")):
        if any(mark in text for text in shown):
            app.add_js_file(script, loading_method="defer")


def _sheets(config: Any) -> list[str]:
    """Return the names of the publication's own style sheets."""
    return [entry if isinstance(entry, str) else entry[0] for entry in config.html_css_files]


def _is_raw(node: Any) -> bool:
    return node.tagname == "raw"


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the files. At ``build-finished``."""
    if error is None and app.builder.format == "html":
        css = ["press-page.css", *_sheets(app.config)]
        fonts = app.config.html_theme_options.get("embed_fonts", [])
        app.press_assets.write(Path(app.outdir), css, fonts)  # type: ignore[attr-defined]
