"""Writing what a refresh brings: looked at as a whole first, then put in place, or nothing at all."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from press.amendments import REVISIONS
from press.errors import DataError
from press.package import Package
from press.places import DESCRIPTOR
from press.refresh.fetch import Fetched
from press.refresh.plan import Plan, Row
from press.refresh.sources import Source
from press.validate import validate
from press.whole import put_back

#: Where the files are kept as they came, seen from the root; only their receipts enter the repository.
RAW, RECEIPT = "raw", ".receipt.json"


def raw_files(source: Source, fetched: Fetched, day: date) -> dict[str, bytes]:
    """Return a fetched file and its receipt by path: ``raw/<source>/<day>/<start of its SHA-256>-<name>``."""
    name = PurePosixPath(urlsplit(source.url).path).name or f"{source.name}.{source.format}"
    path = f"{RAW}/{source.name}/{day}/{fetched.sha256[:12]}-{name}"
    receipt = {
        "source": source.name,
        "url": fetched.url,
        "fetched": str(day),
        "sha256": fetched.sha256,
        "bytes": len(fetched.content),
        "content_type": fetched.content_type,
    }
    return {path: fetched.content, path + RECEIPT: (json.dumps(receipt, indent=1) + "\n").encode()}


def changed_tables(plans: Iterable[Plan], package: Package) -> dict[str, bytes]:
    """Return the tables with what the plans add, by path. Lines that were there stay byte for byte."""
    added: dict[str, list[Row]] = defaultdict(list)
    for plan in plans:
        for table, rows in ((plan.source.table, plan.added), (REVISIONS, plan.revisions), ("sources", plan.register)):
            added[table] += [row for row in rows if row not in added[table]]  # two may share an edition
    changed = {}
    for table, rows in added.items():
        if not rows:
            continue
        path = f"data/{package.resource(table)['path']}"
        before = (package.root / path).read_bytes()
        header = next(csv.reader(io.StringIO(before.decode("utf-8-sig"), newline="")))
        end = "\r\n" if before.endswith(b"\r\n") else "\n"
        text = io.StringIO(newline="")
        csv.DictWriter(text, header, lineterminator=end).writerows(rows)
        changed[path] = before + (b"" if before.endswith(b"\n") else end.encode()) + text.getvalue().encode()
    return changed


def require_valid_with(root: Path, changed: Mapping[str, bytes]) -> None:
    """Raise DataError with every fault that the package would have with the changed files."""
    with tempfile.TemporaryDirectory(prefix="press-") as folder:
        copy = Path(folder)
        shutil.copytree(root / Path(DESCRIPTOR).parent, copy / Path(DESCRIPTOR).parent)
        for path, content in changed.items():
            (copy / path).write_bytes(content)
        problems = validate(copy)
    if problems:
        raise DataError("what was fetched does not fit the data; nothing was written:\n" + "\n".join(problems))


def replace_all(root: Path, files: Mapping[str, bytes]) -> None:
    """Put all files in place, or leave all as they were. Raises DataError if one cannot be written."""
    made: list[Path] = []
    before: dict[Path, bytes | None] = {}
    try:
        for path, content in files.items():
            half = root / f"{path}.new"
            half.parent.mkdir(parents=True, exist_ok=True)
            made.append(half)
            half.write_bytes(content)
        for path, half in zip(files, made, strict=True):
            target = root / path
            before[target] = target.read_bytes() if target.exists() else None
            half.replace(target)
    except OSError as error:
        left = [told for target, kept in before.items() if (told := put_back(target, kept))]
        told = f"{error.filename or root.name}: cannot be written ({error.strerror})"
        raise DataError("\n".join([told, *left]) if left else f"{told}; nothing was") from None
    finally:
        for half in made:
            with suppress(OSError):
                half.unlink(missing_ok=True)
