"""A pytest plugin: the suite under a file system that fails at random (``make faults``; see ``sitecustomize``).

Files fail while a test's body runs, for what the press does below pytest's temporary folder. What must hold then:

1. A site that is in place is whole: the old one, or the new one.
2. A store gives no wrong result: the next build, whose files do not fail, makes the site that a fresh one makes.
3. No file of an author's is lost, or half: it is as it was, or as the verb makes it.
4. The press ends with its own message, or with the system's; and where it says that all went well, all is as it would
   be had no file failed: each verb that met a fault is run again in a copy of its folder, where no file fails.

A test may fail: it then has to be the fault that is told. The end of the run lists the tests for which that is not so.
"""

from __future__ import annotations

import os
import random
import shutil
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import sitecustomize as disk
from click.testing import CliRunner

#: Verbs that are not run again: they ask others, or wait for somebody.
ONCE = {"lab", "preview", "refresh", "serve", "sources"}
#: What says that a file failed; the last: more faults were told than a test takes apart.
TOLD = (*(os.strerror(number) for number in disk.REASONS), "the disk is full", "too many values to unpack")
#: Tests that may fail without a word of the fault, and why that is right.
SILENT = {
    "test_the_places_in_messages": "a report leaves out the code of a file that cannot be read",
    "test_the_entries_unused_for_longest_go_first": "an entry whose use cannot be noted goes earlier",
}
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 130}
PASSED, CLEAR, BROKEN, UNTOUCHED, OWN = "passed", "failed, and told why", "broken", "met no fault", "failed by itself"


@dataclass
class Watch:
    """What is seen of one test."""

    node: str
    plan: disk.Plan
    said: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seen: int = 0

    def faults(self) -> list[str]:
        path = Path(self.plan.log)
        return path.read_text("utf-8").splitlines() if path.exists() else []


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--seed", type=int, default=1, help="what the faults hang on")
    group.addoption("--rate", type=float, default=0.1, help="the greatest chance of an operation to fail")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Faults(config), "press-faults")


class Faults:
    """One run."""

    def __init__(self, config: pytest.Config) -> None:
        self.seed, self.rate = config.getoption("seed"), config.getoption("rate")
        self.watch: Watch | None = None
        self.counts: Counter[str] = Counter()
        self.thrown: Counter[str] = Counter()
        self.broken: list[str] = []
        self._invoke = CliRunner.invoke
        CliRunner.invoke = self._wrap()  # type: ignore[method-assign]

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept = [item for item in items if isinstance(item, pytest.Function)]  # nbval's cells read no file that may fail
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        base = item.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        seed = f"{self.seed} {item.nodeid}"
        rate = self.rate * 10 ** random.Random(seed).uniform(-1.5, 0)  # some tests meet theirs at once, others late
        log = base / f"faults-{sum(self.counts.values())}.log"
        self.watch = Watch(item.nodeid, disk.Plan(seed, rate, str(base), str(log), os.getpid()))
        own = getattr(item, "funcargs", {}).get("tmp_path")
        before = unsound(own) if own else set()
        with disk.throw(self.watch.plan):
            try:
                yield
            finally:
                disk.stop()
                self.watch.broken += sorted(unsound(own) - before) if own else []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
        report = yield
        watch = self.watch
        if call.when == "call" and watch:
            self.watch = None
            faults = [line for line in watch.faults() if not line.startswith("UNCAUGHT")]
            watch.broken += [line for line in watch.faults() if line.startswith("UNCAUGHT")]
            self.thrown.update(line.split()[0] for line in faults)
            given = item.funcargs  # type: ignore[attr-defined]
            watch.said += [repr(list(g.queue) if isinstance(g, Queue) else g) for g in given.values()]
            kind = self._judge(watch, faults, call.excinfo)
            self.counts[kind] += 1
            if kind == BROKEN:
                self.broken.append(
                    "\n    ".join([item.nodeid, *watch.broken, *(f"fault: {line}" for line in faults[-8:])])
                )
                item.config.get_terminal_writer().line(f"\nbroken: {self.broken[-1]}", flush=True)
        return report

    def _judge(self, watch: Watch, faults: list[str], caught: Any) -> str:
        if caught and caught.errisinstance(pytest.skip.Exception):
            return "skipped"
        if not faults:
            return OWN if caught else UNTOUCHED
        if caught and not watch.broken:
            from press.errors import PressError

            error = caught.value
            said = "\n".join([*watch.said, str(caught.getrepr(showlocals=True, truncate_locals=False))])
            silent = any(name in watch.node for name in SILENT)
            if not isinstance(error, PressError | OSError) and not silent and not any(text in said for text in TOLD):
                watch.broken.append(f"nothing tells of the fault: {end_of(error)}")
            elif from_us(error) and not isinstance(error, PressError | OSError | AssertionError):
                watch.broken.append(f"ended with {type(error).__name__}: {end_of(error)}")
        return BROKEN if watch.broken else CLEAR if caught else PASSED

    def _wrap(self) -> Any:
        """Return ``CliRunner.invoke`` that looks at what the press says and leaves."""

        def invoke(runner: CliRunner, cli: Any, args: Any = None, *rest: Any, **named: Any) -> Any:
            watch, words = self.watch, list(args or ())
            if watch is None:
                return self._invoke(runner, cli, args, *rest, **named)
            plan, folder = watch.plan, Path.cwd()
            known = len(watch.faults())
            disk.stop()
            inside = str(folder).startswith(plan.folder) and not ONCE & {*words[:1]}
            twin, again = (
                Path(plan.folder) / f"{name}-{len(watch.said)}-{os.urandom(3).hex()}" for name in ("twin", "again")
            )
            if inside:
                shutil.copytree(folder, twin, symlinks=True)
            with disk.throw(plan._replace(seed=f"{plan.seed} {len(watch.said)}")):
                result = self._invoke(runner, cli, args, *rest, **named)
            watch.said.append(result.output)
            faults = watch.faults()[known:]
            disk.stop()
            if faults:
                watch.broken += wrong_end(words, result)
                if inside and not any(str(folder) in str(word) for word in words):

                    def run(place: Path) -> Any:
                        os.chdir(place)
                        try:
                            return self._invoke(runner, cli, args, *rest, **named)
                        finally:
                            os.chdir(folder)

                    watch.broken += compare(words, result, folder, twin, again, run)
            for copy in (twin, again):
                shutil.rmtree(copy, ignore_errors=True)
            context = disk.throw(plan._replace(seed=f"{plan.seed} {len(watch.said)} after"))
            context.__enter__()  # the test goes on; pytest_runtest_call ends it
            return result

        return invoke

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        say = terminalreporter.write_line
        terminalreporter.section(f"a file system that fails (seed {self.seed}, rate {self.rate})")
        say(f"{sum(self.counts.values())} tests, {sum(self.thrown.values())} faults: {told(self.thrown)}")
        say(told(self.counts))
        for text in self.broken:
            say(f"broken: {text}")

    def pytest_unconfigure(self) -> None:
        CliRunner.invoke = self._invoke  # type: ignore[method-assign]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if self.broken else pytest.ExitCode.OK


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common()) or "none"


