"""The preview: the book on this machine, kept current while its author edits, with the error in the page.

It renders incrementally, into a folder of its own; what is published is always rendered clean. The script that keeps
a page current is put in as the page is served, and stands in no file.
"""

from __future__ import annotations

import http.server
import io
import json
import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from watchfiles import watch

from press import orphans, report
from press.errors import PressError, SiteError
from press.keys import STAGED, site_parts
from press.places import below
from press.render import arguments, fault, surroundings
from press.store import STORE_VARIABLE, Say, open_store

FOLDER, OUT = "_build/preview", "_build/preview/out"
#: What a rendering imports: loaded once, in a process that each round is forked from.
_HEAVY = [
    *("press.execute", "press.results", "press.validate", "press.sphinx_ext"),
    *("jupyter_book.cli.main", "sphinx.application", "myst_nb.sphinx_"),
]
#: Milliseconds of quiet after which an edit counts as done.
_QUIET = 100
_EVENTS, _SCRIPT = "/-press-events", "/-press-preview.js"
_KEEP_CURRENT = (Path(__file__).parent / "templates" / "press-preview.js").read_bytes


class Preview:
    """The current state of the pages under ``root/_build/preview``; ``error`` is a report, or empty."""

    def __init__(self, root: Path, say: Say) -> None:
        self.root, self._say = root, say
        self.version, self.error = 0, ""
        self.changed = threading.Condition()
        # Each round is a process of its own, forked from one that has loaded what is heavy and has no threads.
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(_HEAVY)

    def update(self) -> None:
        """Bring the pages up to date with the files, or note the error; then tell everybody who waits."""
        begun = time.monotonic()
        ours, theirs = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=_work, args=(self.root, theirs))
        process.start()
        theirs.close()
        said: str | PressError | None = SiteError("the process that makes the preview was killed")
        with suppress(EOFError):
            while isinstance(told := ours.recv(), str):
                self._say(told)
            said = told
        if said:
            self._say(str(said))
        with self.changed:
            self.version += 1
            self.error = report.page(self.root, said) if isinstance(said, PressError) else ""
            self.changed.notify_all()
        self._say(f"the preview {'shows the error' if said else 'is current'}, {time.monotonic() - begun:.1f} s")
        with suppress(EOFError):
            self._say(str(ours.recv()))
        process.join()


def _work(root: Path, told: Connection) -> None:
    """Make one round in this process: send lines for a person, then the error, or None if all is well.

    The search's index is made when the pages are there already; if that fails, its error is sent last.
    """
    from press import search
    from press.jobs import Job
    from press.notebooks import chapters
    from press.results import obtain
    from press.site import require_valid

    book = root / FOLDER / "book"
    try:
        store = open_store(root, told.send)
        require_valid(root, store, site_parts(root, {}))
        for name in STAGED:
            _bring(root / name, book / name)
        jobs = [Job(c, book / "notebooks" / f"{c.stem}.ipynb", {}) for c in chapters(root)]
        for path in (book / "notebooks").glob("*.ipynb"):
            if path not in {job.output for job in jobs}:
                path.unlink()
        obtain(jobs, store, told.send)
        _render(book, root / OUT, {STORE_VARIABLE: str(store.folder), orphans.VARIABLE: str(os.getppid())})
        told.send(None)
        search.write(root / OUT / "_build/html")
    except PressError as error:
        told.send(error)
    except OSError as error:  # as of a file that an editor is just replacing
        told.send(SiteError(f"a file cannot be read or written: {error}"))


def _render(source: Path, output: Path, environment: dict[str, str]) -> None:
    """Render what changed, in this process. Raises SiteError with what Jupyter Book said."""
    from jupyter_book.cli.main import main

    os.environ |= surroundings(environment)
    os.chdir(source)
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            main.main(arguments(source, output), standalone_mode=False)
        except (Exception, SystemExit) as error:
            raise fault(f"{said.getvalue()}\n{type(error).__name__}: {error}", source) from None


def _bring(source: Path, target: Path) -> None:
    """Make ``target`` a copy of ``source``; files that are the same keep their time, which Sphinx looks at."""
    if source.is_file():
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        return
    if target.exists():
        wanted = {path.relative_to(source) for path in below(source)}
        for path in reversed(below(target)):
            if path.relative_to(target) not in wanted:
                path.rmdir() if path.is_dir() else path.unlink()
    for path in below(source):
        if path.is_file():
            _bring(path, target / path.relative_to(source))


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the pages with the script that keeps them current, and tells it when they changed."""

    preview: Preview

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, directory=str(self.preview.root / OUT / "_build/html"), **named)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if self.headers.get("Host", "").rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            self.send_error(403)  # another site's name that leads here
        elif path == _EVENTS:
            self._tell()
        elif path == _SCRIPT:
            self._send("text/javascript", _KEEP_CURRENT())
        else:
            super().do_GET()

    def send_head(self) -> Any:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix != ".html":
            return super().send_head()
        page = path.read_bytes() if path.is_file() else _EMPTY
        head, end, tail = page.rpartition(b"</body>")
        script = f'<script src="{_SCRIPT}" defer></script>'.encode()
        return self._head("text/html; charset=utf-8", head + script + end + tail)

    def _head(self, kind: str, content: bytes) -> io.BytesIO:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        return io.BytesIO(content)

    def _send(self, kind: str, content: bytes) -> None:
        self.wfile.write(self._head(kind, content).read())

    def _tell(self) -> None:
        """Send the state of the preview, now and whenever it changes, until the page is left."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        seen = -1
        try:
            while True:
                with self.preview.changed:
                    if self.preview.version == seen:
                        self.preview.changed.wait(timeout=15)
                    same, seen = self.preview.version == seen, self.preview.version
                    state = json.dumps({"version": seen, "error": self.preview.error})
                self.wfile.write(b": still here\n\n" if same else f"data: {state}\n\n".encode())
                self.wfile.flush()
        except OSError:
            return

    def log_message(self, *args: Any) -> None:
        pass


_EMPTY = (
    b'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Preview</title>'
    b"<body><p>This page is not there (yet).</p></body></html>"
)


@contextmanager
def served(preview: Preview, port: int) -> Iterator[str]:
    """Serve the preview on loopback and give its address. Raises PressError if the port is taken."""
    handler = type("Handler", (_Handler,), {"preview": preview})
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise PressError(f"port {port}: {error.strerror}; choose another with --port") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def run(root: Path, port: int, say: Say, stop: threading.Event | None = None) -> None:
    """Serve the book and keep it current until interrupted, or until ``stop`` is set."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(root / "_build/preview.lock").acquire(timeout=0)
    except Timeout:
        raise PressError("a preview of this book is running already") from None
    preview = Preview(root, say)
    stop = stop or threading.Event()
    with held, served(preview, port) as address:
        say(f"{address} (Ctrl-C ends)")
        places = [root / name for name in (*STAGED, "notebooks", "src") if (root / name).exists()]
        # Watching begins before the first look, so that no edit falls between them.
        edits = watch(
            *places,
            stop_event=stop,
            step=_QUIET,
            watch_filter=_matters,
            rust_timeout=_QUIET,
            yield_on_timeout=True,
        )
        next(edits, None)
        preview.update()
        for found in edits:
            if found:
                preview.update()


def _matters(change: Any, path: str) -> bool:
    """Say whether an edit may show: an .ipynb beside its .md does not, nor what editors and Python leave."""
    name = Path(path).name
    return not (name.startswith(".") or name.endswith(("~", ".swp", ".tmp", ".ipynb", ".pyc")) or "__pycache__" in path)
