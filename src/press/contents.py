"""The files of a book before anything is made of them: links, sizes, texts, the table of contents, the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from press.errors import SiteError, kind_of, nearest
from press.keys import STAGED
from press.places import MOST_BYTES

TOC, CONFIG = "_toc.yml", "_config.yml"
_TEXTS = (".md", ".txt", ".bib", ".yml")
#: Folders of the book, and the files of its root that are read.
_READ = (*STAGED, "notebooks", "refresh.toml", "requirements.lock")


def require_files(root: Path) -> None:
    """Raise PressError, by the kind of the first of them, for files that no verb can work with, a line each."""
    faults = list(_file_faults(root))
    if faults:
        raise kind_of(faults[0])("\n".join(faults))


def _file_faults(root: Path) -> Iterator[str]:
    real = root.resolve()
    for path in _files(root):
        place = path.relative_to(root).as_posix()
        if path.is_symlink():
            try:
                target = path.resolve(strict=True)
            except FileNotFoundError:
                yield f"{place}: found a link to nothing, expected a file"
                continue
            except (OSError, RuntimeError):
                yield f"{place}: found a link that leads back to itself, expected a file"
                continue
            if not target.is_relative_to(real):
                yield f"{place}: found a link that leads out of the book, expected a file"
                continue
            if target.is_dir():
                continue  # what it holds stands elsewhere in the book
        size = path.stat().st_size
        if size > MOST_BYTES:
            yield f"{place}: found {size:,} bytes, expected at most {MOST_BYTES:,}"
        elif path.suffix in _TEXTS:
            yield from _text_faults(path, place)


def _text_faults(path: Path, place: str) -> Iterator[str]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        yield f"{place}, line {line}: found bytes that are not UTF-8, expected UTF-8"
        return
    if "\0" in text:
        yield f"{place}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}: found a NUL character, expected text"


def _files(root: Path) -> Iterator[Path]:
    """Yield files and links of the book; what a link to a folder holds is not looked at."""
    for name in _READ:
        place = root / name
        if place.is_symlink() or place.is_file():
            yield place
            continue
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(inner for inner in folders if inner != "__pycache__")
            links = [inner for inner in folders if Path(folder, inner).is_symlink()]
            yield from (Path(folder, found) for found in sorted([*names, *links]))


def settings(root: Path) -> dict[str, Any]:
    """Return what ``_config.yml`` sets; nothing if there is no such file. Raises SiteError if it is no such file."""
    if not (root / CONFIG).exists():
        return {}
    found = _yaml(root, CONFIG)
    if not isinstance(found, dict):
        raise SiteError(f"{CONFIG}: found {_kind(found)}, expected names with values")
    for keys, kind in ((("sphinx",), dict), (("sphinx", "config"), dict), (("execute",), dict)):
        inner = found
        for key in keys:
            inner = inner.get(key, {}) if isinstance(inner, dict) else {}
        if not isinstance(inner, kind):
            raise SiteError(f"{CONFIG}, {'.'.join(keys)}: found {_kind(inner)}, expected names with values")
    return found


def reading_minutes(root: Path) -> list[float]:
    """Return the least and the most minutes of reading of a chapter; empty if the settings have none."""
    found = settings(root).get("sphinx", {}).get("config", {}).get("press_reading_minutes") or []
    if not found:
        return []
    numbers = found if isinstance(found, list) else []
    if len(numbers) != 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise SiteError(f"{CONFIG}, press_reading_minutes: found {found!r}, expected least and most, as in [5, 11]")
    return list(numbers)


def require_pages(root: Path) -> None:
    """Raise SiteError for a table of contents or settings from which no site can be rendered, a line each."""
    faults = [*_config_faults(root), *_toc_faults(root)]
    if faults:
        raise SiteError("\n".join(faults))


def _config_faults(root: Path) -> Iterator[str]:
    if not (root / CONFIG).exists():
        yield f"{CONFIG}: there is no such file, expected the settings of the book"
        return
    try:
        found = settings(root)
        reading_minutes(root)
    except SiteError as error:
        yield str(error)
        return
    if not isinstance(found.get("title"), str) or not found["title"].strip():
        hint = nearest("title", found) if "title" not in found else ""
        yield f"{CONFIG}: found no title, expected title: and a text{hint if 'did you' in hint else ''}"
    extensions = found.get("sphinx", {}).get("extra_extensions")
    if not isinstance(extensions, list) or "press.sphinx_ext" not in extensions:
        yield f"{CONFIG}, sphinx.extra_extensions: found {_kind(extensions)}, expected a list with press.sphinx_ext"
    if found.get("execute", {}).get("execute_notebooks") not in ("off", False):
        yield f"{CONFIG}, execute.execute_notebooks: expected 'off': the press runs the chapters"
    for key in ("logo", "bibtex_bibfiles"):
        for name in [found.get(key)] if isinstance(found.get(key), str) else found.get(key) or []:
            if not isinstance(name, str) or (name and not (root / name).is_file()):
                yield f"{CONFIG}, {key}: found '{name}', expected a file of the book"


def _toc_faults(root: Path) -> Iterator[str]:
    if not (root / TOC).exists():
        yield f"{TOC}: there is no such file, expected the table of contents"
        return
    try:
        found = _yaml(root, TOC)
    except SiteError as error:
        yield str(error)
        return
    if not isinstance(found, dict):
        yield f"{TOC}: found {_kind(found)}, expected 'format', 'root' and 'chapters' or 'parts'"
        return
    if found.get("format") != "jb-book":
        yield f"{TOC}, format: found {_kind(found.get('format'))}, expected jb-book"
    if not isinstance(found.get("root"), str):
        yield f"{TOC}: found no root, expected root: and the first page"
    seen: set[str] = set()
    try:
        for page in _pages(found):
            if not isinstance(page, str) or not _is_page(root, page):
                yield f"{TOC}: found '{page}', expected a page of the book{nearest(str(page), _known(root))}"
            elif page in seen:
                yield f"{TOC}: found '{page}' a second time, expected each page once"
            else:
                seen.add(page)
    except RecursionError:
        yield f"{TOC}: found a list that holds itself, expected lists of pages"


def _pages(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        for key, value in found.items():
            if key in ("file", "root"):
                yield value
            elif key in ("parts", "chapters", "sections", "subtrees", "entries"):
                yield from _pages(value)
    elif isinstance(found, list):
        for entry in found:
            yield from _pages(entry)


def _is_page(root: Path, page: str) -> bool:
    try:
        return any((root / f"{page}{suffix}").is_file() for suffix in ("", ".md", ".ipynb", ".rst") if page)
    except (ValueError, OSError):  # a NUL character, a name that is too long
        return False


def _known(root: Path) -> list[str]:
    found = (path for folder in ("book", "notebooks") for path in (root / folder).glob("*.md"))
    return [path.relative_to(root).with_suffix("").as_posix() for path in found]


def _yaml(root: Path, name: str) -> Any:
    try:
        return yaml.safe_load((root / name).read_text("utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SiteError(f"{name}, line {line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise SiteError(f"{name}: not YAML that can be read ({str(error).splitlines()[0]})") from None
    except OSError as error:
        raise SiteError(f"{name}: cannot be read ({error.strerror}), expected a file") from None


def _kind(found: Any) -> str:
    return "nothing" if found is None else f"'{found}'" if isinstance(found, str) else f"{found!r}"[:60]
