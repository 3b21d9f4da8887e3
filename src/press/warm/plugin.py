"""A pytest plugin (``-p press.warm.plugin``): warm kernels for nbval and for all else that a test run starts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from press.warm import kernels


def pytest_configure(config: Any) -> None:
    """Serve kernels from the process that leads the run: those of pytest-xdist inherit the environment."""
    if not hasattr(config, "workerinput"):
        serving = ExitStack()
        serving.enter_context(kernels())
        config.add_cleanup(serving.close)
