"""Keys: every part that a result depends on changes its key, and nothing else does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from press import keys
from press.keys import differences, environment_parts, module_parts, own_files, site_parts
from press.notebooks import find_chapter
from press.package import Package
from press.results import chapter_parts


@pytest.fixture
def modules(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules of our own: ``yard`` imports ``coop.nests`` inside a function; nothing imports ``barn``."""
    folder = tmp_path_factory.mktemp("modules")
    files = {
        "yard/__init__.py": "",
        "yard/walk.py": "def far() -> int:\n    import coop.nests\n    return coop.nests.count\n",
        "yard/barn.py": "",
        "yard/map.json": "{}",
        "coop/__init__.py": "",
        "coop/nests.py": "from . import straw\ncount = 3\n",
        "coop/straw.py": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    keys._origin.cache_clear()
    yield folder
    keys._origin.cache_clear()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def parts(root: Path, **parameters: object) -> dict[str, str]:
    return chapter_parts(find_chapter(root, "hens"), parameters, Package(root))


MD, CSV = "notebooks/01_hens.md", "data/hens.csv"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (MD, "They laid", "Yes, they laid", []),
        (MD, "# The hens lay more", "# The hens lay most\n\nA new paragraph.", []),
        (MD, "import altair as alt", "import altair as alt  # charts", ["code cell 2 changed"]),
        (MD, ":tags: [parameters, hide-input]", ":tags: [parameters]", ["code cell 1 changed"]),
        (MD, '"2026-01-31"', '"2026-01-30"', ["code cell 1 changed"]),
        (CSV, "H002,2025,18", "H002,2025,19", ["data/hens.csv changed"]),
        ("data/sources.csv", "Hens counted", "Hens recounted", ["data/sources.csv changed"]),
        ("data/sources.csv", "gossip,", "unused,Nobody,Nothing,2025-01-01,,blog\ngossip,", []),
        ("data/claims.csv", "growth > 0", "growth > 1", ["data/claims.csv changed"]),
        ("data/claims.csv", "C1,", "C2,cocks,figure,They crow,x,x: x,x,hens\nC1,", []),
        ("book/index.md", "# Hens", "# All hens", []),
        ("_config.yml", "title: Hens", "title: Cocks", []),
        ("data/datapackage.json", '"minimum": 0', '"minimum": 1', ["data/hens.csv changed"]),
        ("data/datapackage.json", '"All claims."', '"Every claim."', []),
    ],
)
def test_what_a_chapter_depends_on(tiny_book: Path, file: str, old: str, new: str, told: list[str]) -> None:
    before = parts(tiny_book)
    whole = site_parts(tiny_book, {})
    edit(tiny_book / file, old, new)
    assert differences(before, parts(tiny_book)) == told
    assert differences(whole, site_parts(tiny_book, {})) == [f"{file} changed"]


def test_a_cell_that_comes_or_goes_is_named(tiny: Path) -> None:
    before = parts(tiny)
    with (tiny / MD).open("a", encoding="utf-8") as file:
        file.write("\n```{code-cell} python\n1 + 1\n```\n")
    after = parts(tiny)
    assert differences(before, after) == ["code cell 4 is new"]
    assert differences(after, before) == ["code cell 4 is gone"]


def test_parameters_are_parts_and_an_edition_depends_on_what_it_knows(tiny: Path) -> None:
    before = parts(tiny, as_of="2025-01-31")
    assert differences(before, parts(tiny, as_of="2025-02-28")) == ["parameter as_of changed"]
    edit(tiny / CSV, "H002,2025,18", "H002,2025,19")  # known from the end of that year
    assert parts(tiny, as_of="2025-01-31") == before
    edit(tiny / CSV, "H001,2024,12", "H001,2024,13")
    assert differences(before, parts(tiny, as_of="2025-01-31")) == ["data/hens.csv changed"]


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import yard.walk", True),
        ("from yard import walk", True),
        ("from yard.walk import far", True),
        ("def late():\n    import yard.walk", True),
        ("import importlib\nimportlib.import_module('yard.walk')", True),
        ("%matplotlib inline\nimport yard.walk", True),
        ("import yard", False),
        ("import pandas, json", False),
    ],
)
def test_the_modules_that_code_imports(modules: Path, code: str, imported: bool) -> None:
    of_walk = {"module yard.walk", "module coop", "module coop.nests", "module coop.straw"}
    found = module_parts([code]).keys()
    assert (of_walk <= found) == imported and bool(of_walk & found) == imported
    assert ("yard/map.json" in found) == ("yard" in code)
    assert "module yard.barn" not in found and not any("pandas" in name for name in found)


