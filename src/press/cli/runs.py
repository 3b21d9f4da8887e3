"""Verbs that run a chapter with other assumptions: run once, sweep over many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from press.cli.common import open_root, say, takes_parameters
from press.errors import ChapterError, SweepError

if TYPE_CHECKING:
    from press.sweep import Progress

#: Failures that are printed; the table has all.
_SHOWN = 5


@click.command()
@click.argument("name")
@click.option("--scenario", help="Take the values of this scenario; --set goes over them.")
@takes_parameters
@click.option("--output", type=click.Path(path_type=Path), help="Where the executed notebook goes.")
def run(name: str, scenario: str | None, parameters: dict[str, Any], output: Path | None) -> None:
    """Run one chapter with its own parameters; a scenario chapter becomes a page to read."""
    from press.execute import run_all
    from press.jobs import Job
    from press.notebooks import find_chapter
    from press.own_run import own_page
    from press.package import Package
    from press.parameters import check_parameters, declared_parameters
    from press.scenarios import SCENARIO, load_scenarios

    root = open_root()
    chapter = find_chapter(root, name)
    parameters = load_scenarios(Package(root)).assume(chapter, scenario, parameters)
    if SCENARIO in declared_parameters(chapter) and output is None:
        check_parameters(chapter, parameters)
        page = own_page(chapter, parameters, say)
        click.echo(f"Your page is {page.relative_to(root)}; open it in a browser.")
        return
    target = (output or root / "_build" / "runs" / f"{chapter.stem}.ipynb").resolve()
    run_all([Job(chapter, target, parameters)], 1)
    click.echo(f"{chapter.place} ran; its results are in {target}")


@click.command()
@click.argument("name", required=False)
@click.option("--grid", "axes", multiple=True, metavar="NAME=FIRST:LAST:STEP", help="All combinations of these values.")
@click.option("--sample", "count", type=click.IntRange(1), help="Draw so many points from the ranges of the data.")
@click.option("--seed", default=1, show_default=True, help="Seed of the sample.")
@click.option("--distribution", type=click.Choice(["triangular", "uniform"]), default="triangular", show_default=True)
@click.option("--scenario", help="Take the values of this scenario where the sweep sets none.")
@takes_parameters
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes of this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster with this scheduler (tcp://host:port).")
@click.option("--output", type=click.Path(path_type=Path), help="Where the Parquet table goes.")
def sweep(
    name: str | None,
    axes: tuple[str, ...],
    count: int | None,
    seed: int,
    distribution: str,
    scenario: str | None,
    parameters: dict[str, Any],
    workers: int,
    scheduler: str | None,
    output: Path | None,
) -> None:
    """Run a scenario chapter over a grid or a sample of its parameters, into one table.

    What was run before is kept: the same command goes on after an end of any kind. A sample leaves alone what a
    scenario or --set sets. On a cluster, start workers with one thread each, and the same book at the same path.
    """
    from filelock import FileLock, Timeout

    from press.keys import digest
    from press.notebooks import find_chapter
    from press.package import Package
    from press.parameters import check_parameters
    from press.points import grid, parse_axis, sample
    from press.pools import cluster, processes
    from press.scenarios import load_scenarios, scenario_chapters
    from press.store import open_store
    from press.sweep import Sweep
    from press.sweep import sweep as run_sweep
    from press.sweep_table import write_table

    root = open_root()
    known = load_scenarios(Package(root))
    chapters = [find_chapter(root, name)] if name else scenario_chapters(root)
    if len(chapters) != 1:
        raise click.UsageError(f"name a chapter: {len(chapters)} declare the parameter 'scenario'")
    if bool(axes) == bool(count):
        raise click.UsageError("expected either --grid or --sample")
    try:
        values = dict(parse_axis(axis) for axis in axes)
    except ValueError as error:
        raise click.UsageError(f"--grid: {error}") from None
    twice = sorted(values.keys() & parameters.keys())
    if twice or len(values) < len(axes):
        raise click.UsageError(f"found {', '.join(twice) or 'a parameter'} twice, expected each parameter once")
    fixed = known.assume(chapters[0], scenario, parameters)
    if count:
        points = sample((p for p in known.parameters.values() if p.id not in fixed), count, seed, distribution)
    else:
        points = grid(values, known.parameters)
    if not points[0]:
        raise click.UsageError("--sample: the scenario and --set leave no parameter to draw")
    plan = Sweep(chapters[0], {n: value for n, value in fixed.items() if n not in points[0]}, points)
    check_parameters(plan.chapter, {**plan.fixed, **points[0]})
    default = f"{plan.chapter.stem}-{digest(repr([points, plan.fixed]))[:12]}.parquet"
    table = (output or root / "_build" / "sweeps" / default).resolve()

    store = open_store(root, say)
    (root / "_build").mkdir(exist_ok=True)
    try:
        held = FileLock(root / "_build" / "sweep.lock").acquire(timeout=0)
    except Timeout:
        raise SweepError("another sweep of this book is running; wait for it to end") from None
    with held, cluster(scheduler) if scheduler else processes(workers) as (pool, window), _Bar() as bar:
        progress = run_sweep(plan, store, pool, window, bar.show)
    write_table(plan, progress, store, table)
    failed = progress.failures
    click.echo(f"{progress.total} runs: {progress.kept} were kept, {progress.ran} ran, {len(failed)} failed.")
    click.echo(f"The table is {table.relative_to(root) if table.is_relative_to(root) else table}")
    if failed:
        shown = {key: point for point in points if (key := plan.key(point)) in failed}
        lines = [
            f"{', '.join(f'{n}={value:g}' for n, value in point.items())}: {failed[key]}"
            for key, point in list(shown.items())[:_SHOWN]
        ]
        more = [f"and {len(failed) - _SHOWN} more; the table names each"] if len(failed) > _SHOWN else []
        raise ChapterError("\n".join([f"{len(failed)} of {progress.total} runs failed:", *lines, *more]))


class _Bar:
    """A bar with the time left, on a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, progress: Progress) -> None:
        """Show how far the sweep is. Kept runs say nothing about the time that others take."""
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=progress.total, initial=progress.kept, unit="run", desc="sweep", disable=None)
        self._bar.set_postfix(failed=len(progress.failures), refresh=False)
        self._bar.update(progress.ended - self._bar.n)


VERBS = (run, sweep)
