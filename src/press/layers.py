"""Divide a drawing that is too large for its page: its texts stay there, its shapes become a picture in a file.

The texts are still text, in the page's font and colours. A picture cannot see the page's style sheet, so there is one
for light pages and one for dark ones; a browser loads the one that it shows, when the reader comes near it. Links on
shapes work in the interactive view alone, since a picture has none.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

from press.errors import ChapterError

#: A drawing with more bytes than this is divided. A page's HTML may have 150 KB compressed; words, tables and code of
#: a long chapter take 70 of them, which leaves 5 KB for each of the two drawings of eight figures. Outlines of
#: countries, the worst that we have seen, compress to a quarter.
DIVIDE_FROM = 20_000

#: What a picture may weigh, compressed as a web host sends it: with the 180 KB of a long chapter it stays below a
#: page's 250 KB. It is about 8,000 marks. As a PNG of the same size on the page those weigh 288 KB, and 764 KB for a
#: sharp screen, so there is no raster form.
PICTURE_LIMIT = 70_000

#: Vega escapes "<" and ">" in attributes and in texts; its shapes have no content.
_TEXT = re.compile(r"<text\b[^<>]*>.*?</text>", re.S)
_SHAPE = re.compile(r"<(?:path|rect|line|circle|ellipse|polygon|image)\b[^<>]*/>")
_HOLLOW = re.compile(r"<(g|a)\b[^<>]*></\1>")
_DEFINITIONS = re.compile(r"(<defs>.*?</defs>)", re.S)
_COLOUR = re.compile(r'\b(fill|stroke|stop-color)="([^"]+)"')
_COMPANION = re.compile(r"light-dark\(\s*(#?\w+)\s*,\s*(#?\w+)\s*\)")


def divide(svg: str) -> tuple[str, str]:
    """Return the texts and the shapes of a drawing, each as an SVG of the size of the whole."""
    return _without(_SHAPE, svg), _without(_TEXT, svg)


def _without(what: re.Pattern[str], svg: str) -> str:
    parts = _DEFINITIONS.split(svg)
    parts[::2] = [what.sub("", part) for part in parts[::2]]
    left, found = "".join(parts), 1
    while found:
        left, found = _HOLLOW.subn("", left)
    return left if "url(#" in left else _DEFINITIONS.sub("", left)


def weight(svg: str) -> int:
    """Return the bytes of a drawing as a web host sends it."""
    return len(zlib.compress(svg.encode(), 6))


def check_weight(svg: str, place: str) -> None:
    """Raise ChapterError, with the number, for a drawing whose texts or shapes are too heavy for a page.

    An error and not a warning: a warning would stand in a cell's output until somebody reads it, and the readers on
    slow lines pay meanwhile.
    """
    if len(svg.encode()) <= DIVIDE_FROM:
        return
    texts, shapes = divide(svg)
    if len(texts.encode()) > DIVIDE_FROM:
        raise ChapterError(
            f"{place}: the texts of the drawing weigh {len(texts.encode()):,} bytes, "
            f"expected at most {DIVIDE_FROM:,}; draw fewer labels"
        )
    if weight(shapes) > PICTURE_LIMIT:
        raise ChapterError(
            f"{place}: the shapes of the drawing weigh {weight(shapes):,} bytes compressed, "
            f"expected at most {PICTURE_LIMIT:,}; draw fewer marks, bin them, or simplify their outlines"
        )


def companions(sheet: str) -> dict[str, str]:
    """Return which colour of a drawing a style sheet replaces with which on dark pages."""
    rules = (rule for rule in sheet.split("}") if ".press-drawing " in rule)
    return {light: dark for rule in rules for light, dark in _COMPANION.findall(rule)}


def darkened(svg: str, colours: Mapping[str, str]) -> str:
    """Return a drawing in the colours that it has on dark pages."""
    return _COLOUR.sub(lambda m: f'{m[1]}="{colours.get(m[2], m[2])}"', svg)
