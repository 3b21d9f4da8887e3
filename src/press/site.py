"""Make the site: run, stage, render with Jupyter Book, check, and put in place in one step."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from press.check_site import check_figures, check_site
from press.editions import ALL_EDITIONS, load_editions, read_verdicts
from press.errors import SiteError
from press.execute import Job, run_all
from press.notebooks import chapters
from press.package import Package
from press.validate import require_valid

#: Where the published site is, seen from the root: a link that is turned to each new build.
SITE = "_build/site"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_STAGED = ("_config.yml", "_toc.yml", "book", "data", "editions")


def build(root: Path, parameters: Mapping[str, Any], say: Callable[[str], None], workers: int = 2) -> Path:
    """Build the site and return its folder.

    Without parameters every edition is built: the latest as the front, earlier ones under ``editions/``. With
    parameters, the chapters are run with these alone. What was published before stays in place unless every step
    succeeds. Raises PressError with the reason.
    """
    work = root / "_build"
    work.mkdir(exist_ok=True)
    lock = FileLock(work / "press.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise SiteError("another build of this book is running; wait for it to end") from None
    with held, tempfile.TemporaryDirectory(prefix="press-", dir=work) as folder:
        say("checking the data")
        require_valid(root)
        editions = [] if parameters else load_editions(Package(root))
        for edition in editions[:-1]:
            read_verdicts(root, edition.id)  # fails now rather than after the chapters have run
        together = {ALL_EDITIONS: "1"} if editions else {}
        html = _build_edition(root, Path(folder) / "front", parameters, say, workers, together)
        for edition in editions[:-1]:
            say(f"edition {edition.id}")
            known = {"as_of": edition.as_of}
            pages = _build_edition(root, Path(folder) / edition.id, known, say, workers, together)
            (html / "editions").mkdir(exist_ok=True)
            pages.rename(html / "editions" / edition.id)
        say("checking the site")
        check_site(html)
        return _publish(html, work)


def _build_edition(
    root: Path,
    folder: Path,
    parameters: Mapping[str, Any],
    say: Callable[[str], None],
    workers: int,
    environment: Mapping[str, str],
) -> Path:
    """Run and render the book for one set of parameters; return the folder of its pages."""
    stage = folder / "book"
    book = chapters(root)
    say(f"running {len(book)} chapters")
    run_all([Job(c, stage / "notebooks" / f"{c.stem}.ipynb", parameters) for c in book], workers)
    for name in _STAGED:
        path = root / name
        if path.is_dir():
            shutil.copytree(path, stage / name)
        elif path.exists():
            shutil.copy(path, stage / name)
    say("rendering the pages")
    html = render(stage, folder / "out", {**environment, "PRESS_KEPT": str(root / "_build" / "kept")})
    check_figures(html, stage)
    return html


def render(source: Path, output: Path, environment: Mapping[str, str]) -> Path:
    """Render a book folder with Jupyter Book; a warning is an error. Returns the folder of the pages.

    ``environment`` tells the extension what it cannot see: where pictures of earlier builds are kept by content
    (drawing one takes a quarter of a second), and whether other editions will stand beside these pages.
    """
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(source), "--path-output", str(output)]
    done = subprocess.run(
        [*command, "--all", "-W", "--keep-going", "-q"],
        capture_output=True,
        text=True,
        cwd=source,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "NO_COLOR": "1", **environment},
    )
    if done.returncode:
        lines = _ANSI.sub("", done.stderr + done.stdout).replace(f"{source}/", "").splitlines()
        told = dict.fromkeys(line for line in lines if re.search(r"WARNING|ERROR|[a-z]Error: .|^Extension error", line))
        raise SiteError("Jupyter Book did not render the book:\n" + "\n".join(told or lines[-15:]))
    return output / "_build" / "html"


def _publish(html: Path, work: Path) -> Path:
    """Move the pages beside the published ones and turn the link; the old pages go last."""
    sites = work / "sites"
    sites.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="site-", dir=sites))
    fresh.chmod(0o755)
    html.rename(fresh)
    link, site = work / ".site-next", work / "site"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("sites") / fresh.name)
    link.replace(site)
    for old in sites.iterdir():
        if old != fresh:
            shutil.rmtree(old)
    return site
