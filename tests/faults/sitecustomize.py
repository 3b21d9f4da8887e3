"""A file system that fails at random: loaded by every Python that starts with this folder in ``PYTHONPATH``.

Nothing happens unless ``PRESS_FAULTS`` holds a ``Plan``, or ``throw`` is given one. From then on what is done to files
below the plan's folder fails now and then, as on a disk that is full or broken: before it happens (opening, renaming,
removing, listing ...), or, for a file that was opened to be written, when its content is to reach the disk.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

VARIABLE = "PRESS_FAULTS"
#: What the system says; and which file of an audit event it says it of: its place, and that of its folder's descriptor.
REASONS = (errno.ENOSPC, errno.EIO, errno.EACCES)
EVENTS = {
    "open": (0, None),
    "os.chmod": (0, 2),
    "os.link": (1, 3),
    "os.listdir": (0, None),
    "os.mkdir": (0, 2),
    "os.remove": (0, 1),
    "os.rename": (1, 3),
    "os.rmdir": (0, 1),
    "os.scandir": (0, None),
    "os.symlink": (1, 2),
    "os.truncate": (0, None),
    "os.utime": (0, 3),
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
OURS = str(Path(__file__).resolve().parents[2] / "src") + os.sep


class Plan(NamedTuple):
    """``rate``: the chance of each operation below ``folder`` to fail; ``log``: a file that has a line for each fault.

    In the process ``tests`` only what our own code asks for fails: what a test does by itself is no matter of ours.
    """

    seed: str
    rate: float
    folder: str
    log: str
    tests: int


_plan: Plan | None = None
_dice: Any = None
_busy = False


@contextmanager
def throw(plan: Plan) -> Iterator[None]:
    """Let operations fail, here and in every Python that is started from here."""
    _start(plan)
    os.environ[VARIABLE] = json.dumps(plan)
    try:
        yield
    finally:
        stop()


def stop() -> None:
    global _plan
    _plan = None
    os.environ.pop(VARIABLE, None)


def note(plan: Plan, text: str) -> None:
    """Add a line to the plan's log."""
    file = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(file, text.replace("\n", " ").encode("utf-8", "replace") + b"\n")
    os.close(file)


def _start(plan: Plan) -> None:
    global _plan, _dice
    import random

    _plan, _dice = plan, random.Random(plan.seed)


def _fails(what: str, path: object, folder: object = None) -> OSError | None:
    """Return what goes wrong with an operation, if anything does."""
    global _busy
    plan = _plan
    if plan is None or _busy or not isinstance(path, str | bytes | os.PathLike | int):
        return None
    _busy = True
    try:
        place = _place(path, folder)
        if not place.startswith(plan.folder + os.sep) or _dice.random() >= plan.rate:
            return None
        if os.getpid() == plan.tests and not _asked_by_us():
            return None
        number = _dice.choice(REASONS) if what != "write" else errno.ENOSPC
        note(plan, f"{what} {errno.errorcode[number]} {place.removeprefix(plan.folder + os.sep)}")
        return OSError(number, os.strerror(number), place)
    except OSError:
        return None
    finally:
        _busy = False


def _place(path: Any, folder: object) -> str:
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    below = os.readlink(f"/proc/self/fd/{folder}") if isinstance(folder, int) and folder >= 0 else os.getcwd()
    return os.path.normpath(os.path.join(below, os.fsdecode(path)))


def _asked_by_us() -> bool:
    frame: Any = sys._getframe()
    while frame and not frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    return frame is not None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _plan is None or event not in EVENTS:
        return
    path, folder = EVENTS[event]
    error = _fails(event.removeprefix("os."), arguments[path], arguments[folder] if folder else None)
    if error:
        raise error


_open = io.open


def _open_or_fail_later(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
    """Open a file; one to be written may turn out to be on a disk that is full, which is told when it is flushed."""
    opened = _open(file, mode, *arguments, **named)
    if _plan is not None and set(mode) & set("wxa+") and _fails("write", opened.fileno()):
        full = os.open("/dev/full", os.O_RDWR)
        os.dup2(full, opened.fileno())
        os.close(full)
    return opened


def _uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if _plan is not None and sys.argv and os.path.basename(sys.argv[0]) == "press" and not issubclass(kind, OSError):
        note(_plan, f"UNCAUGHT {kind.__name__}: {error}")
    sys.__excepthook__(kind, error, trace)


def _load() -> None:
    import _io

    builtins.open = io.open = _io.open = _open_or_fail_later  # type: ignore[attr-defined]
    sys.addaudithook(_audit)
    sys.excepthook = _uncaught
    if "pip" in sys.orig_argv:  # no part of the press
        os.environ.pop(VARIABLE, None)
    if VARIABLE in os.environ:
        plan = Plan(*json.loads(os.environ[VARIABLE]))
        _start(plan._replace(seed=f"{plan.seed} {' '.join(map(os.path.basename, sys.orig_argv[:3]))}"))


_load()
