"""Warm kernels give what cold ones give, keep nothing from one to the next, and end with whom they serve."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from click.testing import CliRunner

from conftest import write_tiny
from press import fence, warm
from press.cli import main
from press.errors import ChapterError
from press.execute import IpcEngine, run, run_all
from press.jobs import Job
from press.keys import own_files
from press.notebooks import find_chapter
from press.warm.server import load

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="forks no kernels here")

#: What a process is told or keeps about itself, as far as two kernels of one build must agree on it.
LOOK = """
import builtins, gc, locale, logging, os, random, resource, signal, socket, stat, sys, tempfile, threading, warnings
{
    "arguments": [a for a in sys.argv if not a.endswith(".json")],
    "path": sys.path,
    "flags": (sys.flags, sys.warnoptions, sys.executable, sys.orig_argv[:3], sys.getrecursionlimit(), __name__),
    "environment": {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"},
    "parent": os.environ["JPY_PARENT_PID"] == str(os.getppid()),
    "group": (os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()),
    "folder": (os.getcwd(), tempfile.gettempdir()),
    "files": sorted(os.readlink(f"/dev/fd/{n}") for n in os.listdir("/dev/fd")
                    if os.path.exists(f"/dev/fd/{n}") and stat.S_ISREG(os.stat(int(n)).st_mode)),
    "mask": signal.pthread_sigmask(signal.SIG_BLOCK, []),
    "handlers": [(s, getattr(signal.getsignal(s), "__name__", signal.getsignal(s))) for s in signal.valid_signals()],
    "logging": (logging.root.level, repr(logging.root.handlers), logging.root.manager.disable),
    "warnings": warnings.filters,
    "limits": [resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(0), os.umask(os.umask(0o22))],
    "locale": (locale.setlocale(locale.LC_ALL), sys.stdout.encoding, sys.__stdout__.line_buffering),
    "input": sys.__stdin__.read(),
    "names": sorted(name for name in vars(builtins) if "planted" in name),
    "threads": sorted(type(thread).__name__ for thread in threading.enumerate()),
    "garbage": (gc.isenabled(), gc.get_threshold()),
    "options": __import__("pandas").get_option("display.max_rows"),
}
"""
PLANT = """
import builtins, gc, locale, logging, os, random, resource, signal, socket, subprocess, sys, tempfile, threading, time
import warnings, numpy, pandas
random.seed(1); numpy.random.seed(1)
os.environ["PLANTED"] = "1"; os.environ["TMPDIR"] = "/"
os.chdir("/"); os.umask(0)
os.dup2(os.open(pandas.__file__, os.O_RDONLY), 77)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); signal.signal(signal.SIGUSR2, signal.SIG_IGN)
planted = socket.create_server(("127.0.0.1", 0))
logging.basicConfig(level=1); warnings.simplefilter("error"); pandas.set_option("display.max_rows", 3)
builtins.planted = sys.path.append("/planted"); tempfile.tempdir = "/"
sys.setrecursionlimit(2000); resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512)); os.nice(3)
gc.disable()
threading.Thread(target=time.sleep, args=(600,)).start()
left = subprocess.Popen(["sleep", "600"])
forked = os.fork()
if not forked:
    time.sleep(600)
