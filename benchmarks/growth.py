"""How time and memory grow with the number of chapters: 7, 30, 100 and 300, made from the real ones.

usage: python benchmarks/growth.py [COUNT …]     writes book/benchmarks/growth.txt and prints it, after each count

A copy of a chapter is a chapter of its own: it has another name, and the claims that it judges are rows of their own.
The model is not copied: it judges no claim, and each copy would be run for every scenario.
Timed are a clean build of one edition, and the same again with nothing changed; memory is the most that the processes
of the build held together.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import BIN, Memory, copy_book, seconds, write_results

COUNTS = (7, 30, 100, 300)
_CHAPTER = re.compile(r'(Chapter\(\s*")(\w+)(")')
_JUDGED = re.compile(r'(judge\(\s*")([A-Z]\d+)(")')


def multiply(book: Path, count: int) -> None:
    """Make the book one of ``count`` chapters."""
    originals = [path for path in sorted((book / "notebooks").glob("*.md")) if _JUDGED.search(path.read_text("utf-8"))]
    claims = book / "data/claims.csv"
    rows = list(csv.DictReader(claims.open(encoding="utf-8", newline="")))
    fresh, entries = [], []
    for number in range(len(originals), count):
        original, again = originals[number % len(originals)], f"k{number // len(originals)}"
        text = original.read_text("utf-8")
        found = _CHAPTER.search(text)
        assert found, original.name
        text = _CHAPTER.sub(rf"\g<1>\g<2>{again}\g<3>", text)
        text = _JUDGED.sub(rf"\g<1>\g<2>{again}\g<3>", text)
        stem = f"{number + 1:03}_{found[2]}_{again}"
        (book / f"notebooks/{stem}.md").write_text(text, "utf-8")
        entries.append(f"      - file: notebooks/{stem}\n")
        fresh += [
            {**row, "id": row["id"] + again, "chapter": row["chapter"] + again}
            for row in rows
            if row["chapter"] == found[2]
        ]
    with claims.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, *fresh])
    descriptor = book / "data/datapackage.json"  # which says how a claim's id looks, and names the chapters
    package = json.loads(descriptor.read_text("utf-8"))
    for resource in package["resources"]:
        for field in resource["schema"]["fields"] if resource["name"] == "claims" else ():
            for limit in ("pattern", "enum"):
                field.get("constraints", {}).pop(limit, None)
    descriptor.write_text(json.dumps(package), "utf-8")
    toc = book / "_toc.yml"
    part = "  - caption: The evidence\n"
    toc.write_text(toc.read_text("utf-8").replace(part, "".join(entries) + part), "utf-8")


def main(counts: tuple[int, ...]) -> None:
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            book = copy_book(Path(folder))
            multiply(book, count)
            day = re.findall(r"\d{4}-\d\d-\d\d", (book / "data/editions.csv").read_text("utf-8"))[-1]
            command = [str(BIN / "press"), "build", "--as-of", day]
            memory = Memory()
            memory.start()
            clean = seconds(command, book)
            memory.stop()
            begun = time.perf_counter()
            subprocess.run(command, cwd=book, check=True, capture_output=True)
            again = time.perf_counter() - begun
        rows.append(
            {
                "chapters": str(count),
                "clean (s)": f"{clean:,.1f}",
                "each (s)": f"{clean / count:.2f}",
                "MB": f"{memory.most / 1e6:,.0f}",
                "again (s)": f"{again:.2f}",
            }
        )
        # Hours go by: what is measured is written.
        write_results("growth", rows, "How a build grows with the number of chapters, one run each")


if __name__ == "__main__":
    main(tuple(int(count) for count in sys.argv[1:]) or COUNTS)
