"""The provisioner of warm kernels (jupyter_client's extension point): it asks the server, or else starts a cold one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from press.warm import VARIABLE, plain, served

#: What a forked kernel can be told; with any other argument of Popen it starts cold.
_TOLD = {"env", "cwd", "stdin", "stdout", "stderr", "extra_arguments", "kernel_id"}
#: Seconds for the server to answer: it may be loading still.
_PATIENCE = 60


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by forking where ``kernels()`` serves them."""

    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel; returns its connection information."""
        address, kwargs["env"] = os.environ.get(VARIABLE), plain(kwargs["env"])
        forked = _ask(address, cmd, kwargs) if address and served() and kwargs.keys() <= _TOLD else None
        if not forked:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and the processes that it started."""
        if isinstance(self.process, ForkedKernel):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def wait(self) -> int | None:
        """Wait for the kernel to end; returns its exit status."""
        while isinstance(self.process, ForkedKernel) and self.process.poll() is None:
            await asyncio.sleep(0.01)
        return await super().wait()


class ForkedKernel:
    """What ``subprocess.Popen`` is to a cold kernel: here the server is the parent, and is asked."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, server: socket.socket) -> None:
        self.pid, self.returncode, self._server = pid, None, server

    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit status, or None as long as the kernel runs."""
        return self._hear(socket.MSG_DONTWAIT)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when the kernel has ended."""
        status = self._hear(0)
        assert status is not None
        return status

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel's process group, if the kernel still runs."""
        if self.poll() is None:
            try:
                self._server.send(bytes([signum]))
            except OSError:
                self.poll()

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def _hear(self, flags: int) -> int | None:
        if self.returncode is None:
            try:
                told = self._server.recv(4, flags)
            except BlockingIOError:
                return None
            except OSError:
                told = b""
            self.returncode = struct.unpack("i", told)[0] if told else -signal.SIGKILL  # the server has gone
            self._server.close()
        return self.returncode


def _ask(address: str, cmd: list[str], kwargs: dict[str, Any]) -> ForkedKernel | None:
    """Ask the server for a kernel; None if it does not answer, or will not."""
    request = {"argv": cmd, "env": kwargs["env"], "cwd": os.fspath(kwargs.get("cwd") or Path.cwd())}
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(_PATIENCE)
    nothing, closed = os.pipe()
    os.close(closed)
    try:
        server.connect(address)
        streams = [
            _descriptor(kwargs.get(name), own) for name, own in (("stdin", nothing), ("stdout", 1), ("stderr", 2))
        ]
        socket.send_fds(server, [b"k"], streams)
        server.sendall(json.dumps(request).encode() + b"\n")
        (pid,) = struct.unpack("i", server.recv(4))
    except (OSError, ValueError, struct.error):
        pid = 0
    finally:
        os.close(nothing)
    if not pid:
        server.close()
        return None
    server.settimeout(None)
    return ForkedKernel(pid, server)


def _descriptor(given: Any, own: int) -> int:
    """Return the descriptor of a standard stream. Raises ValueError for a pipe that Popen would make."""
    number: int = own if given is None else given if isinstance(given, int) else given.fileno()
    if number < 0:
        raise ValueError(f"found the stream {number}, expected one that is open")
    return number
