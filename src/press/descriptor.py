"""The descriptor of the data package, read with care: what the press relies on is there before anything uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from press.errors import DataError, nearest
from press.places import DESCRIPTOR

#: The types of fields that tables may have, and how pandas names them.
DTYPES = {"string": "str", "number": "float64", "integer": "Int64", "date": "str"}

_BASIS = ("basis", "rows", "note")
#: The fields without which the press cannot read a table, by the table's name.
_NEEDED = {
    "sources": ("id", "publisher", "title", "url", "reliability"),
    "claims": ("id", "chapter", "kind", "claim", "reading", "measures", "rule", "tables"),
    "editions": ("id", "as_of", "title"),
    "updates": ("id", "date", "chapter", "change"),
    "scenario_parameters": ("id", "title", "unit", "low", "central", "high", "minimum", "maximum", *_BASIS),
    "scenarios": ("id", "title", "sentence", *_BASIS),
    "scenario_values": ("id", "scenario", "parameter", "value", *_BASIS),
}


def read_descriptor(root: Path) -> dict[str, Any]:
    """Return the parsed ``datapackage.json``. Raises DataError with every fault, a line each."""
    try:
        descriptor = json.loads((root / DESCRIPTOR).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{DESCRIPTOR}: cannot be read: {why}") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{DESCRIPTOR}, line {error.lineno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # a number of too many digits, brackets within brackets
        raise DataError(f"{DESCRIPTOR}: not JSON that can be read ({error}), expected a data package") from None
    if not isinstance(descriptor, dict) or not isinstance(descriptor.get("resources"), list):
        raise DataError(f"{DESCRIPTOR}: found no list 'resources', expected a data package")
    faults = list(_faults(descriptor["resources"]))
    if faults:
        raise DataError("\n".join(faults))
    return descriptor


def _faults(resources: list[Any]) -> Iterator[str]:
    seen: dict[str, set[Any]] = {"name": set(), "path": set()}
    for number, resource in enumerate(resources, 1):
        if not isinstance(resource, dict):
            yield f"{DESCRIPTOR}, resource {number}: found {_short(resource)}, expected the description of a table"
            continue
        name, path = resource.get("name"), resource.get("path")
        if not isinstance(name, str) or not name:
            yield f"{DESCRIPTOR}, resource {number}: found no name, expected one"
            continue
        place = f"{DESCRIPTOR}, table {name}"
        if not isinstance(path, str) or not _inside(path):
            yield f"{place}, path: found {_short(path)}, expected the name of a file in data/"
            continue
        for key, found in (("name", name), ("path", path)):
            if found in seen[key]:
                yield f"{place}, {key}: found '{found}' a second time, expected each {key} once"
            seen[key].add(found)
        yield from _field_faults(place, resource)


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts and "\0" not in path and "\\" not in path


def _field_faults(place: str, resource: dict[str, Any]) -> Iterator[str]:
    schema = resource.get("schema")
    schema = schema if isinstance(schema, dict) else {}
    fields = schema.get("fields")
    if not isinstance(fields, list) or not fields:
        yield f"{place}: found no schema with a list 'fields', expected one"
        return
    names: list[str] = []
    for number, field in enumerate(fields, 1):
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            yield f"{place}, field {number}: found {_short(field)}, expected name and type"
            continue
        if field["name"] in names:
            yield f"{place}, field {field['name']}: found it a second time, expected each field once"
        names.append(field["name"])
        if field.get("type") not in tuple(DTYPES):  # what is no text is in no dict
            yield (
                f"{place}, field {field['name']}: found the type {_short(field.get('type'))}, "
                f"expected one of {', '.join(DTYPES)}"
            )
        limits = field.get("constraints", {})
        try:
            re.compile(limits.get("pattern", "") if isinstance(limits, dict) else "")
        except (re.error, TypeError) as error:
            yield f"{place}, field {field['name']}: found a pattern that is none ({error}), expected one of Python"
        if not isinstance(limits, dict):
            yield f"{place}, field {field['name']}: found constraints that are no list of names and values"
    keys = schema.get("foreignKeys", [])
    for key in keys if isinstance(keys, list) else [keys]:
        reference = key.get("reference") if isinstance(key, dict) else None
        if not isinstance(reference, dict) or not isinstance(reference.get("resource"), str):
            yield f"{place}, foreignKeys: found {_short(key)}, expected fields and a reference to those of a resource"
    for needed in _NEEDED.get(resource["name"], ()):
        if needed not in names:
            yield f"{place}: found no field '{needed}', expected it{nearest(needed, names)}"


def _short(found: Any) -> str:
    return "nothing" if found is None else f"{found!r}"[:60]
