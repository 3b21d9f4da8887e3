"""The sources that a publication follows, as ``refresh.toml`` in its root describes them."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from press.errors import DataError, nearest
from press.refresh import Loader

DESCRIPTION = "refresh.toml"
FORMATS = ("csv", "json", "xlsx")


@dataclass(frozen=True)
class Source:
    """One source: where it is, what it sends, and which rows of which table are made of it.

    ``url`` may hold ``{last_year}``. ``hosts`` may be redirected to, beside the address's own. ``ids`` is the form of
    new row ids (``PPM{:04}``). Rows with the same ``key`` that come from sources matching ``series`` are earlier
    editions of the same figures. With ``snapshot``, an edition is taken in whole when any figure differs from the last.
    ``register`` describes the edition in the table of sources; its texts may hold ``{published}``.
    """

    name: str
    title: str
    url: str
    format: str
    most_bytes: int
    loader: str
    table: str
    ids: str
    key: list[str]
    series: str
    plausible: list[float]
    known_basis: str
    register: Mapping[str, str]
    hosts: list[str] = field(default_factory=list)
    snapshot: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{DESCRIPTION}, [{self.name}]"

    def load_function(self) -> Loader:
        """Import the loader. Raises DataError if there is none of that name."""
        module, _, name = self.loader.partition(":")
        try:
            found: Loader = getattr(importlib.import_module(module), name)
        except Exception as error:  # importing runs the module, and it may be of the subject's own making
            raise DataError(
                f"{self.place}, loader: found '{self.loader}', expected 'module:function' ({error})"
            ) from None
        return found


def load_sources(root: Path) -> dict[str, Source]:
    """Return the sources by name. Raises DataError with the place of what is wrong; none if there is no description."""
    try:
        described = tomllib.loads((root / DESCRIPTION).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{DESCRIPTION}: cannot be read: {error}") from None
    return {name: _source(name, values) for name, values in described.items()}


#: What a key takes, by the type that it is declared with.
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "list[str]": "a list of texts",
    "list[float]": "a list of two numbers, the least and the most",
    "Mapping[str, str]": "names with texts",
    "Mapping[str, Any]": "names with values",
}


def _fits(kind: Any, value: Any) -> bool:
    if kind in ("str", "int", "bool"):
        return type(value).__name__ == kind
    if kind == "list[str]":
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    if kind == "list[float]":
        return isinstance(value, list) and len(value) == 2 and all(type(n) in (int, float) for n in value)
    texts = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    return texts if kind == "Mapping[str, str]" else isinstance(value, dict)


def _source(name: str, values: Any) -> Source:
    place = f"{DESCRIPTION}, [{name}]"
    if not isinstance(values, dict):
        raise DataError(f"{place}: found {values!r}, expected a table that describes a source")
    known = {entry.name: entry for entry in fields(Source) if entry.name != "name"}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise DataError(f"{place}: found '{unknown[0]}', which no source has{nearest(unknown[0], known)}")
    optional = {"hosts", "snapshot", "settings"}
    missing = sorted(known.keys() - optional - values.keys())
    if missing:
        raise DataError(f"{place}: found no '{missing[0]}', expected it")
    for key, value in values.items():
        if not _fits(known[key].type, value):
            raise DataError(f"{place}, {key}: found {value!r}, expected {_WORDS[str(known[key].type)]}")
    if values["format"] not in FORMATS:
        raise DataError(f"{place}, format: found '{values['format']}', expected one of {', '.join(FORMATS)}")
    try:
        re.compile(values["series"])
        values["ids"].format(1)
    except (re.error, ValueError, IndexError, KeyError, TypeError) as error:
        raise DataError(f"{place}: series must be a pattern and ids a form as in 'A{{:03}}' ({error})") from None
    return Source(name=name, **values)
