"""The fence: a chapter reads what it declares, imports by name, writes in temporary folders, asks no other machine."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import pytest

from press.errors import ChapterError
from press.execute import run_all
from press.fence import Fence, surroundings
from press.jobs import Job
from press.notebooks import find_chapter

HOME = Path.home()


@pytest.fixture
def fence(tmp_path: Path) -> Fence:
    """The fence of a book whose chapter reads one table."""
    return Fence(str(tmp_path), [str(tmp_path / "data/hens.csv"), str(tmp_path / "src/hens/__init__.py")])


def opens(fence: Fence, path: str | Path, flags: int = os.O_RDONLY) -> None:
    fence.audit("open", (str(path), None, flags))


@pytest.mark.parametrize(
    "path",
    [
        "data/hens.csv",
        "src/hens/__init__.py",
        f"src/hens/__pycache__/__init__.{sys.implementation.cache_tag}.pyc",
        os.__file__,
        pytest.__file__,
        "/etc/hostname",
        "/dev/null",
    ],
)
def test_what_a_chapter_may_read(fence: Fence, tmp_path: Path, path: str) -> None:
    opens(fence, tmp_path / path)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("data/cocks.csv", r"reads data/cocks.csv, which Chapter\(..., tables=\[...\]\) does not declare"),
        ("data/../data/cocks.csv", "reads data/cocks.csv"),
        ("notes", "reads notes"),
        ("src/hens/eggs.json", "reads src/hens/eggs.json"),
        ("src/hens/secret.py", "imports secret in a way that the press does not see; expected an import, by its name"),
        (f"src/hens/__pycache__/secret.{sys.implementation.cache_tag}.pyc", "imports secret in a way"),
        (HOME / "eggs.xlsx", "reads .*eggs.xlsx"),
    ],
)
def test_what_a_chapter_may_not_read(fence: Fence, tmp_path: Path, path: str | Path, told: str) -> None:
    with pytest.raises(ChapterError, match=told):
        opens(fence, tmp_path / path)


def test_a_link_leads_where_it_leads(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cocks.csv").touch()
    (tmp_path / "data/hens.csv").symlink_to("cocks.csv")
    with pytest.raises(ChapterError, match=r"reads data/cocks.csv"):
        opens(fence, tmp_path / "data/hens.csv")


@pytest.mark.parametrize("flags", [os.O_WRONLY | os.O_CREAT, os.O_RDWR, os.O_APPEND, os.O_TRUNC])
def test_where_a_chapter_may_write(fence: Fence, tmp_path: Path, flags: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        opens(fence, Path(folder) / "scratch.csv", flags)
    with pytest.raises(ChapterError, match=r"writes data/hens.csv; a chapter may write in temporary folders alone"):
        opens(fence, tmp_path / "data/hens.csv", flags)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("os.remove", ("data/hens.csv", -1)),
        ("os.rename", ("/tmp/eggs.csv", "data/hens.csv", -1, -1)),
        ("os.truncate", ("data/hens.csv", 0)),
        ("os.symlink", ("/tmp/eggs.csv", "data/hens.csv", -1)),
    ],
)
def test_files_stay(
    fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str, arguments: tuple[Any, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ChapterError, match=r"writes data/hens.csv"):
        fence.audit(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments", "told"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443)), "connects to 192.0.2.1, port 443"),
        ("socket.sendto", (None, ("2001:db8::1", 53, 0, 0)), "connects to 2001:db8::1, port 53"),
        ("socket.getaddrinfo", ("example.org", 443, 0, 0, 0), "asks for the address of example.org"),
        ("socket.getaddrinfo", (b"example.org", 443, 0, 0, 0), "asks for the address of"),
    ],
)
def test_no_other_machine(fence: Fence, event: str, arguments: tuple[Any, ...], told: str) -> None:
    with pytest.raises(ChapterError, match=told):
        fence.audit(event, arguments)


def test_this_machine_may_be_asked(fence: Fence) -> None:
    fence.audit("socket.connect", (None, ("127.0.0.1", 80)))
    fence.audit("socket.connect", (None, "/run/socket"))
    fence.audit("socket.getaddrinfo", ("localhost", 80, 0, 0, 0))
    fence.audit("socket.getaddrinfo", (None, 80, 0, 0, 0))


def test_a_kernel_sees_no_setting_of_the_person() -> None:
    given = {"PATH": "/bin", "EGGS": "18", "PYTHONSTARTUP": "x.py", "TZ": "Asia/Tokyo", "LANG": "de_DE", "PRESS_X": "1"}
    seen = surroundings(given, "/empty")
    assert seen == {
        **{"PATH": "/bin", "PRESS_X": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"},
        **{"IPYTHONDIR": "/empty", "JUPYTER_CONFIG_DIR": "/empty", "JUPYTER_DATA_DIR": "/empty"},
    }


RUNNING = {
    "open('../data/secret.csv').read()": "reads data/secret.csv",
    "import pandas\npandas.read_csv('../data/secret.csv')": "reads data/secret.csv",
    "__import__('yard' + '.secret')": "imports (yard|secret) in a way that the press does not see",
    "import sys\nopen([p for p in sys.path if p.endswith('modules')][0] + '/pen/eggs.json')": "reads .*eggs.json",
    "open('../data/hens.csv', 'a')": "writes data/hens.csv",
    "import urllib.request\nurllib.request.urlopen('http://example.org')": "asks for the address of example.org",
    "x = bytearray(6_000_000_000)": "MemoryError",
    "import os, time\nassert not os.environ.get('EGGS') and time.tzname[0] == 'UTC'\n1 / 0": "ZeroDivisionError",
}


def test_in_a_running_chapter(
    tiny: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    modules = elsewhere / "modules"
    for name in ("yard", "pen"):
        (modules / name).mkdir(parents=True)
        (modules / name / "__init__.py").touch()
    (modules / "yard/secret.py").write_text("eggs = 18\n", "utf-8")
    (modules / "pen/eggs.json").write_text("18", "utf-8")
    (tiny / "data/secret.csv").write_text("id\n1\n", "utf-8")
    startup = elsewhere / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "a.py").write_text("1 / 0", "utf-8")
    for name, value in {"PYTHONPATH": str(modules), "EGGS": "18", "TZ": "Asia/Tokyo"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", str(elsewhere / "ipython"))
    cells = "".join(
        "```{code-cell} python\ntry:\n"
        + textwrap.indent(code, "    ")
        + "\nexcept Exception as error:\n    print(type(error).__name__, error)\n```\n\n"
        for code in RUNNING
    )
    with (tiny / "notebooks/01_hens.md").open("a", encoding="utf-8") as file:
        file.write(f"\n{cells}")
    (output,) = run_all([Job(find_chapter(tiny, "hens"), tiny / "_build/out.ipynb", {})])
    text = output.read_text("utf-8")

    said = [
        "".join(output["text"]).strip()
        for cell in json.loads(text)["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]
    assert len(said) == len(RUNNING), said
    for line, told in zip(said, RUNNING.values(), strict=True):
        assert re.search(told, line), line


def test_that_a_kernel_was_ended_is_not_told(tiny: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run ends with an interrupt; whether the kernel still says so hangs on the clock."""
    with (tiny / "notebooks/01_hens.md").open("a", encoding="utf-8") as file:
        file.write(
            "\n```{code-cell} python\nfrom ipykernel.kernelapp import IPKernelApp\nlog = IPKernelApp.instance().log\n"
            "log.error('KeyboardInterrupt caught in kernel.')\nlog.error('what else goes wrong')\n```\n"
        )
    run_all([Job(find_chapter(tiny, "hens"), tiny / "_build/out.ipynb", {})])
    told = capfd.readouterr().err
    assert "what else goes wrong" in told
    assert "KeyboardInterrupt" not in told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("while True:\n    print('egg' * 1000)", "prints more than 2,000,000 characters; a chapter shows"),
        ("display({'text/plain': 'egg' * 20_000_000}, raw=True)", "its outputs take 60,.* bytes, expected at most"),
    ],
)
def test_a_chapter_that_shows_without_end(tiny: Path, code: str, told: str) -> None:
    with (tiny / "notebooks/01_hens.md").open("a", encoding="utf-8") as file:
        file.write(f"\n```{{code-cell}} python\n{code}\n```\n")
    with pytest.raises(ChapterError, match=rf"notebooks/01_hens.md.*{told}"):
        run_all([Job(find_chapter(tiny, "hens"), tiny / "_build/out.ipynb", {})])
