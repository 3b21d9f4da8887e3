"""The hooks before a commit: what is committed passes, and each of them finds the fault that is its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def copy_repository(target: Path) -> Path:
    """Copy what is committed or would be, as a repository of its own with this environment as its .venv."""
    target.mkdir()
    for name in git(ROOT, "ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((ROOT / name).read_bytes())
    git(target, "init", "-q")
    (target / ".git/info/exclude").write_text("/.venv\n", "utf-8")
    (target / ".venv").symlink_to(sys.prefix)
    git(target, "add", "-A")
    return target


def results(folder: Path) -> dict[str, str]:
    """Run every hook over all files; return what each says by its name."""
    environment = {
        **os.environ,
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    command = [str(Path(sys.executable).with_name("pre-commit")), "run", "--all-files"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    found = dict(re.findall(r"^(\S.*?)\.{3,}(Passed|Failed|\(no files.*)$", done.stdout, flags=re.M))
    assert set(found) == {hook["name"] for hook in CONFIG["repos"][0]["hooks"]}, done.stdout + done.stderr
    return {name: f"{told}\n{done.stdout}" for name, told in found.items()}


def test_each_hook_finds_its_own_fault_and_nothing_else(tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "book")
    assert {told.partition("\n")[0] for told in results(folder).values()} == {"Passed"}
    for name, old, new in (
        (
            "notebooks/01_deal.md",
            "## What the commentary claims\n",
            "## What the commentary recieved\n",
        ),  # pair, spelling
        ("data/releases.csv", ",114,", ",many,"),
    ):
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    (folder / "src/thaw/fault.py").write_text("import os\nx = [1,2]\n", "utf-8")
    git(folder, "add", "-A")
    found = results(folder)
    assert {told.partition("\n")[0] for told in found.values()} == {"Failed"}
    told = next(iter(found.values()))
    for words in (
        "notebooks/01_deal.md, cell",
        "`os` imported but unused",
        "src/thaw/fault.py:2:1",
        "field value: found 'many', expected a number",
        "found 'recieved', expected received",
    ):
        assert words in told, told


def test_hooks_fetch_nothing() -> None:
    assert [repo["repo"] for repo in CONFIG["repos"]] == ["local"]
    for hook in CONFIG["repos"][0]["hooks"]:
        assert hook["language"] == "system" and hook["entry"].startswith(".venv/bin/")


def test_the_dev_container_and_binder_use_what_is_there() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert re.fullmatch(r"python:3\.\d+-\w+", container["image"])
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.M))
    words = container["postCreateCommand"].split()
    assert words[0] == "bash" and (ROOT / words[1]).is_file()
    assert words[2:4] == ["&&", "make"] and set(words[4:]) <= verbs
    binder = yaml.safe_load((ROOT / ".binder/environment.yml").read_text("utf-8"))
    assert binder["dependencies"] == ["python =3.12", "pip"]
    script = ROOT / ".binder/postBuild"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text("utf-8")
    assert "--require-hashes -r requirements.lock" in text and (ROOT / "requirements.lock").is_file()
    for program in ("press", "jupyter"):
        assert Path(sys.executable).with_name(program).is_file() and re.search(rf"^{program} ", text, flags=re.M)


@pytest.mark.parametrize("name", ["book/names.txt", "book/style.txt"])
def test_the_house_lists_say_what_is_right(name: str) -> None:
    """What a list holds to be right is not wrong by another line of it."""
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    wrong = {word.strip() for line in lines for word in line.partition("->")[0].split(",")}
    right = {line.partition("->")[2].strip() for line in lines}
    assert wrong and not wrong & right
