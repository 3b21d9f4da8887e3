"""Where the runs of a sweep go: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from press.errors import SweepError
from press.jobs import kernels
from press.orphans import end_with_parent

#: Gives a pool, and another one when that broke.
Pool = Callable[[], Executor]
#: Seconds in which a scheduler must answer.
PATIENCE = 10
#: How many runs a cluster is given at a time: small descriptions, so that any number of workers is kept busy.
_CLUSTER_WINDOW = 1000


@contextmanager
def processes(workers: int) -> Iterator[tuple[Pool, int]]:
    """Give a pool of processes of this machine, with warm kernels, and how many runs it should have at a time."""
    context = multiprocessing.get_context("spawn")  # this process has threads, so it must not fork
    with kernels():
        yield lambda: ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent), 2 * workers


@contextmanager
def cluster(address: str) -> Iterator[tuple[Pool, int]]:
    """Give the workers of the Dask cluster whose scheduler is at ``address`` (``tcp://host:port``).

    Raises SweepError if Dask is not installed or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise SweepError(
            "--scheduler needs the package 'distributed', which is not installed; install the extra 'cluster'"
        ) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SweepError(f"no Dask scheduler answers at {address}: {error}") from None
    try:
        yield client.get_executor, _CLUSTER_WINDOW
    finally:
        client.close(timeout=PATIENCE)
