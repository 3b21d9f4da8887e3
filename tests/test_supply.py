"""What the book is built with: locked, licensed, listed, and built without asking anybody."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from press.cli import main
from press.errors import DataError
from press.supply import LICENCES, bill, licence_faults, locked, read_licences, write_licences

PIN = "click==8.3.1 \\\n    --hash=sha256:" + "a" * 64 + "\n"


@pytest.fixture
def supplied(tmp_path: Path) -> Path:
    """A root with a lock file of two packages, one of them for another machine."""
    (tmp_path / "book").mkdir()
    installed = re.search(r"(?m)^click==\S+", (ROOT / "requirements.lock").read_text("utf-8"))
    assert installed
    other = "farm-tools==1.0 ; sys_platform == 'barn' \\\n    --hash=sha256:" + "b" * 64 + "\n"
    (tmp_path / "requirements.lock").write_text(PIN.replace("click==8.3.1", installed[0]) + other, "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.press]\nlicences = ["BSD-3-Clause"]\n', "utf-8")
    return tmp_path


def test_every_package_of_the_book_has_a_licence_that_may_be_used() -> None:
    assert licence_faults(ROOT) == []
    assert len(read_licences(ROOT)) == len(locked(ROOT)) > 100


def test_licences_are_those_that_packages_state(supplied: Path) -> None:
    assert write_licences(supplied) == ["farm-tools"]
    (fault,) = licence_faults(supplied)
    assert fault.startswith(f"{LICENCES}, package farm-tools 1.0: found no licence, expected one")
    table = supplied / LICENCES
    table.write_text(
        table.read_text("utf-8").replace("farm-tools,1.0,,", "farm-tools,1.0,Hen Public License,"), "utf-8"
    )
    assert write_licences(supplied) == []  # what was found by hand stays
    (fault,) = licence_faults(supplied)
    assert "found the licence 'Hen Public License', expected one of [tool.press]" in fault
    table.write_text(table.read_text("utf-8") + "farm-tool,2.0,BSD-3-Clause,\n", "utf-8")
    assert any("found in no line of requirements.lock" in f and "'farm-tools'" in f for f in licence_faults(supplied))


def test_the_verb_names_what_may_not_be_used(supplied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (supplied / "data").mkdir()
    (supplied / "data/datapackage.json").write_text('{"resources": []}', "utf-8")
    monkeypatch.chdir(supplied)
    result = CliRunner().invoke(main, ["licences"])
    assert result.exit_code == 3 and "package farm-tools 1.0: found no licence" in result.output


@pytest.mark.parametrize(
    ("lock", "told"),
    [
        ("click>=8\n", "requirements.lock, line 1: found 'click>=8', expected a package as in 'name==1.0'"),
        (PIN + "-e .\n", "requirements.lock, line 3: found '-e .', expected a package"),
        ("click==8.3.1\n", "requirements.lock: found no hash for click, expected one for each file"),
        ("--hash=sha256:" + "a" * 64 + "\n", "requirements.lock, line 1: found '--hash"),
    ],
)
def test_a_faulty_lock_is_named(tmp_path: Path, lock: str, told: str) -> None:
    (tmp_path / "requirements.lock").write_text(lock, "utf-8")
    with pytest.raises(DataError, match=re.escape(told)):
        locked(tmp_path)


def test_the_bill_is_valid_and_the_same_always(supplied: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    write_licences(supplied)
    first = bill(supplied, "hens", "1")
    assert first == bill(supplied, "hens", "1")
    told = json.loads(first)
    assert {c["name"] for c in told["components"]} == {"click", "farm-tools"} and "timestamp" not in told["metadata"]
    assert told["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    lock = supplied / "requirements.lock"
    lock.write_text(lock.read_text("utf-8").replace("b" * 64, "c" * 64), "utf-8")
    assert json.loads(bill(supplied, "hens", "1"))["serialNumber"] != told["serialNumber"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(first.decode()) is None


def test_workflows_are_pinned_and_have_few_rights() -> None:
    folder = ROOT / ".github/workflows"
    for path in folder.glob("*.yml"):
        text = path.read_text("utf-8")
        assert re.findall(r"uses: (?!\S+@[0-9a-f]{40} # v)", text) == [], path.name
        assert (
            re.search(r"\npermissions:( \{\}|\n  contents: read)\n(?! )", text) and "pull_request_target" not in text
        ), path.name
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run([zizmor, "--offline", "--no-progress", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_built_with_no_registry_in_reach(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSES"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "wheels", "."]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **nowhere}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    names = subprocess.run([sys.executable, "-m", "zipfile", "-l", wheel], capture_output=True, text=True).stdout
    for name in ("press/theme/layout.html", "press/templates/figure.html", "press/static/press-live.js"):
        assert name in names
