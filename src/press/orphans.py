"""Processes that a build starts end with it, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

#: Tells a program which process it shall end with.
VARIABLE = "PRESS_PARENT"
_SECONDS = 0.25


def end_with_parent() -> None:
    """End this process of ``multiprocessing``, at once and without a word, when the one that asked for it is gone."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_with(parent: int) -> None:
    """End this program, at once and without a word, when the process that started it is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
