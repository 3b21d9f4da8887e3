"""What is to be run: known without papermill, since a build that finds every result kept has no use for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
