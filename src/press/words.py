"""The site's own words in the language of the book: the catalogue ``press`` of gettext.

A word of ours that stands on a page goes through ``_`` in its template, its module or its script. English is the
message itself. A book gives another language by ``language`` in its configuration and a catalogue
``locales/<language>/LC_MESSAGES/press.mo`` beside it.

``python -m press.words`` writes the template of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.locale import get_translator, init

from press import periods
from press.claims import STRENGTHS, VERDICTS
from press.facts import Value, format_value

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

DOMAIN, FOLDER = "press", Path(__file__).parent / "locale"
TEMPLATE = FOLDER / "press.pot"
_HERE = Path(__file__).parent
_chosen = {"language": "en"}
#: What stands before a number that is not exact.
HEDGES = ("about", "almost", "at least", "at most", "over", "under", "up to")
#: How Babel reads each kind of file.
_METHODS = [("**.js", "javascript"), ("**.html", "jinja2"), ("**.svg", "jinja2"), ("**.py", "python")]


def choose(language: str, folders: Iterable[Path]) -> None:
    """Take the words of a language from the catalogues in ``folders`` and in the press; English if there is none."""
    _chosen["language"] = language
    init([*map(str, folders), str(FOLDER)], language, DOMAIN)


def gettext(message: str) -> str:
    """Return the words of the chosen language."""
    return get_translator(DOMAIN).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the words of the chosen language for so many."""
    return get_translator(DOMAIN).ngettext(singular, plural, count)


def chosen() -> bool:
    """Say whether the language has a catalogue of ours."""
    return bool(getattr(get_translator(DOMAIN), "_catalog", None))


def of_theme(message: str) -> str:
    """Return the words for the theme, whose pages rest on Sphinx's: ours, or Sphinx's where we have none."""
    words = gettext(message)
    return words if words != message else get_translator().gettext(message)


def long_date(day: str) -> str:
    """Write a day in the chosen language."""
    if not chosen():
        return periods.long_date(day)
    from babel.dates import format_date

    return str(format_date(date.fromisoformat(str(day)[:10]), "long", locale=_chosen["language"]))


def long_period(period: str) -> str:
    """Write an ISO period in the chosen language."""
    if not chosen():
        return periods.long_period(period)
    from babel.dates import format_date

    def words(part: str) -> str:
        if len(part) == 7:
            return str(format_date(date.fromisoformat(f"{part}-01"), "LLLL y", locale=_chosen["language"]))
        return part if len(part) == 4 else long_date(part)

    return " – ".join(map(words, period.split("/")))


def fact_text(value: Value, unit: str, qualifier: str = "exact", spec: str = "", unit_text: str = "") -> str:
    """Write a value as ``press.facts.format_value`` does, its hedge and its day in the chosen language."""
    if value is None:
        return gettext("not known")
    if unit == "date":
        return long_date(str(value))
    text = format_value(value, unit, qualifier, spec, unit_text)
    return f"{gettext(qualifier)} {text.removeprefix(f'{qualifier} ')}" if text.startswith(f"{qualifier} ") else text


@cache
def _messages_of_scripts() -> list[str]:
    from babel.messages.extract import extract_from_dir

    found = extract_from_dir(_HERE, method_map=_METHODS[:1], keywords={"_": None})
    return sorted({str(message) for _file, _line, message, _comments, _context in found})


def of_scripts() -> dict[str, str]:
    """Return what the scripts say in the chosen language, by message; nothing where it is what they say anyway."""
    if not chosen():
        return {}
    return {message: gettext(message) for message in _messages_of_scripts() if gettext(message) != message}


def template() -> Catalog:
    """Return all messages: of templates, scripts and modules, and the words for verdicts, strengths and hedges."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    catalog = Catalog(domain=DOMAIN)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    options = {f"**.{kind}": {"trimmed": "false", "silent": "false"} for kind in ("html", "svg")}
    for _file, _line, message, comments, _context in extract_from_dir(
        _HERE, method_map=_METHODS, options_map=options, keywords=keywords
    ):
        catalog.add(message, auto_comments=comments)
    for word in (*VERDICTS, *STRENGTHS, *STRENGTHS.values(), *HEDGES, "revised", "corrected", "Evidence", "Assumption"):
        catalog.add(word)
    return catalog


def write_template(path: Path) -> None:
    """Write the template of the catalogue."""
    from babel.messages.pofile import write_po

    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_po(file, template(), no_location=True, omit_header=True, sort_output=True)


if __name__ == "__main__":
    write_template(TEMPLATE)
