"""Cold kernels against warm ones, side by side in one run: the chapters with one and two workers, and one kernel.

usage: python benchmarks/kernels.py [PAIRS]     writes book/benchmarks/kernels.txt and prints it as a table

The chapters' time holds the start of the server that warm kernels are forked from; the one kernel's does not. CPU
seconds, of which the ratio is told, are those of all processes together: on a machine that has other work they say more
than the clock. nbval alone starts a cold kernel for each notebook, one after another; the press's has warm ones, two at
a time.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil
from jupyter_client.manager import KernelManager
from measure import BIN, ROOT, seconds, write_results

from press import warm
from press.execute import run_all
from press.jobs import Job
from press.notebooks import chapters

#: Seconds by the clock, and of CPU.
Times = tuple[float, float]


def cpu() -> float:
    """Return the CPU seconds of this process and of those that it has seen end."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def run_chapters(workers: int) -> Times:
    """Return how long running all chapters takes."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = [Job(chapter, Path(folder) / f"{chapter.stem}.ipynb", {}) for chapter in chapters(ROOT)]
        before, begun = cpu(), time.perf_counter()
        run_all(jobs, workers)
        return time.perf_counter() - begun, cpu() - before


def first_result() -> Times:
    """Return how long a kernel takes to its first result with pandas and Altair, and its own CPU time."""
    begun = time.perf_counter()
    manager = KernelManager(kernel_name=warm.KERNEL)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(60)
    client.execute_interactive("import altair, pandas; pandas.Series([1]).sum()", output_hook=lambda message: None)
    taken = time.perf_counter() - begun
    used = psutil.Process(manager.provisioner.pid).cpu_times()
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return taken, used.user + used.system


def validate(*options: str) -> Times:
    """Return how long nbval takes to run all chapters again and to compare what they show."""
    before = cpu()
    taken = seconds([str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", *options, "notebooks"], ROOT)
    return taken, cpu() - before


def row(case: str, cold: list[Times], hot: list[Times]) -> dict[str, str]:
    (a, a_cpu), (b, b_cpu) = (map(statistics.median, zip(*times, strict=True)) for times in (cold, hot))
    clock = {"cold (s)": f"{a:.2f}", "warm (s)": f"{b:.2f}", "ratio": f"{b / a:.2f}"}
    return {"case": case, **clock, "of CPU": f"{b_cpu / a_cpu:.2f}"}


def main(pairs: int) -> None:
    times: dict[str, tuple[list[Times], list[Times]]] = {}
    for _ in range(pairs):
        for which, environment in enumerate(({warm.COLD_VARIABLE: "1"}, {warm.COLD_VARIABLE: ""})):
            os.environ |= environment
            for workers in (1, 2):
                case = f"{len(chapters(ROOT))} chapters, {workers} worker{'s' * (workers > 1)}"
                times.setdefault(case, ([], []))[which].append(run_chapters(workers))
            nbval = times.setdefault("nbval, warm ones 2 at a time", ([], []))
            nbval[which].append(validate() if which else validate("-c", os.devnull, "--rootdir", ".", "--nbval"))
            with warm.kernels():
                first_result()  # the server is ready after it
                times.setdefault("one kernel, to its first result", ([], []))[which].append(first_result())
    write_results(
        "kernels",
        [row(case, *both) for case, both in times.items()],
        "Kernels started cold and forked from a warm process, "
        + (f"medians of {pairs} pairs" if pairs > 1 else "one pair"),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
