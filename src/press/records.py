"""What a chapter gives: records in its notebook's outputs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from press.errors import ChapterError
from press.places import MOST_BYTES

MIME = "application/vnd.press+json"
VEGA_LITE_MIME = "application/vnd.vegalite.v6+json"
PICTURE_MIME = "image/jpeg"
#: Set in the kernel of a run that keeps facts alone: its figures are checked and not drawn.
WITHOUT_FIGURES = "PRESS_WITHOUT_FIGURES"

Record = dict[str, Any]


def emit(record: Record, text: str, **more: Any) -> None:
    """Display a record in the running notebook.

    ``text`` is what a plain reader sees; ``more`` holds the same for other readers, by MIME type.
    """
    from IPython.display import display

    display({MIME: record, "text/plain": text, **more}, metadata={"press": record["kind"]}, raw=True)


def pack(spec: Record) -> str:
    """Write a Vega-Lite spec in one line that names the columns of each data set once: a notebook would give each value
    of each row a line of its own."""
    data, tables = {}, {}
    for name, rows in spec.get("datasets", {}).items():
        if rows and all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows):
            tables[name] = [list(rows[0]), *([row[column] for column in rows[0]] for row in rows)]
        else:
            data[name] = rows
    return json.dumps({**spec, "datasets": data, "tables": tables}, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> Record:
    """Return the spec that ``pack`` wrote."""
    spec: Record = json.loads(text)
    for name, (columns, *rows) in spec.pop("tables").items():
        spec["datasets"][name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return spec


def read_notebook(path: Path) -> dict[str, Any]:
    """Return the parsed file of a notebook. Raises ChapterError for one that is missing, none, too large or too old."""
    place = f"notebooks/{path.name}"
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ChapterError(f"{place}: found {size:,} bytes, expected at most {MOST_BYTES:,}: show less in a cell")
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ChapterError(f"{place}: the notebook is missing; 'press accept' makes it") from None
    except OSError as error:
        raise ChapterError(f"{place}: cannot be read ({error.strerror}), expected a notebook") from None
    except (ValueError, RecursionError) as error:
        why = f"not JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise ChapterError(f"{place}: is not a notebook ({why}); 'press accept' makes it anew") from None
    version = found.get("nbformat") if isinstance(found, dict) else None
    if version != 4:
        told = "no notebook" if version is None else f"a notebook of format {version}"
        raise ChapterError(f"{place}: found {told}, expected format 4; 'press accept' makes it anew")
    return dict(found)


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of an executed notebook file (``records_of``). Raises ChapterError if it is none."""
    notebook = read_notebook(path)
    try:
        records = list(records_of(notebook))
        if not all(isinstance(record["kind"], str) for record in records):
            raise TypeError("a record's kind is no text")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ChapterError(
            f"notebooks/{path.name}: its outputs are not as the press wrote them ({type(error).__name__}: {error}); "
            "'press accept' makes them anew"
        ) from None
    yield from records


def records_of(notebook: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records in an executed notebook's outputs, in order.

    Each has its ``cell`` (counted from 0); a figure has its Vega-Lite ``spec`` too, and its ``wide`` drawing or, where
    that is too large for a notebook, the ``picture`` that stands for it there.
    """
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                record = {**data[MIME], "cell": index}
                if VEGA_LITE_MIME in data:
                    record |= {"wide": "".join(data["image/svg+xml"]), "spec": data[VEGA_LITE_MIME]}
                elif "packed" in record:
                    record |= {"picture": data[PICTURE_MIME], "spec": unpack(record.pop("packed"))}
                yield record
