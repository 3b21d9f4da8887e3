"""What a figure gives beside its drawing: the interactive view, and files to take away.

Everything here is a function of its arguments alone, with the same bytes on every machine.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert

from press import figures, tooltips
from press.errors import SiteError
from press.figures import VEGA_LITE, register_fonts
from press.store import Store
from press.text import as_cell

#: Data sets at least this long (characters of JSON) become files: below, a request costs more than a repetition.
SHARE_FROM = 1_000

#: The columns of a figure's rows, in order; what else a table says stands in ``details``.
COLUMNS = (
    *("id", "table", "period", "value", "unit", "qualifier", "status"),
    *("source_id", "publisher", "url", "known_from", "details"),
)
_OF_PRESS = {
    "table": "The table of the data package that the row is from.",
    "publisher": "Who published the source.",
    "url": "Where the source was found.",
    "details": "The columns of the row's own table, as name=value; empty ones are left out.",
}

# Vega's parser and view, with the interpreter that spares eval: a third less than the bundle with Vega-Lite and Embed,
# which a page does not need since its charts are compiled here. All of it comes out of the locked vl-convert wheel:
# the paths name the files as the wheel holds them; nothing is fetched.
_RUNTIME = f"""
import {{parse, View}} from '/npm/vega@{vl_convert.get_vega_version()}/+esm';
import {{expressionInterpreter}} from '/npm/vega-interpreter@2.0.0/+esm';
globalThis.pressVega = {{parse, View, expressionInterpreter}};
"""

#: Arrows, geometric shapes and the like.
_SYMBOLS = re.compile(r"([\u2190-\u2bff]+)")


def dump(value: Any) -> bytes:
    """Write JSON compactly, the same way always."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def hashed(name: str, content: bytes) -> str:
    """Put a hash of the content before the suffix: ``chart.json`` becomes ``chart.1a2b3c4d5e.json``."""
    stem, _, suffix = name.partition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"


def runtime(store: Store | None = None) -> bytes:
    """Return Vega as one JavaScript module that sets ``pressVega``; ``store`` keeps it, since bundling takes seconds.

    Raises SiteError if vl-convert has it not.
    """
    return _kept(store, "runtime", f"{VEGA_LITE}\0{_RUNTIME}".encode(), _bundle)


def _key(what: bytes) -> str:
    return hashlib.sha256(b"\0".join([version("vl-convert-python").encode(), what])).hexdigest()


def _kept(store: Store | None, kind: str, what: bytes, make: Callable[[], bytes]) -> bytes:
    """Return what vl-convert makes of ``what``, from the store if it has it."""
    content = store.get(kind, _key(what)) if store else None
    if content is None:
        content = make()
        if store:
            store.put(kind, _key(what), content)
    return content


@cache
def _bundle() -> bytes:
    try:
        return str(vl_convert.javascript_bundle(_RUNTIME, vl_version=VEGA_LITE)).encode()
    except BaseException as error:  # vl-convert panics, which is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise SiteError(f"vl-convert does not bundle Vega with its interpreter: {error}") from None