print(left.pid, forked, planted.getsockname()[1])
"""
DRAW = "import random, numpy; print(random.random(), numpy.random.random(), hash('thaw'))"
#: Cells on which a fork may show: each is run in a cold and in a warm kernel.
AWKWARD = {
    "stderr": "import sys\nprint('to stderr', file=sys.stderr)",
    "interleaved": """
        for number in range(3):
            print("out", number, flush=True)
            print("err", number, file=sys.stderr, flush=True)""",
    "a warning": "import warnings\nwarnings.warn('careful')\nwarnings.warn('old', DeprecationWarning)",
    "a warning of a library": "import pandas as pd\npd.to_datetime(['1 May 2024', 'soon'], errors='coerce')",
    "clear_output": "from IPython.display import clear_output, display\nprint('goes')\nclear_output()\nprint('stays')",
    "a display that is updated": "handle = display('first', display_id='one')\nhandle.update('second')",
    "an update from a later cell": "handle.update('third')",
    "a table": "pd.DataFrame({'a': [1, 2.5], 'b': ['x', None]})",
    "a chart": "import altair as alt\nalt.Chart(pd.DataFrame({'a': [1]})).mark_bar().encode(x='a').to_dict()",
    "an exception": """
        def inner():
            return 1 / 0

        try:
            inner()
        except ZeroDivisionError as error:
            raise ValueError("x") from error""",
    "an exception of a library": "pd.DataFrame({'a': [1]})['b']",
    "a syntax error": "1 +",
    "a subprocess": "import subprocess\nprint(subprocess.run(['cat'], capture_output=True))\n!echo shell; echo err >&2",
    "await": "import asyncio\nprint(await asyncio.gather(*(asyncio.sleep(0, n) for n in range(3))))",
    "a thread": """
        import threading
        thread = threading.Thread(target=lambda: print("from a thread", flush=True))
        thread.start()
        thread.join()""",
    "a fork": "import os\npid = os.fork()\nif not pid:\n    os._exit(3)\nprint(os.waitpid(pid, 0)[1])",
    "multiprocessing": """
        import math, multiprocessing
        for method in ("fork", "spawn"):
            with multiprocessing.get_context(method).Pool(1) as pool:
                print(pool.map(math.sqrt, [4, 9]))""",
    "sys.exit": "sys.exit(3)",
    "input": "input('name?')",
    "recursion": """
        def deep(n=0):
            global depth
            depth = n
            deep(n + 1)

        try:
            deep()
        except RecursionError as error:
            print(depth, error)""",
    "logging": "import logging\nlogging.warning('told')\nlogging.getLogger('a').error('told')",
    "a file that is not declared": "open('notes.csv')",
    "another machine": "import socket\nsocket.create_connection(('192.0.2.1', 80))",
    "reading what is declared": "print(pd.read_csv('data/hens.csv').shape)",
    "what it is told": LOOK,
}


@pytest.fixture(scope="module", autouse=True)
def served() -> Iterator[None]:
    with warm.kernels():
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("book"))


def execute(root: Path, cells: list[str], **environment: str) -> list[list[dict[str, Any]]]:
    """Run cells in one kernel in ``root``, as chapters are run; returns the outputs of each, without process ids."""
    tags = {"tags": ["raises-exception"]}
    code = [nbformat.v4.new_code_cell(textwrap.dedent(cell).strip(), metadata=tags) for cell in cells]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (fence.environment(root, ["data/hens.csv"], own_files([]).values()) | environment).items():
            patch.setenv(name, value)
        patch.chdir(root)
        notebook = nbformat.v4.new_notebook(cells=code, metadata={"papermill": {}})
        for cell in code:
            cell.metadata["papermill"] = {}
        ran = IpcEngine.execute_notebook(notebook, "python3", progress_bar=False)
    return [
        ast.literal_eval(re.sub(r"ipykernel_\d+", "ipykernel", repr([dict(o) for o in c.outputs]))) for c in ran.cells
    ]


def printed(root: Path, cell: str, **environment: str) -> list[str]:
    """Run one cell in a kernel of its own and return the words that it prints."""
    ((output,),) = execute(root, [cell], **environment)
    return str(output["text"]).split()


@pytest.fixture(scope="module")
def both(root: Path) -> dict[str, tuple[Any, Any]]:
    cells = list(AWKWARD.values())
    assert printed(root, "import sys; print('pandas' in sys.modules)") == ["True"]
    return dict(zip(AWKWARD, zip(execute(root, cells, PRESS_COLD="1"), execute(root, cells), strict=True), strict=True))


@pytest.mark.parametrize("case", AWKWARD)
def test_a_warm_kernel_gives_what_a_cold_one_gives(case: str, both: dict[str, tuple[Any, Any]]) -> None:
    cold, hot = both[case]
    assert hot == cold


def test_chapters_are_the_same_to_the_byte(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(name: str) -> list[bytes]:
        days = ["2025-12-31", "2026-01-31"]
        jobs = [Job(find_chapter(root, "hens"), root / f"_build/{name}-{day}.ipynb", {"as_of": day}) for day in days]
        return [path.read_bytes() for path in run_all(jobs)]

    hot = ran("warm")
    monkeypatch.setenv(warm.COLD_VARIABLE, "1")
    assert hot == ran("cold")


def test_nothing_is_left_for_the_next_kernel(root: Path) -> None:
    before = execute(root, [LOOK])
    left, forked, port = printed(root, PLANT)
    assert execute(root, [LOOK]) == before
    for pid in (left, forked):
        assert gone(int(pid))
    probe = f"import socket\nprint(socket.socket().connect_ex(('127.0.0.1', {port})))"
    assert printed(root, probe) != ["0"]


def test_kernels_draw_other_numbers_and_hash_alike(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = [printed(root, f"import random\nrandom.seed(1)\n{DRAW}"), printed(root, DRAW), printed(root, DRAW)]
    ours, numpys, hashes = zip(*draws, strict=True)
    assert len(set(ours)) == len(set(numpys)) == 3 and len(set(hashes)) == 1


def test_a_kernel_that_needs_another_interpreter_starts_cold(root: Path) -> None:
    cell = "import sys; print('pandas' in sys.modules, hash('thaw'))"
    told = printed(root, cell, PYTHONHASHSEED="7")
    fresh = subprocess.run(
        [sys.executable, "-c", "print(hash('thaw'))"], env=os.environ | {"PYTHONHASHSEED": "7"}, capture_output=True
    )
    assert told == ["False", fresh.stdout.decode().strip()]


def chapter_with(root: Path, code: str, **rest: Any) -> Job:
    path = root / "notebooks/02_other.md"
    text = (root / "notebooks/01_hens.md").read_text("utf-8")
    path.write_text(text.replace("laid = hens.fact", f"{code}\nlaid = hens.fact", 1), "utf-8")
    return Job(find_chapter(root, "other"), root / "_build/other.ipynb", {}, **rest)


@pytest.mark.parametrize(
    ("code", "limit", "told"),
    [
        ("import os, signal\nos.kill(0, signal.SIGKILL)", 60, "its kernel died"),
        ("while True:\n    pass", 1, "ended after its time limit of 1 s"),
    ],
)
def test_a_kernel_that_is_ended_is_named_and_the_next_one_runs(root: Path, code: str, limit: int, told: str) -> None:
    with pytest.raises(ChapterError, match=told):
        run(chapter_with(root, code, time_limit=limit))
    assert printed(root, "print('well')") == ["well"]


def gone(pid: int) -> bool:
    """Wait until a process has ended; an orphan may wait for its reaper."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or process.wait(20) is None
    except psutil.NoSuchProcess:
        return True


