"""What a chapter gives: records in its notebook's outputs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MIME = "application/vnd.press+json"
VEGA_LITE_MIME = "application/vnd.vegalite.v6+json"
PICTURE_MIME = "image/jpeg"

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


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of an executed notebook file (``records_of``)."""
    yield from records_of(json.loads(path.read_text("utf-8")))


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