def from_us(error: BaseException) -> bool:
    """Say whether an error comes from the press, or what it calls, rather than from the test."""
    return any(frame.filename.startswith(disk.OURS) for frame in traceback.extract_tb(error.__traceback__))


def end_of(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {' | '.join(lines[:6])[:600]} ({Path(frame.filename).name}, line {frame.lineno})"


def wrong_end(words: list[str], result: Any) -> list[str]:
    """Return what is wrong with how a verb ended."""
    verb, wrong = " ".join(map(str, words)), []
    if result.exception and not isinstance(result.exception, SystemExit):
        wrong.append(f"press {verb} raised {end_of(result.exception)}")
    if result.exit_code not in CODES:
        wrong.append(f"press {verb} ended with {result.exit_code}")
    if "Traceback (most recent call last)" in result.output:
        wrong.append(f"press {verb} shows a traceback: {result.output[-600:]}")
    if result.exit_code and not any(line.startswith(("press: ", "Error: ")) for line in result.output.splitlines()):
        wrong.append(f"press {verb} ended with {result.exit_code} and no message: {result.output[-600:]}")
    return wrong


def compare(words: list[str], result: Any, folder: Path, twin: Path, again: Path, run: Any) -> list[str]:
    """Return how a verb that ended well differs from one whose files do not fail; and so the build after this one."""
    builds = words[:1] == ["build"]
    before = files_of(twin)
    if builds:
        shutil.rmtree(twin / "_build", ignore_errors=True)
    right = run(twin)
    verb, wrong = " ".join(map(str, words)), []
    after, expected = files_of(folder), files_of(twin)
    spoilt = [
        name
        for name in sorted(before.keys() | after.keys())
        if not name.startswith("_build")
        and after.get(name) not in (before.get(name), expected.get(name))
        and f"{name}: could not be put back" not in result.output
    ]
    if spoilt:
        wrong.append(f"press {verb} spoilt {', '.join(spoilt[:8])}")
    if result.exit_code == 0 and right.exit_code:
        wrong.append(f"press {verb} ended well; expected: {right.output[-300:]}")
    if result.exit_code == 0 and (differ := differences(folder, twin)):
        wrong.append(f"press {verb} ended well and left other files than it should: {', '.join(differ[:8])}")
    if builds and right.exit_code == 0:
        shutil.copytree(folder, again, symlinks=True)
        next_one = run(again)
        differ = differences(again, twin)
        if next_one.exit_code or differ:
            wrong.append(f"the build after press {verb} differs: {', '.join(differ[:8])} {next_one.output[-300:]}")
    return wrong


def differences(one: Path, other: Path) -> list[str]:
    """Return the files that differ between two folders of a book: its own, and its sites'."""
    here, there = (files_of(root) for root in (one, other))
    return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))


def files_of(root: Path) -> dict[str, bytes]:
    own = {path: path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    made = ("_build/", "twin-", "again-", "faults-")
    kept = {
        path: name
        for path, name in own.items()
        if not (name.startswith(made) or "__pycache__" in name or path.name.endswith(".new"))
    }
    site = root / "_build/site"
    kept |= {path: f"_build/site/{path.relative_to(site)}" for path in site.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for path, name in kept.items()}


def unsound(base: Path) -> set[str]:
    """Return what is wrong with the sites and stores below a folder."""
    from press.errors import SiteError
    from press.manifest import verify
    from press.store import Store

    wrong = set()
    for site in base.glob("**/_build/site"):
        try:
            wrong |= {f"{site}: {fault}" for fault in verify(site)}
        except SiteError as error:
            wrong.add(f"{site}: {error}")
    for folder in base.glob("**/_build/store"):
        for path in folder.glob("*/*"):
            said: list[str] = []
            content = None if path.name.startswith(".") else Store(folder, said.append).get(path.parent.name, path.name)
            if content is None and not said and not path.name.startswith("."):
                wrong.add(f"{path}: lost without a word")
    return wrong
