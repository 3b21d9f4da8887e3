"""Is the data package what its descriptor says? One line for each fault: file, row, field, found, expected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import frictionless

from press.amendments import TABLES as AMENDING
from press.claims import load_claims
from press.editions import load_editions
from press.errors import DataError, PressError, nearest
from press.evidence import about_columns
from press.package import Package
from press.periods import bounds
from press.places import DESCRIPTOR
from press.scenarios import load_scenarios
from press.text import ADDRESSES, CONTROL, is_address, runs

#: How many faults of a table are told.
_MOST = 20
#: What a person reads of one cell; more is a quote that was never closed.
_LONGEST = 20_000


def validate(root: Path, tables: Collection[str] | None = None) -> list[str]:
    """Return the faults of the data package under ``root``, a line each; none if it is valid.

    With ``tables`` the rows of these alone are looked at, the others being known to be valid; what concerns all tables
    together is looked at in any case.
    """
    package = Package(root)
    tables = package.resources if tables is None else tables
    needed = {*tables, *(other for table in tables for other in referred(package.resources[table]))}
    descriptor = {**package.descriptor, "resources": [package.resources[n] for n in package.resources if n in needed]}
    try:
        described = frictionless.Package.from_descriptor(descriptor, basepath=str(root / "data"))
        for described_table in described.resources:
            # Never guessed: a ragged first row would move the header.
            described_table.dialect = frictionless.Dialect(header_rows=[1])
        report = described.validate(limit_errors=_MOST)
    except frictionless.FrictionlessException as error:
        return [f"{DESCRIPTOR}: {error.error.message}"]
    problems = [f"{DESCRIPTOR}: {error.message}" for error in report.errors]
    for task in report.tasks:
        resource = package.resources.get(task.name, {})
        problems += [line.replace(f"{root}/", "") for line in _lines(task.errors, resource, package)]
    listed = {resource.get("path") for resource in package.resources.values()}
    for path in sorted((root / "data").glob("*.csv")):
        if path.name not in listed:
            problems.append(
                f"data/{path.name}: found a table that {DESCRIPTOR} does not describe; expected it among the resources"
            )
    return (
        problems
        or _amendments(package)
        or [
            *_beyond_frictionless(package, tables),
            *_claims(package),
            *_faults(load_scenarios, package),
            *_faults(load_editions, package),
        ]
    )


def referred(resource: Mapping[str, Any]) -> list[str]:
    """Return the tables whose ids a table's rows name."""
    return [key["reference"]["resource"] for key in resource["schema"].get("foreignKeys", [])]


def _amendments(package: Package) -> list[str]:
    """Check that every revision and correction fits the row it amends, and the field's type."""
    problems = []
    try:
        tables = list(package.amendments)
    except DataError as error:
        return [str(error)]
    for table in tables:
        try:
            package.rows(table)
        except DataError as error:
            problems.append(str(error))
            continue
        for amendment in package.amendments[table]:
            described = _field(package.resources[table], amendment.field)
            faults = frictionless.Field.from_descriptor(described).read_cell(amendment.new)[1]
            if faults:
                problems.append(
                    f"{amendment.place}, field new: found '{amendment.new}', expected {_expected(described)}"
                )
    return problems


def _claims(package: Package) -> list[str]:
    return _faults(load_claims, package) if "claims" in package.resources else []


def _faults(load: Callable[[Package], object], package: Package) -> list[str]:
    try:
        load(package)
    except PressError as error:
        return str(error).splitlines()
    return []


def _field(resource: dict[str, Any], name: str) -> dict[str, Any]:
    fields = resource.get("schema", {}).get("fields", [])
    return next((field for field in fields if field["name"] == name), {})


def _expected(field: dict[str, Any]) -> str:
    """Say in words what a field takes."""
    kind = {"number": "a number with a decimal point", "date": "a date as in 2025-12-31", "integer": "a whole number"}
    limits = field.get("constraints", {})
    words = [kind.get(field.get("type", ""), "a text")]
    if "enum" in limits:
        words = [f"one of {', '.join(map(str, limits['enum']))}"]
    if "pattern" in limits:
        words.append(f"matching {limits['pattern']}")
    words += [f"{name} {limits[name]}" for name in ("minimum", "maximum") if name in limits]
    return ", ".join(words)


def _lines(errors: Iterable[Any], resource: dict[str, Any], package: Package) -> Iterator[str]:
    """Write errors, a line each; rows that name the same unknown id, as after a source is deleted, share one."""
    named: dict[tuple[str, ...], list[Any]] = {}
    for error in errors:
        if error.type == "foreign-key":
            named.setdefault((*error.field_names, *map(str, error.field_cells)), []).append(error)
        else:
            yield _line(error, resource, package)
    for same in named.values():
        more = f" (and on {len(same) - 1} more row{'s' * (len(same) > 2)})" if len(same) > 1 else ""
        yield _line(same[0], resource, package) + more


def _line(error: Any, resource: dict[str, Any], package: Package) -> str:
    """Write one of Frictionless's errors as file, row, field, found, expected."""
    place = f"data/{resource.get('path', '?')}"
    row = getattr(error, "row_number", None)
    name = getattr(error, "field_name", "")
    cell = getattr(error, "cell", "")
    if row is not None:
        place += f", row {row}"
    if error.type in ("type-error", "constraint-error"):
        field = _field(resource, name)
        if cell == "" and field.get("constraints", {}).get("required"):
            return f"{place}, field {name}: found nothing, expected {_expected(field)}"
        return f"{place}, field {name}: found '{cell}', expected {_expected(field)}"
    if error.type == "foreign-key":
        names, found = ", ".join(error.field_names), ", ".join(map(str, error.field_cells))
        target = error.reference_name
        known = list(package.table(target)["id"]) if target in package.resources else []
        return f"{place}, field {names}: found '{found}', expected an id of {target}{nearest(found, known)}"
    if error.type == "primary-key":
        keys = resource["schema"].get("primaryKey", "id")
        return (
            f"{place}, field {keys}: found a key that stands on an earlier row ({error.note}), expected each key once"
        )
    if error.type == "extra-label":
        hint = nearest(error.label, [field["name"] for field in resource["schema"]["fields"]])
        return f"{place}, header: found the column '{error.label}', which the descriptor does not know{hint}"
    if error.type == "duplicate-label":
        return f"{place}, header: found the column '{error.label}' a second time, expected it once"
    if error.type == "missing-label":
        return f"{place}, header: found no column '{name}', expected it"
    if error.type == "incorrect-label":
        return f"{place}, header: found the column '{error.label}', expected '{name}' in its place"
    if error.type == "source-error" or "empty" in error.note:
        return f"{place}: found no rows ({error.note.rstrip('.')}), expected a header and rows"
    if error.type == "encoding-error":
        return f"{place}: found bytes that are not UTF-8 ({error.note}), expected UTF-8"
    if error.type == "missing-cell":
        return f"{place}, field {name}: found a row that ends before it, expected a cell for each column"
    if error.type == "extra-cell":
        return f"{place}: found '{cell}' beyond the last column, expected a cell for each column"
    return f"{place}: {error.message}"


def _beyond_frictionless(package: Package, tables: Collection[str]) -> list[str]:
    """Check what a table schema cannot say: ids unique in the package, periods that exist, no formulas."""
    problems: list[str] = []
    tables_by_id: dict[str, str] = {}
    for name, resource in package.resources.items():
        path = f"data/{resource['path']}"
        texts = {field["name"] for field in resource["schema"]["fields"] if field["type"] == "string"}
        rows = package.rows(name)
        try:
            about_columns(resource)
        except DataError as error:
            problems.append(str(error))
        if not rows and name not in AMENDING:
            problems.append(f"{path}: found a header and no rows, expected rows")
        for number, row in enumerate(rows, 2):
            if name in tables:
                problems += [f"{path}, row {number}, {fault}" for fault in _row_faults(row, texts)]
            if "source_id" in row and tables_by_id.setdefault(row["id"], name) != name:
                problems.append(
                    f"{path}, row {number}, field id: found '{row['id']}', an id of {tables_by_id[row['id']]} too; "
                    "expected it once in the package"
                )
    return problems


def _row_faults(row: dict[str, str], texts: set[str]) -> Iterator[str]:
    for field, cell in row.items():
        if field in texts and runs(cell):
            yield f"field {field}: found '{cell}', which a spreadsheet would run; expected a text that starts otherwise"
        if len(cell) > _LONGEST:
            yield f"field {field}: found {len(cell):,} characters, expected at most {_LONGEST:,}"
        if CONTROL.search(cell):
            yield f"field {field}: found a control character in {cell!r}, expected plain text"
        if field in ADDRESSES and cell and not is_address(cell):
            yield f"field {field}: found '{cell}', expected an address that starts with https:// or http://"
    if row.get("period"):
        try:
            bounds(row["period"])
        except DataError as error:
            yield f"field period: {error}"