def test_an_unused_module_is_no_part_and_a_used_one_counts_to_the_letter(modules: Path, tiny: Path) -> None:
    edit(tiny / MD, "import altair as alt", "import altair as alt\nimport yard.walk")
    before = parts(tiny)
    (modules / "yard/barn.py").write_text("# a comment\n", "utf-8")
    assert parts(tiny) == before
    (modules / "yard/map.json").write_text("[]", "utf-8")
    assert differences(before, parts(tiny)) == ["yard/map.json changed"]
    before = parts(tiny)
    # A comment moves lines, and warnings tell lines: it counts where the module is imported, at any distance.
    (modules / "coop/straw.py").write_text("# a comment\n", "utf-8")
    assert differences(before, parts(tiny)) == ["module coop.straw changed"]


def test_the_site_depends_on_packages_that_packages_import(modules: Path, tiny_book: Path) -> None:
    edit(tiny_book / MD, "import altair as alt", "import altair as alt\nimport json, yard.walk")
    before = site_parts(tiny_book, {})
    (modules / "coop/straw.py").write_text("# a comment\n", "utf-8")
    assert differences(before, site_parts(tiny_book, {})) == ["src/coop/straw.py changed"]


def test_what_runs_chapters_and_draws_figures_is_a_part(tiny: Path) -> None:
    found = own_files(["from press import Chapter"]).keys()
    runs = {f"module press.{name}" for name in ("chapter", "figures", "execute", "fence", "notebooks", "package")}
    assert runs <= found
    assert any(name.startswith("press/fonts/") for name in found)
    assert not any("sphinx_ext" in name or "static" in name or "cli" in name for name in found)


def test_lock_file_python_and_what_is_installed_are_parts(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = tiny / "requirements.lock"
    monkeypatch.setattr(keys, "_installed", lambda: {"hens-kit": "1.0", "other": "2"})
    lock.write_text("hens_kit==1.0 ; python_version < '3.12' \\\n    --hash=sha256:00\n", "utf-8")
    before = environment_parts(tiny)
    monkeypatch.setattr(keys, "_installed", lambda: {"hens-kit": "1.0", "other": "3"})
    assert environment_parts(tiny) == before  # not in the lock file
    monkeypatch.setattr(keys, "_installed", lambda: {"hens-kit": "1.1"})
    assert differences(before, environment_parts(tiny)) == ["installed hens-kit is new"]
    monkeypatch.setattr(keys, "_installed", lambda: {"hens-kit": "1.0"})
    lock.write_text("hens_kit==1.0\n", "utf-8")
    assert differences(before, environment_parts(tiny)) == ["requirements.lock changed"]

    monkeypatch.setattr(keys.platform, "python_version", lambda: "3.99.0")
    assert "Python changed" in differences(before, environment_parts(tiny))


def test_the_installed_packages_are_found() -> None:
    installed = keys._installed()
    assert installed["pandas"].startswith("3.") and "vl-convert-python" in installed


def test_the_address_of_the_site_is_a_part_of_it(tiny_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)
    before = site_parts(tiny_book, {})
    monkeypatch.setenv("SITE_URL", "https://example.org")
    assert differences(before, site_parts(tiny_book, {})) == ["environment variable SITE_URL changed"]
    assert site_parts(tiny_book, {"as_of": "2025-01-31"}).keys() - before.keys() == {"parameter as_of"}


def test_a_copy_elsewhere_has_the_same_keys(tiny_book: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "book"
    shutil.copytree(tiny_book, copy)
    assert parts(copy) == parts(tiny_book) and site_parts(copy, {}) == site_parts(tiny_book, {})
    assert str(tiny_book) not in json.dumps(parts(tiny_book))
