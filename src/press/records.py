"""What a chapter gives: records in its notebook's outputs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MIME = "application/vnd.press+json"
VEGA_LITE_MIME = "application/vnd.vegalite.v6+json"

Record = dict[str, Any]


def emit(record: Record, text: str, **more: Any) -> None:
    """Display a record in the running notebook.

    ``text`` is what a plain reader sees; ``more`` holds the same for other readers, by MIME type.
    """
    from IPython.display import display

    display({MIME: record, "text/plain": text, **more}, metadata={"press": record["kind"]}, raw=True)


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of an executed notebook file (``records_of``)."""
    yield from records_of(json.loads(path.read_text("utf-8")))


def records_of(notebook: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records in an executed notebook's outputs, in order.

    Each has its ``cell`` (counted from 0); a figure has its ``wide`` drawing and its Vega-Lite ``spec`` too.
    """
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                record = {**data[MIME], "cell": index}
                if VEGA_LITE_MIME in data:
                    record |= {"wide": "".join(data["image/svg+xml"]), "spec": data[VEGA_LITE_MIME]}
                yield record
