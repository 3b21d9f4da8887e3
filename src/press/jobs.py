"""What is to be run: known without papermill, since a build that finds every result kept has no use for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from press import fence, warm
from press.notebooks import ChapterFile

#: Seconds that one cell may take before its chapter is ended.
TIME_LIMIT = 120


@dataclass(frozen=True)
class Job:
    """One run of one chapter. Where its facts alone are wanted its figures are checked, and not drawn."""

    chapter: ChapterFile
    output: Path
    parameters: Mapping[str, Any]
    figures: bool = True
    time_limit: int = TIME_LIMIT


@contextmanager
def kernels() -> Iterator[None]:
    """Serve warm kernels for chapters: in the surroundings that a cold one would have."""
    with tempfile.TemporaryDirectory(prefix="press-") as home, warm.kernels(fence.surroundings(os.environ, home)):
        yield
