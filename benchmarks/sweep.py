"""What a sweep costs: 100, 300 and 1,000 runs of the scenario chapter, with 1 and 2 workers, and on a cluster.

The counts between the smallest and the largest are run with 2 workers alone.

usage: python benchmarks/sweep.py [COUNT …]     writes book/benchmarks/sweep.txt and prints it as a table

The runs of the smallest count are made once more on two Dask workers, one of which is killed half way; the table of
that sweep must have the bytes of the local ones. A book without a scenario chapter is measured with that of the tests.
Memory is the most that the processes of a sweep held together, those of the cluster apart.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from distributed import LocalCluster
from measure import BIN, ROOT, Memory, copy_book, seconds, write_results

from press.scenarios import scenario_chapters

COUNTS = (100, 300, 1000)


def scenario_book(folder: Path) -> Path:
    """Copy the book; without a scenario chapter, write the one of the tests."""
    if scenario_chapters(ROOT):
        return copy_book(folder)
    sys.path.insert(0, str(ROOT / "tests"))
    from conftest import write_tiny
    from whatif import write_what_if

    return write_what_if(write_tiny(folder))


def measured(count: int, folder: Path, *words: str) -> tuple[float, int, bytes]:
    """Sweep from nothing; return seconds, bytes of memory and the table."""
    book = scenario_book(folder)
    memory = Memory()
    memory.start()
    taken = seconds([str(BIN / "press"), "sweep", "--sample", str(count), "--output", "out.parquet", *words], book)
    memory.stop()
    return taken, memory.most, (book / "out.parquet").read_bytes()


def kill_half_way(cluster: LocalCluster, store: Path, count: int) -> None:
    """Kill one worker of a cluster when half of the runs are kept."""
    while not store.is_dir() or len(list(store.iterdir())) < count / 2:
        time.sleep(0.2)
    os.kill(cluster.workers[0].process.pid, signal.SIGKILL)


def main(counts: tuple[int, ...]) -> None:
    rows, tables = [], {}

    def keep(count: int, where: str, taken: float, memory: int | None) -> None:
        row = {
            "runs": f"{count:,}",
            "where": where,
            "seconds": f"{taken:,.0f}",
            "runs/s": f"{count / taken:.2f}",
        }
        rows.append(row | {"MB": f"{memory / 1e6:.0f}" if memory else ""})
        print(rows[-1], file=sys.stderr, flush=True)

    for count in sorted(counts):
        for workers in (2, 1) if count in (min(counts), max(counts)) else (2,):
            with tempfile.TemporaryDirectory() as folder:
                taken, memory, table = measured(count, Path(folder), "--workers", str(workers))
            assert tables.setdefault(count, table) == table, "another number of workers gave another table"
            keep(count, f"{workers} process{'es' * (workers > 1)}", taken, memory)
        if len(tables) == 1:
            with (
                tempfile.TemporaryDirectory() as folder,
                LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
            ):
                store = Path(folder) / "_build/store/runs"
                threading.Thread(target=kill_half_way, args=(cluster, store, count), daemon=True).start()
                taken, _, table = measured(count, Path(folder), "--scheduler", cluster.scheduler_address)
            assert table == tables[count], "the cluster gave another table"
            keep(count, "a cluster of 2 Dask workers, one killed half way; the same bytes", taken, None)
    rows.sort(key=lambda row: (int(row["runs"].replace(",", "")), row["where"]))
    write_results("sweep", rows, "What a sweep of scenarios costs, one run each")


if __name__ == "__main__":
    main(tuple(int(count) for count in sys.argv[1:]) or COUNTS)