def compile_live(spec: Mapping[str, Any], store: Store | None = None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Compile a Vega-Lite spec for the interactive view; ``store`` keeps earlier results.

    Returns the Vega spec and the files that its data sets were taken out into, by hashed name. Charts that show the
    same rows name the same file.
    """
    vega, files = json.loads(_kept(store, "views", _compiler() + dump(spec), lambda: dump(_compile(spec))))
    return vega, {name: content.encode() for name, content in files.items()}


@cache
def _compiler() -> bytes:
    """Return what else decides about a compiled view: this module and that of tooltips."""
    return b"\0".join(Path(path).read_bytes() for path in (__file__, str(tooltips.__file__)))


def _compile(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(tooltips.with_tooltips(spec), vl_version=VEGA_LITE)
    tooltips.add_points(vega)
    files = {}
    for data in vega.get("data", []):
        content = dump(data["values"]) if "values" in data else b""
        if len(content) >= SHARE_FROM:
            data["url"] = hashed("data.json", content)
            del data["values"]
            files[data["url"]] = content.decode()
    return vega, files


def drawings(name: str, figure: Mapping[str, Any], store: Store | None) -> dict[str, str]:
    """Draw a figure whose notebook does not hold its ``wide`` and ``narrow`` drawings; ``store`` keeps earlier ones."""
    specs = [figure["spec"], figures.narrowed(figure["spec"], figure["narrow_spec"])]

    def draw() -> bytes:
        return dump({"wide": figures.draw_svg(specs[0], name), "narrow": figures.draw_svg(specs[1], f"{name}-n")})

    code = Path(str(figures.__file__)).read_bytes()
    drawn: dict[str, str] = json.loads(_kept(store, "drawings", code + b"\0" + dump([name, specs]), draw))
    return drawn


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing in CSS pixels."""
    found = re.search(r'<svg[^>]*\bviewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if not found:
        raise SiteError("a drawing has no viewBox")
    return float(found[1]), float(found[2])


def _advance(text: str, font_size: float, store: Store | None) -> float:
    """Measure a text in the bundled font, in pixels; between two bars, so that spaces at its ends count.

    ``store`` keeps earlier ones: to measure one word takes the start of all that draws.
    """

    def width(text: str) -> float:
        values = {"text": text, "font": "Source Sans Pro", "fontSize": font_size}
        mark = {"type": "text", "encode": {"enter": {name: {"value": value} for name, value in values.items()}}}
        return float(vl_convert.vega_to_scenegraph({"marks": [mark]})["width"])

    def measure() -> bytes:
        register_fonts()
        return dump(width(f"|{text}|") - width("||"))

    return float(json.loads(_kept(store, "widths", dump([_fonts(), font_size, text]), measure)))


def lines(text: str, width: float, font_size: float, store: Store | None) -> list[list[tuple[float, str]]]:
    """Break a text for a drawing ``width`` pixels wide; 0.46 em a letter is a little more than the font needs.

    Each line is a list of runs with their offsets, by turns letters and symbols: drawn in one piece, a symbol that the
    font lacks would take its whole line into another font.
    """
    broken = textwrap.wrap(text, max(int(width / (font_size * 0.46)), 12), break_on_hyphens=False)
    placed = []
    for line in broken:
        runs, x = [], 0.0
        pieces = _SYMBOLS.split(line)
        for piece in pieces:
            runs.append((x, piece))
            x += 0 if len(pieces) == 1 else _advance(piece, font_size, store)
        placed.append(runs)
    return placed


@cache
def _fonts() -> str:
    """Return a hash of the fonts that pictures are drawn with."""
    files = sorted((Path(__file__).parent / "fonts").iterdir())
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def has_png(svg: str, store: Store) -> bool:
    """Say whether the picture of an SVG is kept."""
    return store.has("pictures", _key(_picture(svg)))


def _picture(svg: str) -> bytes:
    """Return what a picture is made of."""
    return f"{_fonts()}\0{svg}".encode()


def png(svg: str, store: Store | None) -> bytes:
    """Draw an SVG as PNG at twice its size; ``store`` keeps earlier results."""

    def draw() -> bytes:
        register_fonts()
        return bytes(vl_convert.svg_to_png(svg, scale=2))

    return _kept(store, "pictures", _picture(svg), draw)


def write_csv(header: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Write rows as CSV with a header and plain line ends; no cell starts as a formula does."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(header), lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: as_cell(cell) for column, cell in row.items()} for row in rows)
    return text.getvalue().encode()


def codebook(tables: Iterable[Mapping[str, Any]]) -> bytes:
    """Describe the columns of a figure's rows as CSV. ``tables`` are resources of the data package."""
    known: dict[str, dict[str, str]] = {}
    for resource in tables:
        for field in resource["schema"]["fields"]:
            of_all = field["name"] in COLUMNS
            column = field["name"] if of_all else f"details: {resource['name']}.{field['name']}"
            limits = field.get("constraints", {}).get("enum", [])
            described = field.get("description", "") + (f" One of: {', '.join(map(str, limits))}." if limits else "")
            known.setdefault(column, {"column": column, "type": field["type"], "description": described})
    for column, text in _OF_PRESS.items():
        known.setdefault(column, {"column": column, "type": "string", "description": text})
    ordered = [known[column] for column in COLUMNS if column in known]
    ordered += [row for column, row in known.items() if column not in COLUMNS]
    return write_csv(("column", "type", "description"), ordered)


_TEX = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\~{}", "^": r"\^{}"})


def bibtex(key: str, fields: Mapping[str, str]) -> str:
    """Write one ``@misc`` entry; what TeX would read as a command is escaped, but not in the address."""
    body = (
        f"  {name} = {{{value if name in ('url', 'year') else '{' + value.translate(_TEX) + '}'}}},\n"
        for name, value in fields.items()
    )
    return f"@misc{{{key},\n{''.join(body)}}}"
