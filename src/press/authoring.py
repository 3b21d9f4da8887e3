"""Make a new chapter, and take one away: the pair, its line in the table of contents, its claims, its results."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import string
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import yaml

from press.checks import CARD, FACT
from press.editions import results_path
from press.errors import ChapterError, DataError
from press.notebooks import ChapterFile, chapter_call, chapters, find_chapter
from press.package import Package
from press.periods import bounds
from press.places import DESCRIPTOR, below
from press.prose import EXCEPTIONS, bare_numbers, load_exceptions
from press.validate import validate
from press.whole import put_back, write_whole

TOC, CLAIMS = "_toc.yml", "claims"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: What a table must have for a first figure.
_FIELDS = {"id", "period", "value", "unit", "source_id"}
#: What tells of a row rather than of the series that it belongs to.
_OF_ROWS = _FIELDS | {"qualifier", "status", "locator", "note", "known_from", "known_basis", "granularity"}
_MOST_ROWS = 8
#: Runs a chapter and keeps its results; raises PressError.
Accept = Callable[[ChapterFile], None]


@contextlib.contextmanager
def undone_on_failure(paths: Iterable[Path]) -> Iterator[None]:
    """Put files back as they were (or away, if there were none) when what is done meanwhile fails."""
    before = {path: path.read_bytes() if path.exists() else None for path in paths}
    try:
        yield
    except BaseException as error:
        left = [told for path, content in before.items() if (told := put_back(path, content))]
        if left:
            raise ChapterError("\n".join([str(error), *left])) from error
        raise


def new_chapter(root: Path, name: str, title: str, accept: Accept) -> ChapterFile:
    """Make a chapter that runs: the pair, its entry in ``_toc.yml``, a claim, a figure; ``accept`` runs it.

    Raises PressError if the name does not do, no table can be drawn, or the chapter does not run; then nothing is
    left behind.
    """
    if not _NAME.fullmatch(name):
        raise ChapterError(f"found the name '{name}', expected small letters, digits and _, a letter first")
    known = chapters(root)
    if name in {chapter.stem.partition("_")[2] for chapter in known}:
        raise ChapterError(f"there is a chapter '{name}' already")
    title = title or f"A draft: {name.replace('_', ' ')}"
    for _, digits in bare_numbers(title, load_exceptions(root)):
        raise ChapterError(f"title: found the bare number {digits}, expected words, or its phrase in {EXCEPTIONS}")
    number = max([int(chapter.stem[:2]) for chapter in known if chapter.stem[:2].isdigit()], default=0) + 1
    chapter, package = ChapterFile(root, f"{number:02}_{name}"), Package(root)
    with undone_on_failure(_touched(chapter, package)):
        series = _series(package)
        claim = ""
        if CLAIMS in package.resources:
            claim = _add_claim(package, name, series)
            _list_chapters(package, lambda listed: [*listed, name])
        chapter.md.parent.mkdir(exist_ok=True)
        context = {**series, "name": name, "title": title, "claim": claim, "as_of": _last_day(package)}
        write_whole(chapter.md, _template().render(context))
        toc = root / TOC
        write_whole(toc, _with_entry(toc.read_text("utf-8"), chapter, name.replace("_", " ").capitalize()))
        problems = validate(root)
        if problems:
            raise DataError("\n".join(problems))
        accept(chapter)
    return chapter


def remove_chapter(root: Path, name: str) -> ChapterFile:
    """Take a chapter away. Raises ChapterError if other pages use what it states, or the updates tell of it."""
    chapter, package = find_chapter(root, name), Package(root)
    called = chapter_call(chapter)[0]
    users = list(_users(chapter, called, package))
    if users:
        raise ChapterError(f"{chapter.place} is used elsewhere; expected nothing that names it:\n" + "\n".join(users))
    with undone_on_failure(_touched(chapter, package)):
        toc = root / TOC
        write_whole(toc, _without_entry(toc.read_text("utf-8"), chapter))
        if CLAIMS in package.resources:
            path = _path(package, CLAIMS)
            rows = [row for row in _raw_rows(path) if row["chapter"] != called]
            _write_rows(path, rows, _header(path))
            _list_chapters(package, lambda listed: [other for other in listed if other != called])
        for path in _results(package):
            kept = {key: value for key, value in json.loads(path.read_text("utf-8")).items() if key != called}
            write_whole(path, json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        chapter.md.unlink()
        chapter.ipynb.unlink(missing_ok=True)
    return chapter


def _touched(chapter: ChapterFile, package: Package) -> list[Path]:
    claims = [_path(package, CLAIMS)] if CLAIMS in package.resources else []
    root = chapter.root
    return [chapter.md, chapter.ipynb, root / TOC, root / DESCRIPTOR, *claims, *_results(package)]


def _results(package: Package) -> list[Path]:
    """Return the accepted results of earlier editions that are there."""
    editions = package.rows("editions") if "editions" in package.resources else []
    return [path for row in editions if (path := results_path(package.root, row["id"])).is_file()]


def _path(package: Package, table: str) -> Path:
    return package.root / "data" / str(package.resource(table)["path"])


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("press"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML
    )
    return environment.get_template("chapter.md")


def _last_day(package: Package) -> str:
    """Return the day of the latest edition, or the last one on which a row became known."""
    if "editions" in package.resources:
        return max(row["as_of"] for row in package.rows("editions"))
    days = (row.get("known_from", "") for name in package.resources for row in package.rows(name))
    return max(filter(None, days), default="9999-12-31")


def _series(package: Package) -> dict[str, str]:
    """Return table, row ids, unit and words of the first series that can be drawn for every edition.

    A series is what rows of one unit have in common, a row a period. Raises DataError if no table has one.
    """
    editions = package.rows("editions") if "editions" in package.resources else []
    first_day = min((row["as_of"] for row in editions), default="9999-12-31")
    for name, resource in package.resources.items():
        fields = [field["name"] for field in resource["schema"]["fields"]]
        if not set(fields) >= _FIELDS:
            continue
        series: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        names = [field for field in fields if field not in _OF_ROWS]
        for row in package.rows(name):
            if row["value"] and row["period"] and row["unit"] and row.get("known_from", "") <= first_day:
                series[(row["unit"], *(row[field] for field in names))].setdefault(row["period"], row["id"])
        if series:
            longest = max(series, key=lambda key: len(series[key]))
            periods = sorted(series[longest], key=bounds)[-_MOST_ROWS:]
            words = ", ".join([str(resource.get("title", name)), *filter(None, longest[1:]), longest[0]])
            return {
                "table": name,
                "ids": json.dumps([series[longest][period] for period in periods]),
                "unit": longest[0],
                "subtitle": words.replace('"', "'").replace("\\", ""),
            }
    raise DataError(f"found no table to draw, expected one with the fields {', '.join(sorted(_FIELDS))} and a row")


def _add_claim(package: Package, name: str, series: dict[str, str]) -> str:
    """Add a claim whose rule runs and takes no side; return its id, which nothing else in the package has."""
    fields = {field["name"]: field for field in package.resource(CLAIMS)["schema"]["fields"]}
    taken = {row.get("id", "") for table in package.resources for row in package.rows(table)}
    letters = sorted(string.ascii_uppercase, key=lambda letter: letter != name[0].upper())
    used = {claim[:1] for claim in taken if re.fullmatch(r"[A-Z]\d+", claim)}
    free = [f"{letter}1" for letter in letters if letter not in used]
    free += [f"{letter}{number}" for number in range(2, 100) for letter in letters]
    claim = next(claim for claim in free if claim not in taken)
    kinds = fields["kind"].get("constraints", {}).get("enum", ["figure"])
    row = {
        "id": claim,
        "chapter": name,
        "kind": "figure" if "figure" in kinds else kinds[0],
        "claim": "A draft: what the commentary claims, in our words",
        "reading": "A draft: how the claim is read so that data can test it.",
        "measures": f"highest: {series['unit']}",
        "rule": "contradicted if highest < 0; open otherwise",
        "tables": series["table"],
    }
    path = _path(package, CLAIMS)
    header = _header(path)
    _write_rows(path, [*_raw_rows(path), {field: row.get(field, "") for field in header}], header)
    return claim


def _list_chapters(package: Package, change: Callable[[list[str]], list[str]]) -> None:
    """Change the list of chapters that the descriptor allows in a claim, where it has one; its layout stays."""
    path = package.root / DESCRIPTOR
    text = path.read_text("utf-8")
    descriptor = json.loads(text)
    layouts: list[dict[str, Any]] = [
        {"indent": indent, "ensure_ascii": plain} for indent in (None, 1, 2, 4) for plain in (True, False)
    ]
    end = "\n" if text.endswith("\n") else ""
    layout = next((found for found in layouts if json.dumps(descriptor, **found) + end == text), layouts[3])
    claims = next(found for found in descriptor["resources"] if found["name"] == CLAIMS)
    for field in claims["schema"]["fields"]:
        limits = field.get("constraints", {})
        if field["name"] == "chapter" and "enum" in limits:
            limits["enum"] = change(limits["enum"])
            write_whole(path, json.dumps(descriptor, **layout) + end)


def _raw_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows as the file has them: corrections are applied to what is read, never written back."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def _write_rows(path: Path, rows: Iterable[dict[str, str]], header: list[str]) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, header, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_whole(path, text.getvalue())


def _with_entry(toc: str, chapter: ChapterFile, title: str) -> str:
    """Put a chapter behind the last one of ``_toc.yml``, leaving every other line as it is."""
    lines = toc.splitlines()
    entries = [number for number, line in enumerate(lines) if re.match(r"\s*- file: *['\"]?notebooks/", line)]
    lists = [number for number, line in enumerate(lines) if re.match(r"\s*(- )?(chapters|sections): *$", line)]
    if entries:
        place = _end(lines, entries[-1])
        indent = re.match(r"\s*", lines[entries[-1]])[0]  # type: ignore[index]
    elif lists:
        place = lists[0] + 1
        indent = " " * (len(re.match(r"[\s-]*", lines[lists[0]])[0]) + 2)  # type: ignore[index]
    else:
        raise ChapterError(f"{TOC}: found no list 'chapters', expected one that takes 'notebooks/{chapter.stem}'")
    entry = [f"{indent}- file: notebooks/{chapter.stem}", f"{indent}  title: {title}"]
    fresh = "\n".join([*lines[:place], *entry, *lines[place:]]) + "\n"
    if f"notebooks/{chapter.stem}" not in _files(yaml.safe_load(fresh)):
        raise ChapterError(f"{TOC}: found no place for 'notebooks/{chapter.stem}', expected a list of 'file' entries")
    return fresh


def _without_entry(toc: str, chapter: ChapterFile) -> str:
    lines = toc.splitlines()
    wanted = re.compile(rf"\s*- file: *['\"]?notebooks/{re.escape(chapter.stem)}['\"]?\s*(#.*)?$")
    for number, line in enumerate(lines):
        if wanted.match(line):
            left = "\n".join([*lines[:number], *lines[_end(lines, number) :]]) + "\n"
            if "None" in repr(yaml.safe_load(left)):
                raise ChapterError(f"{TOC}: found {chapter.place} alone in its list, expected a page that stays")
            return left
    return toc


def _end(lines: list[str], entry: int) -> int:
    """Return the index behind an entry: its further lines stand deeper than its dash."""
    dash = lines[entry].index("-")
    end = entry + 1
    while end < len(lines) and lines[end][: dash + 1].isspace():
        end += 1
    return end


def _files(toc: object) -> list[str]:
    if isinstance(toc, dict):
        return [str(toc.get("file", ""))] + [file for value in toc.values() for file in _files(value)]
    return [file for value in toc for file in _files(value)] if isinstance(toc, list) else []


def _users(chapter: ChapterFile, name: str, package: Package) -> Iterator[str]:
    """Yield where other pages use a chapter's facts, figures or page, and updates that tell of it."""
    root = chapter.root
    used = re.compile(rf"\]\([^)]*\b{re.escape(chapter.stem)}\b|\{{doc\}}`[^`]*\b{re.escape(chapter.stem)}\b")
    for page in [*below(root / "book", ".md"), *(c.md for c in chapters(root) if c != chapter)]:
        text, place = page.read_text("utf-8"), page.relative_to(root).as_posix()
        found = [(m.start(), f"the fact '{m[1].strip()}'") for m in FACT.finditer(text) if m[1].startswith(f"{name}.")]
        found += [(m.start(), f"the card of '{name}'") for m in CARD.finditer(text) if m[2] == name]
        found += [(m.start(), "a link to its page") for m in used.finditer(text)]
        for start, what in sorted(found):
            yield f"{place}, line {text.count(chr(10), 0, start) + 1}: {what}"
    for row, update in enumerate(package.rows("updates") if "updates" in package.resources else (), 2):
        if update["chapter"] == name:
            yield f"data/{package.resource('updates')['path']}, row {row}: an update of the chapter"
