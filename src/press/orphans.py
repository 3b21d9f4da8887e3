"""Processes that a build starts end with it, however it ends."""

from __future__ import annotations

import os
import threading
import time

#: Tells a process which one it shall end with.
VARIABLE = "PRESS_PARENT"
_SECONDS = 0.25


def end_with(parent: int) -> None:
    """End this process, at once and without a word, when ``parent``, which started it, is no more."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
