"""What a result depends on, part by part: two results with the same parts are the same result."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import platform
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from press.places import below

LOCK = "requirements.lock"
#: What the site is rendered from, beside the executed chapters.
STAGED = ("_config.yml", "_toc.yml", "book", "data", "editions", "locales")
#: What may differ from one publisher to the next.
SITE_VARIABLES = ("SITE_URL",)
#: Folders of the press's own files that a running chapter reads.
_OF_CHAPTERS = ("fonts",)
_INSTALLED = ("site-packages", "dist-packages")
#: What runs chapters decides about their results too.
_RUNNER = "import press.execute"
_LIKE_IMPORT = re.compile(r"(?:^|;)[ \t]*(?:from[ \t]+(\w+)|import[ \t]+(\w[\w., \t]*))", flags=re.M)
_LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", flags=re.M)

#: What a result depends on, by name: "code cell 3", "data/hens.csv", "src module hens.style".
Parts = dict[str, str]


def digest(content: bytes | str) -> str:
    """Return the SHA-256 of a content."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def key_of(parts: Mapping[str, str]) -> str:
    """Return one key for all parts."""
    return digest(json.dumps(dict(sorted(parts.items()))))


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Name the parts that changed, came or went."""
    return [
        *(f"{name} changed" for name in sorted(before.keys() & now.keys()) if before[name] != now[name]),
        *(f"{name} is new" for name in sorted(now.keys() - before.keys())),
        *(f"{name} is gone" for name in sorted(before.keys() - now.keys())),
    ]


def site_parts(root: Path, parameters: Mapping[str, Any]) -> Parts:
    """Return what the published site depends on, file by file, without reading any of them as what it is."""
    files = [path for name in STAGED for path in _all_files(root / name)]
    chapters = sorted((root / "notebooks").glob("*.md"))
    parts = {path.relative_to(root).as_posix(): digest(path.read_bytes()) for path in [*files, *chapters]}
    for home in _own_packages(chapters):
        paths = _all_files(home.parent) if home.name == "__init__.py" else [home]
        above = home.parent.parent if home.name == "__init__.py" else home.parent
        parts |= {f"src/{path.relative_to(above).as_posix()}": digest(path.read_bytes()) for path in paths}
    parts |= {f"parameter {name}": digest(repr(value)) for name, value in parameters.items()}
    parts |= {f"environment variable {name}": digest(os.environ.get(name, "")) for name in SITE_VARIABLES}
    return parts | environment_parts(root)


def _own_packages(chapters: Iterable[Path]) -> list[Path]:
    """Return the press, and each package or module of our own that chapters name, or that these name in turn.

    Whatever looks like an import counts, wherever it stands: too much is rendered anew rather than too little.
    """
    found: dict[str, Path | None] = {}
    waiting, files = {"press"}, list(chapters)
    while waiting or files:
        for path in files:
            for names in _LIKE_IMPORT.findall(path.read_text("utf-8", "replace")):
                waiting |= {re.split(r"\W", name.strip())[0] for name in "".join(names).split(",")}
        files = []
        for top in waiting - found.keys():
            home = found[top] = _own_module(top)
            if home:
                files += home.parent.rglob("*.py") if home.name == "__init__.py" else [home]
        waiting = set()
    return [home for _, home in sorted(found.items()) if home]


def _all_files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return [path for path in below(place) if path.is_file() and "__pycache__" not in path.parts]


def environment_parts(root: Path) -> Parts:
    """Return what every result depends on: the lock file, what is installed in place of what it says, and Python."""
    lock, installed = root / LOCK, _installed()
    content = lock.read_text("utf-8") if lock.is_file() else json.dumps(installed, sort_keys=True)
    locked: dict[str, set[str]] = {}
    for name, version in _LOCKED.findall(content):
        locked.setdefault(_plain(name), set()).add(version)
    wrong = {name for name, versions in locked.items() if name in installed and installed[name] not in versions}
    return {
        LOCK: digest(content),
        "Python": digest(f"{platform.python_implementation()} {platform.python_version()}"),
        **{f"installed {name}": digest(installed[name]) for name in wrong},
    }


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> dict[str, str]:
    """Return the version of each distribution by its plain name, from the names of folders: reading them takes long."""
    found = {}
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(folder).glob("*.dist-info"):
            name, _, version = path.stem.partition("-")
            found[_plain(name)] = version
    return found


def module_parts(sources: Iterable[str]) -> Parts:
    """Return the modules of our own that code imports, directly or not, and the data files of their packages.

    A comment counts: warnings and tracebacks, which are results, tell the line that they come from.
    """
    return {name: digest(path.read_bytes()) for name, path in own_files(sources).items()}


def own_files(sources: Iterable[str]) -> dict[str, Path]:
    """Return the files behind ``module_parts``, and those of what runs chapters.

    A module is ours if it is the press's or is not installed among other people's. An import that names no module,
    as in ``import_module("a" + "b")``, is not seen; the fence refuses it when the chapter runs.
    """
    found: dict[str, Path] = {}
    waiting = [name for source in [_RUNNER, *sources] for name in _imports(_without_magics(source), "")]
    while waiting:
        name = waiting.pop()
        path = _own_module(name)
        if name in found or path is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += [name.rpartition(".")[0]] * ("." in name)
        waiting += _imports(path.read_text("utf-8"), package)
    files = {f"module {name}": path for name, path in found.items()}
    for name, path in found.items():
        if path.name == "__init__.py" and "." not in name:
            files |= {f"{name}/{file.relative_to(path.parent)}": file for file in _data_files(name, path.parent)}
    return files


def _data_files(package: str, folder: Path) -> Iterator[Path]:
    folders = [folder / name for name in _OF_CHAPTERS] if package == "press" else [folder]
    for place in folders:
        for path in sorted(place.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts:
                yield path


def _without_magics(source: str) -> str:
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())


@cache  # every chapter names the same modules, and each of its runs the same chapter
def _imports(source: str, package: str) -> tuple[str, ...]:
    """Return the names that code may import: ``from a import b`` may mean the module ``a.b``."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # running it says so, with its line
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            names += [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return tuple(names)


def _name(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))


def _own_module(name: str) -> Path | None:
    """Return the file of a module of our own, or None for other people's and for what is no module."""
    top = name.partition(".")[0]
    if not top or top in sys.stdlib_module_names:
        return None
    origin = _origin(top)
    if origin is None:
        return None
    stem = origin.parent.joinpath(*name.split(".")[1:])
    if name == top:
        return origin
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


@cache
def _origin(top: str) -> Path | None:
    """Return where a package or module of our own starts."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    if top != "press" and set(Path(spec.origin).parts) & set(_INSTALLED):
        return None
    return Path(spec.origin)
