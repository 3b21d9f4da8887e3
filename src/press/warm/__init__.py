"""Warm kernels: forked from a process that has the heavy imports loaded, and in all else like any other kernel.

``kernels()`` serves them to this process and those that it starts, a process pool's or a cluster's on this machine.
They are chosen by the kernel's name, ``press-warm``; where nobody serves them, a kernel of that name starts cold.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: The name of the kernel, of its specification and of its provisioner.
KERNEL = "press-warm"
#: The environment variables that hold the server's socket, and that turn warm kernels off.
VARIABLE, COLD_VARIABLE = "PRESS_WARM", "PRESS_COLD"
#: What every chapter loads, directly or not.
HEAVY = ("pandas", "altair", "press.chapter")


#: The folder in which Jupyter finds the kernel's specification; it is installed nowhere else.
SPECIFICATION = str(Path(__file__).with_name("jupyter"))


def known() -> bool:
    """Say whether Jupyter finds the kernel: this process is inside of ``kernels()``, or was started there."""
    return SPECIFICATION in os.environ.get("JUPYTER_PATH", "").split(os.pathsep)


def served() -> bool:
    """Say whether kernels started from here may be warm."""
    return VARIABLE in os.environ and not os.environ.get(COLD_VARIABLE)


def plain(environment: dict[str, str]) -> dict[str, str]:
    """Return an environment without what ``kernels()`` put there."""
    rest = {name: value for name, value in environment.items() if name not in (VARIABLE, COLD_VARIABLE, "JUPYTER_PATH")}
    paths = [path for path in environment.get("JUPYTER_PATH", "").split(os.pathsep) if path not in ("", SPECIFICATION)]
    return rest | ({"JUPYTER_PATH": os.pathsep.join(paths)} if paths else {})


@contextmanager
def kernels(environment: Mapping[str, str] | None = None, modules: Iterable[str] = HEAVY) -> Iterator[None]:
    """Make the kernel known, and serve it warm while the context lasts, or this process, whatever ends it.

    ``environment`` is that of the process that forks (default: this one's). A kernel that is to have another
    language, time zone, hash seed or the like starts cold.

    It is not served warm if ``PRESS_COLD`` is set, and where forking is missing or unsafe (macOS). Inside another such
    context this one does nothing.
    """
    if known():
        yield
        return
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [SPECIFICATION, before]))
    try:
        if not hasattr(os, "fork") or sys.platform == "darwin" or os.environ.get(COLD_VARIABLE):
            yield
        else:
            with _server(os.environ if environment is None else environment, modules) as os.environ[VARIABLE]:
                yield
    finally:
        for name in (VARIABLE, "JUPYTER_PATH"):
            os.environ.pop(name, None)
        os.environ |= {"JUPYTER_PATH": before} if before else {}


@contextmanager
def _server(environment: Mapping[str, str], modules: Iterable[str]) -> Iterator[str]:
    """Run the server and give the address of its socket."""
    with tempfile.TemporaryDirectory(prefix="press-") as folder:
        address = f"{folder}/warm"
        with socket.socket(socket.AF_UNIX) as listener:  # it listens before there is a server: nobody has to wait
            listener.bind(address)
            listener.listen(128)
            server = subprocess.Popen(
                [sys.executable, "-m", "press.warm.server", str(listener.fileno()), str(os.getpid()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**environment, "JE_ARROW_MALLOC_CONF": "background_thread:false"},  # what forks has one thread
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C is for the build, which ends the server
            )
        try:
            yield address
        finally:
            server.terminate()
            server.wait()
