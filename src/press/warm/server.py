"""The process that warm kernels are forked from: it has the heavy imports loaded, and ends with whom it serves.

Run as ``python -m press.warm.server LISTENER PARENT MODULE...``: the descriptor of a listening socket, the process
to end with, what to load. Each connection asks for one kernel: three descriptors and a line of JSON with ``argv``,
``env`` and ``cwd``. The answer is the kernel's process id (0: start it cold), later its exit status, four bytes each;
a byte from the client is a signal. When the client closes or goes, its kernel is ended, and with every kernel the
processes that it left in its group.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import json
import os
import re
import selectors
import signal
import socket
import struct
import sys
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What the interpreter and libraries read once, when they start: a kernel for which one differs starts cold.
_READ_AT_START = re.compile(r"(PYTHON|LC_|LD_|LANG|TZ$|ALTAIR|ARROW|MALLOC)|.*_NUM_THREADS$")
_HEARD = (signal.SIGCHLD, signal.SIGTERM)
#: Seconds between two looks whether the parent is still there.
_LOOK = 0.5


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    streams: list[int]

    @classmethod
    def receive(cls, client: socket.socket) -> Request:
        """Read a request. Raises OSError, ValueError or TypeError if the client breaks off."""
        client.settimeout(10)
        _, streams, _, _ = socket.recv_fds(client, 1, 3)
        try:
            with client.makefile("rb") as file:
                return cls(**json.loads(file.readline()), streams=streams)
        except BaseException:
            for stream in streams:
                os.close(stream)
            raise

    def fits(self, start: dict[str, str]) -> bool:
        """Say whether a fork of this process is what the command would start."""
        read = filter(_READ_AT_START.match, {*start, *self.env})
        ours = [sys.executable, "-m", "ipykernel_launcher"]
        return self.argv[:3] == ours and all(start.get(name) == self.env.get(name) for name in read)


def load(modules: Iterable[str]) -> list[Any] | None:
    """Import modules as a cell would; returns the warning filters that they set, None if a reader would see it.

    The filters are given to a kernel when its shell is there, since there a cell's imports would set them.
    """
    seen = io.StringIO()
    with (
        contextlib.redirect_stdout(seen),
        contextlib.redirect_stderr(seen),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")  # IPython's own
        before = warnings.filters[:]
        try:
            for name in modules:
                exec(f"import {name}", {"__name__": "__main__"})
        except Exception:
            return None  # the chapter says so, with its line
        added = [entry for entry in warnings.filters if entry not in before]
    return None if warned or seen.getvalue() else added


def serve(listener: socket.socket, parent: int, willing: bool) -> Request:
    """Fork a kernel for each request until the parent ends, then exit; returns in each kernel."""
    start = dict(os.environ)
    kernels: dict[int, socket.socket] = {}
    told, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    for number in _HEARD:
        signal.signal(number, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(told, selectors.EVENT_READ)
    while os.getppid() == parent:
        for event, _ in selector.select(_LOOK):
            client: Any = event.fileobj
            if client is told:
                if signal.SIGTERM in told.recv(4096):
                    parent = 0
                _reap(kernels, selector)
            elif client is listener:
                client, _ = listener.accept()
                try:
                    request = Request.receive(client)
                except (OSError, ValueError, TypeError):
                    client.close()
                    continue
                signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
                fits = willing and request.fits(start)
                pid = os.fork() if fits else 0
                if fits and not pid:
                    for own in (selector, told, wake, listener, client, *kernels.values()):
                        own.close()
                    return request
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
                for stream in request.streams:
                    os.close(stream)
                client.settimeout(None)
                _tell(client, pid)
                if pid:
                    kernels[pid] = client
                    selector.register(client, selectors.EVENT_READ)
                else:
                    client.close()
            else:
                pid = next((pid for pid, known in kernels.items() if known is client), 0)
                if pid:  # it was not reaped since
                    _signal(pid, _asked(client))
    for pid in kernels:
        _signal(pid, signal.SIGKILL)
    sys.exit()


def _asked(client: socket.socket) -> int:
    """Return the signal that a client asks for: SIGKILL if it has gone."""
    try:
        return client.recv(1)[0]
    except (OSError, IndexError):
        return signal.SIGKILL


def _signal(pid: int, number: int) -> None:
    """Send a signal to a kernel that was not reaped, and to its group if it has one already."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)


def _tell(client: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        client.sendall(struct.pack("i", number))


def _reap(kernels: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    """Tell the clients of kernels that have ended, and end what these left behind."""
    for pid in list(kernels):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            client = kernels.pop(pid)
            selector.unregister(client)
            _tell(client, os.waitstatus_to_exitcode(status))
            client.close()


def become(request: Request) -> None:
    """Turn the fork into what a process started with this request is before its first line."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in _HEARD:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    for standard, stream in enumerate(request.streams):
        os.dup2(stream, standard)
        os.close(stream)
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(request.env, JPY_PARENT_PID=str(os.getppid()))
    os.chdir(request.cwd)
    tempfile.tempdir = None
    if "numpy.random" in sys.modules:  # Python's own generator does so by itself
        sys.modules["numpy.random"].seed()
    launcher = importlib.util.find_spec("ipykernel_launcher")
    assert launcher and launcher.origin
    sys.orig_argv[:] = request.argv
    sys.argv[:] = [launcher.origin, *request.argv[3:]]


def launch(filters: list[Any]) -> None:
    """Run the kernel, as ipykernel's launcher does."""
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize()
    warnings.filters[:0] = filters  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]
    app.start()


def main(listener: int, parent: int, modules: list[str]) -> list[Any]:
    """Load and serve; returns in each kernel, with the warning filters that are due."""
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads it when it is imported
    import ipykernel.kernelapp  # noqa: F401

    filters = load(modules)
    gc.collect()
    gc.freeze()
    become(serve(socket.socket(fileno=listener), parent, filters is not None))
    return filters or []


if __name__ == "__main__":
    if sys.path[0] in ("", str(Path.cwd())):  # ipykernel's launcher does so too
        del sys.path[0]
    # A kernel's stack is as deep as a cold one's: all of the server's frames have returned.
    launch(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