#: A build of its own: it serves kernels and has one that is busy.
BUILD = """
import os, psutil, signal, sys
from jupyter_client.manager import KernelManager
from press import warm

def start():
    manager = KernelManager(kernel_name=warm.KERNEL)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(60)
    return manager, client

def busy(client):
    asked = client.execute("print('busy', flush=True)\\nwhile True: pass")
    while client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
        pass
    return asked

with warm.kernels():
    manager, client = start()
    kernel = psutil.Process(manager.provisioner.pid)
    server = kernel.parent()
    assert server.ppid() == os.getpid()
    asked = busy(client)
    print(server.pid, kernel.pid, flush=True)
"""


def build(rest: str) -> list[str]:
    """Run a build in a process of its own; returns what it printed, word by word."""
    code = BUILD + textwrap.indent(textwrap.dedent(rest), "    ")
    done = subprocess.run(
        [sys.executable, "-c", code], env=warm.plain(dict(os.environ)), capture_output=True, text=True, timeout=300
    )
    assert "Traceback" not in done.stderr or "KeyboardInterrupt" in done.stderr, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "raise KeyboardInterrupt", "pass"])
def test_server_and_kernels_end_with_the_build(end: str) -> None:
    server, kernel = build(end)
    assert gone(int(server)) and gone(int(kernel))


def test_a_server_that_is_killed_takes_its_kernels_and_the_next_start_cold() -> None:
    words = build(
        """
        server.kill()
        kernel.wait(20)
        assert not manager.is_alive()
        manager, client = start()
        print(psutil.Process(manager.provisioner.pid).ppid() == os.getpid())
        manager.shutdown_kernel(now=True)
        """
    )
    assert words[2:] == ["True"]


def test_interrupts_arrive_and_ended_kernels_are_reaped() -> None:
    words = build(
        """
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != asked:
            pass
        print(reply["content"]["ename"], server.num_threads())
        client.execute("import os; os._exit(7)")
        print(manager.provisioner.process.wait(), server.children())
        """
    )
    assert words[2:] == ["KeyboardInterrupt", "1", "7", "[]"]


def test_what_a_reader_would_see_being_loaded_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, code in {
        "talks": "print('loaded')",
        "warns": "import warnings; warnings.warn('x')",
        "fails": "1 / 0",
    }.items():
        (tmp_path / f"{name}.py").write_text(code, "utf-8")
        assert load([name]) is None
    assert load(["json"]) is not None


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be outside of every context that serves kernels."""
    for name in (warm.VARIABLE, warm.COLD_VARIABLE, "JUPYTER_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "refuse",
    [
        lambda patch: patch.setenv(warm.COLD_VARIABLE, "1"),
        lambda patch: patch.delattr(os, "fork"),
        lambda patch: patch.setattr(sys, "platform", "darwin"),
    ],
)
def test_where_nothing_forks_the_kernel_is_known_and_cold(
    refuse: Callable[[pytest.MonkeyPatch], None], nowhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch)
    before = dict(os.environ)
    with warm.kernels():
        assert warm.known() and not warm.served()
    assert dict(os.environ) == before


def test_the_command_line_turns_it_off(tiny: Path, nowhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("press.cli.book.build", lambda *_: seen.append(os.environ.get(warm.COLD_VARIABLE)) or tiny)
    monkeypatch.chdir(tiny)
    for arguments in ([], ["--cold"]):
        monkeypatch.setenv(warm.COLD_VARIABLE, "")
        assert CliRunner().invoke(main, ["build", *arguments]).exit_code == 0
    assert seen == ["", "1"]
