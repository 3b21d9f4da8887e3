"""Sweeps: what was run is kept, what fails is named, and the table has the same bytes wherever it was made."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from press.cli import main
from press.errors import ChapterError, SweepError
from press.keys import key_of
from press.notebooks import find_chapter
from press.package import Package
from press.points import Point, grid, parse_axis, sample
from press.pools import cluster, processes
from press.results import chapter_parts
from press.scenarios import load_scenarios
from press.store import Store
from press.sweep import KIND, Progress, Sweep, Task, run_point, sweep
from press.sweep_table import write_table
from whatif import write_what_if

TWELVE: list[Point] = [{"price": price / 10, "grain": grain} for price in range(1, 7) for grain in (1.0, 2.0)]


class Inline(Executor):
    """Runs where it is called, and counts."""

    def __init__(self, act: Callable[[Task], Any] = run_point) -> None:
        self.act, self.ran = act, 0

    def submit(self, fn: Any, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.ran += 1
        try:
            future.set_result(self.act(*args))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def book(tiny: Path) -> Path:
    return write_what_if(tiny)


def plan(book: Path, points: list[Point], **fixed: Any) -> Sweep:
    return Sweep(find_chapter(book, "what_if"), {"as_of": "2026-01-31", **fixed}, points)


def store(book: Path) -> Store:
    return Store(book / "_build/store", lambda text: None)


def facts(income: float) -> Any:
    from press.sweep import Outcome

    return Outcome(facts={"income": (income, "EUR")})


def quick(task: Task) -> Any:
    """Stand in for papermill where a test is not about runs."""
    return facts(round(task.point["price"] * 18 - task.point["grain"], 6))


# Points


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("price", "expected name=first:last:step"),
        ("price=1:2", "expected name=first:last:step"),
        ("price=1:2:x", "expected name=first:last:step"),
        ("price=1:2:0", "expected a last value above the first"),
        ("price=2:1:1", "expected a last value above the first"),
        ("price=0:1:1e-9", "at most 100000 steps"),
    ],
)
def test_an_axis_that_is_none(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_axis(text)


def test_a_grid_has_both_ends_and_plain_numbers(book: Path) -> None:
    known = load_scenarios(Package(book)).parameters
    name, values = parse_axis("price=0.1:0.7:0.1")
    assert (name, values) == ("price", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert grid({"price": [0.1, 0.2], "grain": [1.0, 2.0]}, known)[2] == {"price": 0.2, "grain": 1.0}
    with pytest.raises(ChapterError, match="'price' is 3; expected a number from 0 to 2 EUR/egg"):
        grid({"price": [1.0, 3.0]}, known)
    with pytest.raises(ChapterError, match="there is no scenario parameter 'prise'; did you mean 'price'"):
        grid({"prise": [1.0]}, known)


@pytest.mark.parametrize("distribution", ["triangular", "uniform"])
def test_a_sample_is_seeded_in_range_and_grows(book: Path, distribution: str) -> None:
    known = list(load_scenarios(Package(book)).parameters.values())
    points = sample(known, 4000, 7, distribution)
    assert points[:100] == sample(known, 100, 7, distribution) != sample(known, 100, 8, distribution)
    for parameter in known:
        values = [point[parameter.id] for point in points]
        assert parameter.low <= min(values) and max(values) <= parameter.high
        ends = parameter.low + parameter.high
        mean = ends / 2 if distribution == "uniform" else (ends + parameter.central) / 3
        assert sum(values) / len(values) == pytest.approx(mean, rel=0.02)


# Keys, results and failures


def test_a_run_has_the_key_of_a_chapter(book: Path) -> None:
    sweep_plan = plan(book, TWELVE, scenario="dear")
    whole = {"as_of": "2026-01-31", "scenario": "dear", **TWELVE[3]}
    assert sweep_plan.key(TWELVE[3]) == key_of(chapter_parts(sweep_plan.chapter, whole, Package(book)))


def test_papermill_runs_and_the_table_has_what_came_of_it(book: Path) -> None:
    """Real runs: a good one, one that raises, one that kills its kernel."""
    chapter = book / "notebooks/02_what_if.md"
    bad = 'assert grain < 4, "no grain"\nif grain == 3:\n    import os; os._exit(1)\n'
    chapter.write_text(chapter.read_text("utf-8").replace("income = ch", bad + "income = ch"), "utf-8")
    points: list[Point] = [{"grain": 2.0}, {"grain": 4.0}, {"grain": 3.0}]
    sweep_plan, kept = plan(book, points, scenario="dear"), store(book)
    with processes(2) as (pool, window):
        progress = sweep(sweep_plan, kept, pool, window)
    assert (progress.ran, progress.kept, len(progress.failures)) == (1, 0, 2), progress.failures
    write_table(sweep_plan, progress, kept, book / "out.parquet")
    table = pq.read_table(book / "out.parquet")
    assert table.schema.field("fact.income").metadata == {b"unit": b"EUR"}
    rows = table.to_pylist()
    assert [row["parameter.grain"] for row in rows] == [2, 3, 4]
    assert rows[0] == {
        "key": sweep_plan.key(points[0]), "status": "ok", "error": None, "parameter.as_of": "2026-01-31",
        "parameter.scenario": "dear", "parameter.grain": 2.0, "fact.income": 3.4, "fact.told": "dear at 0.3",
    }  # fmt: skip
    assert (
        rows[1]["error"].startswith("notebooks/02_what_if.md, line ")
        and "its kernel died" in rows[1]["error"]
        and rows[1]["fact.income"] is None
    )
    assert rows[2]["status"] == "failed" and "(code cell 3): AssertionError: no grain" in rows[2]["error"]


def test_nothing_is_run_twice_and_failures_are_run_again(book: Path) -> None:
    kept = store(book)

    def failing(task: Task) -> Any:
        if task.point["price"] == 0.1:
            raise RuntimeError("no kernel")
        return quick(task)

    first, second = Inline(failing), Inline(quick)
    progress = sweep(plan(book, TWELVE), kept, lambda: first, 4)
    assert (progress.ran, list(progress.failures.values())) == (10, ["RuntimeError: no kernel"] * 2)
    progress = sweep(plan(book, [*TWELVE, {"price": 0.9, "grain": 1.0}]), kept, lambda: second, 4)
    assert (progress.kept, progress.ran, second.ran, progress.failures) == (10, 3, 3, {})


def test_the_same_runs_give_the_same_bytes_in_any_order(book: Path) -> None:
    tables = []
    for folder, points in (("one", TWELVE), ("two", TWELVE[::-1])):
        kept = Store(book / folder, lambda text: None)
        progress = sweep(plan(book, points), kept, lambda: Inline(quick), 4)
        write_table(plan(book, points), progress, kept, book / f"{folder}.parquet")
        tables.append((book / f"{folder}.parquet").read_bytes())
    assert tables[0] == tables[1]


# What ends a sweep early


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "a worker has no room to write: No space left on device"),
        (ModuleNotFoundError("No module named 'press'"), "a worker has another press than this one"),
    ],
)
def test_what_no_other_run_would_be_spared_ends_the_sweep(book: Path, error: Exception, told: str) -> None:
    kept, calls = store(book), iter(range(99))

    def act(task: Task) -> Any:
        if next(calls) == 5:
            raise error
        return quick(task)

    with pytest.raises(SweepError, match=f"{told}.*; 5 of 12 runs are kept; the same command goes on from there"):
        sweep(plan(book, TWELVE), kept, lambda: Inline(act), 1)
    assert sweep(plan(book, TWELVE), kept, lambda: Inline(quick), 1).kept == 5


def test_a_scheduler_that_goes_away_ends_the_sweep(book: Path) -> None:
    class Gone(Inline):
        def submit(self, fn: Any, *args: Any, **kwargs: Any) -> Future[Any]:
            future = super().submit(fn, *args)
            if self.ran < 4:
                return future
            lost: Future[Any] = Future()
            lost.cancel()
            lost.set_running_or_notify_cancel()
            return lost

    with pytest.raises(SweepError, match="the scheduler is gone; 3 of 12 runs are kept"):
        sweep(plan(book, TWELVE), store(book), lambda: Gone(quick), 1)


def test_a_store_that_is_full_ends_the_sweep(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    kept = Store(book / "_build/store", told.append)

    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    def done(progress: Progress) -> None:
        if progress.ran == 2:
            monkeypatch.setattr("press.store.tempfile.NamedTemporaryFile", full)

    with pytest.raises(SweepError, match="store cannot be written; 2 of 12 runs are kept"):
        sweep(plan(book, TWELVE), kept, lambda: Inline(quick), 1, done)
    assert told == ["a result could not be kept (No space left on device); the next build makes it again"]
    assert sum(1 for path in (book / "_build/store" / KIND).iterdir()) == 2


def test_a_table_that_cannot_be_written_leaves_the_last_one(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, table = store(book), book / "out.parquet"
    progress = sweep(plan(book, TWELVE), kept, lambda: Inline(quick), 4)
    table.write_bytes(b"before")

    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("press.sweep_table.pq.ParquetWriter", full)
    with pytest.raises(SweepError, match=r"out.parquet cannot be written: .*12 of 12 runs are kept"):
        write_table(plan(book, TWELVE), progress, kept, table)
    assert table.read_bytes() == b"before"


def test_a_book_that_changes_while_a_sweep_runs_ends_it(book: Path) -> None:
    kept = store(book)

    def change(progress: Progress) -> None:
        if progress.ran == 1:
            path = book / "data/hens.csv"
            path.write_text(path.read_text("utf-8").replace("2025,18", "2025,180"), "utf-8")

    with pytest.raises(SweepError, match=r"not what it was here at the start: data/hens.csv changed; 1 of 2 runs"):
        sweep(plan(book, TWELVE[:2]), kept, Inline, 1, change)


def die_at_three(task: Task) -> Any:
    if task.point == TWELVE[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(task)


def test_a_worker_that_dies_costs_its_own_run_alone(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("press.sweep.run_point", die_at_three)
    with processes(2) as (pool, window):
        progress = sweep(plan(book, TWELVE), store(book), pool, window)
    assert progress.ran == 11
    assert progress.failures == {plan(book, TWELVE).key(TWELVE[3]): "its worker died"}


def test_a_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("press.pools.PATIENCE", 0.2)
    with (
        pytest.raises(SweepError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(SweepError, match="needs the package 'distributed', which is not installed"),
        cluster("tcp://x:1"),
    ):
        pass


# The command line, a kill, a cluster


def test_the_command_line(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book)
    monkeypatch.setattr("press.sweep.run_point", quick)
    for words, code, told in [
        ([], 2, "expected either --grid or --sample"),
        (["--grid", "price=1", "--workers", "1"], 2, "expected name=first:last:step"),
        (["--grid", "price=0:9:3"], 4, "'price' is 3; expected a number from 0 to 2"),
        (["--grid", "price=0:1:1", "--set", "price=1"], 2, "found price twice"),
        (["--sample", "3", "--set", "price=1", "--set", "grain=1"], 2, "leave no parameter to draw"),
        (["--sample", "3", "--scenario", "deer"], 4, "there is no scenario 'deer'"),
        (["hens", "--sample", "3"], 4, "there is no parameter"),
    ]:
        done = CliRunner().invoke(main, ["sweep", *words])
        assert (done.exit_code, told in done.output) == (code, True), done.output


def test_a_sweep_that_was_killed_runs_only_what_is_missing(book: Path) -> None:
    command = [str(Path(sys.executable).with_name("press")), "sweep", "--grid", "price=0.1:0.6:0.1"]
    environment = {name: value for name, value in os.environ.items() if name != "PRESS_STORE"}
    first = subprocess.Popen(command, cwd=book, env=environment, stderr=subprocess.PIPE, text=True)
    runs = book / "_build/store" / KIND
    while first.poll() is None and len(list(runs.glob("[!.]*"))) < 2:
        time.sleep(0.05)  # until something is kept, however slow the machine
    first.send_signal(signal.SIGKILL)
    first.wait()
    kept = len(list(runs.glob("[!.]*")))
    assert 2 <= kept < 6
    done = subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"6 runs: {kept} were kept, {6 - kept} ran, 0 failed." in done.stdout
    (table,) = (book / "_build/sweeps").glob("02_what_if-*.parquet")
    incomes = pq.read_table(table).column("fact.income").to_pylist()
    assert incomes == pytest.approx([0.3, 2.1, 3.9, 5.7, 7.5, 9.3])


def test_two_dask_workers_one_killed_half_way_give_the_same_bytes(book: Path) -> None:
    distributed = pytest.importorskip("distributed")
    local, far = Store(book / "local", lambda text: None), Store(book / "far", lambda text: None)
    eight = TWELVE[:8]
    sweep_plan = plan(book, eight)
    with processes(2) as (pool, window):
        write_table(sweep_plan, sweep(sweep_plan, local, pool, window), local, book / "local.parquet")
    killed = []

    def kill_one(progress: Progress) -> None:
        if progress.ran == 3:
            killed.append(workers.workers[0].process.pid)
            os.kill(killed[0], signal.SIGKILL)

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as workers,
        cluster(workers.scheduler_address) as (pool, window),
    ):
        progress = sweep(sweep_plan, far, pool, window, kill_one)
    assert killed and (progress.ran, progress.failures) == (8, {})
    write_table(sweep_plan, progress, far, book / "far.parquet")
    assert (book / "far.parquet").read_bytes() == (book / "local.parquet").read_bytes()
    assert json.loads(far.get(KIND, sweep_plan.key(TWELVE[0])) or b"")["income"] == [0.8, "EUR"]
