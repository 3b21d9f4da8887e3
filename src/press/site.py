"""Make the site: run, stage, render with Jupyter Book, check, and put in place in one step."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from press import report
from press.contents import require_files, require_pages
from press.errors import DataError, PressError, SiteError
from press.keys import STAGED, Parts, digest, environment_parts, key_of, site_parts
from press.manifest import EDITIONS, read_manifest, verify, write_manifest
from press.render import finish, start
from press.store import STORE_VARIABLE, Say, Store, open_store

if TYPE_CHECKING:
    from press.package import Package

#: Where the published site is, seen from the root: a link that is turned to each new build.
SITE = "_build/site"
#: What that was made from, for 'press explain'; the site's manifest has the key of it.
INPUTS = "_build/inputs.json"
#: What it means when a write fails, by its number.
_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up", errno.EFBIG: "a file grew too large"}


@dataclass(frozen=True)
class Part:
    """One edition of the site that is being built: its pages are rendered from ``book`` into ``html``."""

    id: str
    parameters: Mapping[str, Any]
    folder: Path

    @property
    def book(self) -> Path:
        return self.folder / "book"

    @property
    def html(self) -> Path:
        return self.folder / "out" / "_build" / "html"


def read_inputs(root: Path) -> Parts:
    """Return what the published site was made from, part by part; nothing if it is not known."""
    try:
        found = json.loads((root / INPUTS).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def unchanged(root: Path, parameters: Mapping[str, Any]) -> bool:
    """Say whether the published site was made from what is there now, and is as it was made."""
    site = root / SITE
    try:
        return bool(read_manifest(site)["inputs"] == key_of(site_parts(root, parameters)) and not verify(site))
    except (SiteError, OSError):  # it is made anew, and what cannot be read then is told
        return False


def build(root: Path, parameters: Mapping[str, Any], say: Say, workers: int = 2) -> Path:
    """Build the site and return its folder.

    Without parameters every edition is built: the latest as the front, earlier ones under ``editions/``. With
    parameters, the chapters are run with these alone. What was published before stays in place unless every step
    succeeds; if nothing changed since, it stays too. Raises PressError with the reason.
    """
    work = root / "_build"
    with _room():
        work.mkdir(exist_ok=True)
        try:
            held = FileLock(work / "press.lock").acquire(timeout=0)
        except Timeout:
            raise SiteError("another build of this book is running; wait for it to end") from None
    with held:
        try:
            with _room():
                site = _build(root, work, parameters, say, workers)
        except PressError as error:
            if report.write(root, error):
                say(f"{report.PLACE} shows what failed")
            raise
        report.remove(root)
        return site


@contextmanager
def _room() -> Iterator[None]:
    """Turn the error of a disk that is full into a message."""
    try:
        yield
    except OSError as error:
        full = [told for number, told in _FULL.items() if error.errno == number or os.strerror(number) in str(error)]
        if not full:
            raise
        raise SiteError(f"{full[0]}; what was published before is as it was") from None


def _build(root: Path, work: Path, parameters: Mapping[str, Any], say: Say, workers: int) -> Path:
    require_files(root)
    if unchanged(root, parameters):
        say("nothing changed since the last build")
        return root / SITE
    for left in work.glob("press-*/"):  # of a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="press-", dir=work, ignore_cleanup_errors=True) as folder:
        store = open_store(root, say)
        inputs = site_parts(root, parameters)
        html = _make(root, Path(folder), parameters, inputs, store, say, workers)
        site = _publish(html, work)
        try:
            (root / INPUTS).write_text(json.dumps(inputs, indent=1, sort_keys=True), "utf-8")
        except OSError:  # the site is in place: 'press explain' will know less
            with suppress(OSError):
                (root / INPUTS).unlink(missing_ok=True)
        store.prune()
        return site


def _make(
    root: Path,
    folder: Path,
    parameters: Mapping[str, Any],
    inputs: Parts,
    store: Store,
    say: Say,
    workers: int,
) -> Path:
    """Make every edition in ``folder`` and return the folder of the whole, checked site.

    What running and rendering need is imported here: a build that has nothing to do should not wait for it.
    """
    from press import search
    from press.check_site import check_figures, check_site
    from press.comparison import compare, scenario_jobs, write_comparison
    from press.editions import ALL_EDITIONS, load_editions, read_verdicts
    from press.jobs import Job
    from press.notebooks import chapters
    from press.package import Package
    from press.results import obtain
    from press.supply import BILL, bill

    require_pages(root)
    say("checking the data")
    require_valid(root, store, inputs)
    editions = [] if parameters else load_editions(Package(root))
    for edition in editions[:-1]:
        read_verdicts(root, edition.id)  # fails now rather than after the chapters have run
    front, *earlier = [
        Part("latest", parameters, folder / "latest"),
        *(Part(edition.id, {"as_of": edition.as_of}, folder / edition.id) for edition in editions[:-1]),
    ]
    parts = [front, *earlier]
    book = chapters(root)
    for part in parts:
        stage(root, part.book)
    jobs = [Job(c, part.book / "notebooks" / f"{c.stem}.ipynb", part.parameters) for part in parts for c in book]
    environment = {STORE_VARIABLE: str(store.folder), **({ALL_EDITIONS: "1"} if editions else {})}
    with ExitStack() as started:
        renderings = [started.enter_context(start(part.book, part.folder / "out", environment)) for part in parts]
        scenarios = scenario_jobs(root, parameters, folder / "scenarios")  # of the latest edition
        obtain([*jobs, *scenarios], store, say, workers)
        if scenarios:
            write_comparison(front.book, compare(scenarios))
        say(f"rendering {len(parts)} edition{'s' * (len(parts) > 1)}")
        with ThreadPoolExecutor(workers) as pool:  # each waits for a process of its own
            rendered = pool.map(lambda process, part: finish(process, part.book, say), renderings, parts)
            descriptor = Package(root).descriptor
            materials = bill(root, str(descriptor["name"]), str(descriptor.get("version", "")))
            list(rendered)
    about = {"inputs": key_of(inputs), "data": key_of({k: v for k, v in inputs.items() if k.startswith("data/")})}
    for part in parts:
        check_figures(part.html, part.book)
        # Sphinx's note to its next build: a hash of its settings, among them where its packages are on this machine.
        (part.html / ".buildinfo").unlink(missing_ok=True)
        (part.html / BILL).write_bytes(materials)
    pages = {part.id: front.html / EDITIONS / part.id for part in earlier}
    for part in earlier:
        (front.html / EDITIONS).mkdir(exist_ok=True)
        part.html.rename(pages[part.id])
    say("checking the site")
    with ThreadPoolExecutor(workers) as pool:  # what makes the index is a program of its own
        indexed = pool.map(search.write, [front.html, *pages.values()])
        check_site(front.html)
        list(indexed)
    for part in earlier:
        write_manifest(pages[part.id], about | {"edition": part.id})
    write_manifest(front.html, about | {"edition": editions[-1].id if editions else front.id})
    return front.html


def require_valid(root: Path, store: Store, inputs: Parts) -> None:
    """Raise DataError with every fault of the data, a line each.

    Tables that this very press found valid before are not looked at again; ``inputs`` are the ``site_parts``.
    """
    press = environment_parts(root) | {name: value for name, value in inputs.items() if name.startswith("src/press/")}
    whole = key_of(press | {name: value for name, value in inputs.items() if name.startswith("data/")})
    if store.has("valid", whole):
        return
    from press.package import Package
    from press.validate import validate

    package = Package(root)
    keys = {table: key_of(press | _table_parts(package, table, inputs)) for table in package.resources}
    fresh = [table for table, key in keys.items() if not store.has("valid", key)]
    problems = validate(root, fresh)
    if problems:
        raise DataError("\n".join(problems))
    for key in (*(keys[table] for table in fresh), whole):
        store.put("valid", key, b"")


def _table_parts(package: Package, table: str, inputs: Parts) -> Parts:
    """Return what the rows of a table are valid by: its file, those that it names ids of, those that amend it."""
    from press.amendments import TABLES as AMENDING
    from press.validate import referred

    resource = package.resources[table]
    others = [*referred(resource), *AMENDING]
    paths = [f"data/{package.resources[name]['path']}" for name in (table, *others) if name in package.resources]
    described = json.dumps([{**package.descriptor, "resources": []}, resource], sort_keys=True)
    return {"descriptor": digest(described), **{path: inputs.get(path, "") for path in paths}}


def stage(root: Path, folder: Path) -> None:
    """Copy what the pages are made from, so that edits during the build do not show in half of it."""
    folder.mkdir(parents=True)
    for name in STAGED:
        path = root / name
        if path.is_dir():
            shutil.copytree(path, folder / name)
        elif path.exists():
            shutil.copy(path, folder / name)


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
    with suppress(OSError):  # the site is in place: what cannot be removed now is removed after the next build
        for old in sites.iterdir():
            if old != fresh:
                shutil.rmtree(old, ignore_errors=True)
    return site
