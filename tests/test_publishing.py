"""Publishing in one step: whatever ends a build, the last good site stays whole and the next build is as good."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import building
from conftest import TABLE, write_tiny_book
from press import search
from press.manifest import MANIFEST, read_manifest, verify
from press.site import SITE
from press.store import Store

CHAPTER, CSV = "notebooks/01_hens.md", "data/hens.csv"
#: Moments at which this process changes a file, and moments of real builds chosen by how much stands in the folder.
MOMENTS, GROWTHS, SEED = 26, 4, 20261125

#: Processes that have loaded what a build needs, and are forked from one that has no threads.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["building"])


def start(root: Path) -> subprocess.Popen[str]:
    """Start ``press build`` as a process group of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PRESS_STORE"}
    return subprocess.Popen(
        [press(), "build"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # In the background of a shell the tests may be deaf to Ctrl-C, and so would be what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def stage(root: Path, mode: str, moment: int, pages: Path) -> tuple[int | None, str]:
    """Build with something happening at a moment (see ``building``); return the exit code and what was said."""
    said = root.parent / "said"
    process = FORKS.Process(target=building.main, args=(root, said, mode, moment, pages))
    process.start()
    process.join(timeout=300)
    return process.exitcode, said.read_text("utf-8")


def press() -> str:
    return str(Path(sys.executable).with_name("press"))


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out + err


def contents(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def edit_anew(root: Path, number: int, *, data: bool = False) -> None:
    """Change the prose of the chapter, or its table, so that the next build has something to do."""
    day = "abcdefghijklmnopqrstuvwxyz"[number % 26] * (number // 26 + 1)
    path, pattern, text = CHAPTER, r"(Day \w+\. )?They laid", f"Day {day}. They laid"
    if data:
        path, pattern, text = CSV, r"H002,2025,\d+", f"H002,2025,{18 + number}"
    text, count = re.subn(pattern, text, (root / path).read_text("utf-8"))
    assert count == 1
    (root / path).write_text(text, "utf-8")


def processes_of(root: Path) -> list[str]:
    """Return the command lines of processes that work for the book under ``root``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            working = str((folder / "cwd").readlink())
        except OSError:
            continue
        if int(folder.name) != os.getpid() and (working.startswith(str(root)) or str(root).encode() in told):
            found.append(told.split(b"\0")[0].decode())
    return found


def wait_until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Look again and again."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def unsound(root: Path) -> list[str]:
    """Return what is wrong with the store: entries that would be dropped when read."""
    said: list[str] = []
    store = Store(root / "_build/store", said.append)
    for path in store.folder.glob("*/*"):
        if not path.name.startswith("."):
            store.get(path.parent.name, path.name)
    return said


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book, built once."""
    root = tmp_path_factory.mktemp("published")
    write_tiny_book(root)
    code, output = finish(start(root))
    assert code == 0, output
    return root


@pytest.fixture
def book(published: Path, tmp_path: Path) -> Path:
    """A copy of the built book."""
    return shutil.copytree(published, tmp_path / "book", symlinks=True)


def pages_of(book: Path, target: Path) -> Path:
    """The pages of a site as Jupyter Book gives them, before they are published."""
    shutil.copytree((book / SITE).resolve(), target)
    (target / MANIFEST).unlink()
    shutil.rmtree(target / search.FOLDER)
    return target


def test_killed_at_any_moment(book: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    dice = random.Random(SEED)
    pages = pages_of(book, tmp_path / "pages")
    edit_anew(book, 0)
    code, output = stage(book, "count", 1, pages)
    assert code == 0 and "pages are staged" in output, output
    moments = int(re.findall(r"^(\d+) moments$", output, re.M)[0])
    # Every moment from the first change to the published folder on, and others at random.
    chosen = sorted({*range(moments - 11, moments + 1), *dice.sample(range(1, moments - 11), MOMENTS - 12)})
    log = [f"{'':4}{'killed at':78}{'site':8}{'store':8}processes"]

    def check(number: int, what: str, before: str) -> None:
        after = read_manifest(book / SITE)["inputs"]
        faults = [*verify(book / SITE), *unsound(book)]
        gone = wait_until(lambda: not processes_of(book), 20)
        served = "old" if after == before else "new"
        log.append(f"{number:<4}{what[-76:]:78}{served:8}sound   {'gone' if gone else 'LEFT'}")
        print(log[-1], flush=True)
        assert faults == [] and gone, (what, faults, processes_of(book))

    for number, moment in enumerate(chosen, 1):
        edit_anew(book, number)
        before = read_manifest(book / SITE)["inputs"]
        code, output = stage(book, "kill", moment, pages)
        assert code == -signal.SIGKILL, (moment, moments, output)
        check(number, re.sub(r"/\S*/book/", "", output.strip().splitlines()[-1] if output.strip() else "?"), before)

    # Real builds, with kernels and Jupyter Book running: killed when so and so many files stand in the build folder.
    for number in range(MOMENTS + 1, MOMENTS + GROWTHS + 1):
        edit_anew(book, number, data=number % 2 == 0)
        before, kept = read_manifest(book / SITE)["inputs"], files_in(book)
        goal = dice.randrange(1, 60)
        process = start(book)
        wait_until(grown(book, kept + goal, process), 120)
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        finish(process)
        check(number, f"{goal} new files in a build with kernels and Jupyter Book", before)

    code, output = finish(start(book))
    assert code == 0, output
    fresh = write_tiny_book_as(book, tmp_path / "fresh")
    code, output = finish(start(fresh))
    assert code == 0, output
    assert contents(book / SITE) == contents(fresh / SITE)
    request.node.add_report_section("call", TABLE, "\n".join(log))


def grown(book: Path, goal: int, process: subprocess.Popen[str]) -> Callable[[], bool]:
    return lambda: files_in(book) >= goal or process.poll() is not None


def files_in(book: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(book / "_build"))


def write_tiny_book_as(book: Path, target: Path) -> Path:
    """Copy what a book is made from, and nothing that was built."""
    return shutil.copytree(book, target, ignore=shutil.ignore_patterns("_build"))


def test_only_the_parent_is_killed(book: Path) -> None:
    """As the kernel does when memory runs out: workers, kernels and Jupyter Book end by themselves."""
    edit_anew(book, 1, data=True)
    process = start(book)
    assert wait_until(lambda: any("ipykernel" in command or "python" in command for command in kernels(book)))
    process.kill()
    finish(process)
    assert wait_until(lambda: not processes_of(book), 30), processes_of(book)
    assert verify(book / SITE) == [] and unsound(book) == []


def kernels(book: Path) -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cwd").readlink() == book / "notebooks":
                yield (folder / "cmdline").read_bytes().split(b"\0")[0].decode()
        except OSError:
            continue


def test_interrupted(book: Path) -> None:
    good = contents(book / SITE)
    chapter = (book / CHAPTER).read_text("utf-8")
    (book / CHAPTER).write_text(chapter.replace("import altair as alt", "import time\ntime.sleep(600)"), "utf-8")
    process = start(book)
    assert wait_until(lambda: bool(list(kernels(book))))
    os.killpg(process.pid, signal.SIGINT)
    code, output = finish(process)
    assert code == 130 and output.splitlines()[-1] == "press: interrupted; what was published before is as it was"
    assert "Traceback" not in output
    assert wait_until(lambda: not processes_of(book), 20), processes_of(book)
    assert contents(book / SITE) == good and not list((book / "_build").glob("press-*"))


@pytest.mark.parametrize("moment", [1, 5, 12, 25, 37])
def test_a_full_disk(book: Path, tmp_path: Path, moment: int) -> None:
    good = contents(book / SITE)
    pages = pages_of(book, tmp_path / "pages")
    edit_anew(book, 1)
    code, output = stage(book, "full", moment, pages)
    assert code == 5, output
    assert output.splitlines()[-1] == "press: the disk is full; what was published before is as it was"
    assert "Traceback" not in output
    assert contents(book / SITE) == good and unsound(book) == []


def can_mount() -> bool:
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not can_mount(), reason="this machine lets nobody mount a small disk; see test_a_full_disk")
@pytest.mark.parametrize("kilobytes", [100, 900])
def test_a_disk_that_is_really_full(tmp_path: Path, kilobytes: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    book = write_tiny_book(make(tmp_path / "book"))
    mount = f"mount -t tmpfs -o size={kilobytes}k tmpfs {disk} && cp -r {book} {disk}/book && cd {disk}/book"
    script = f"{mount} && {press()} build"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 5, done.stdout + done.stderr
    assert done.stderr.splitlines()[-1] == "press: the disk is full; what was published before is as it was"
    assert "Traceback" not in done.stderr


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder
